import { at, examples, projectConfiguration as configuration } from '../../testing/examples.js';
import { deciderSpec } from '../../testing/given.js';
import { project, projectOwners } from './decider.js';

const { given } = deciderSpec(project);
const { ProjectCreated: created, ProjectDeleted: deleted } = examples;
const create = { type: 'CreateProject', at, data: created.data } as const;

describe('a project', () => {
  it('is created once', () => {
    given().when(create).then(created);
    given(created).when(create).thenRejected('project-exists', 'name');
  });

  it('gives its name free when it is deleted', () => {
    given(created).when({ type: 'DeleteProject', at, data: {} }).then(deleted);
    given(created, deleted).when(create).then(created);
    given(created, deleted).when({ type: 'DeleteProject', at, data: {} }).thenNothing();
  });

  it.each([
    ['', 'name'],
    ['1st', 'name'],
    ['a/b', 'name'],
    ['.jobsets', 'name'],
    ['ü', 'name'],
    ['a'.repeat(256), 'name'],
  ])('is not created under the name %p', (name, field) => {
    given()
      .when({ ...create, data: { ...create.data, name } })
      .thenRejected('invalid-name', field);
  });

  it.each([
    [{ displayName: ' ' }, 'displayname'],
    [{ homepage: 'javascript:alert(1)' }, 'homepage'],
    [{ owner: '' }, 'owner'],
    [{ description: 'x'.repeat(10_001) }, 'description'],
  ])('refuses the configuration %p', (change, field) => {
    given(created)
      .when({ type: 'ChangeProject', at, data: { configuration: { ...configuration, ...change } } })
      .thenRejected('invalid-value', field);
  });

  it('cannot be changed when it is absent', () => {
    given().when({ type: 'ChangeProject', at, data: { configuration } }).thenRejected('project-absent');
    given().when({ type: 'DeleteProject', at, data: {} }).thenRejected('project-absent');
  });

  it('is renamed by claiming the new name first and leaving the old one second', () => {
    const renamed = examples.ProjectRenamed;
    given().when({ type: 'ReceiveRenamedProject', at, data: renamed.data }).then(renamed);
    given(renamed).when({ type: 'ReceiveRenamedProject', at, data: renamed.data }).thenNothing();
    given({ ...created, data: { ...created.data, projectId: 2, name: 'example' } })
      .when({ type: 'ReceiveRenamedProject', at, data: renamed.data })
      .thenRejected('project-exists', 'name');
    given(created)
      .when({ type: 'RenameProject', at, data: { to: 'example' } })
      .then(renamed);
    expect(given(created, renamed).state).toMatchObject({ status: 'renamed', to: 'example' });
    given(created, renamed)
      .when({ type: 'RenameProject', at, data: { to: 'example' } })
      .thenNothing();
  });

  it('has its members replaced as a whole, sorted and each once, and takes them along when it is renamed', () => {
    const { ProjectMembersChanged: changed } = examples;
    const change = (...members: string[]) => ({ type: 'ChangeProjectMembers', at, data: { members } }) as const;
    given(created)
      .when(change('u3', 'u2', 'u3'))
      .then(changed);
    given(created, changed).when(change('u2', 'u3')).thenNothing();
    given(created, changed)
      .when(change())
      .then({ ...changed, data: { ...changed.data, members: [], before: ['u2', 'u3'] } });
    given().when(change('u2')).thenRejected('project-absent');
    given(created).when(change('')).thenRejected('invalid-value', 'members');
    const renamed = { ...examples.ProjectRenamed, data: { ...examples.ProjectRenamed.data, members: ['u2', 'u3'] } };
    given(created, changed)
      .when({ type: 'RenameProject', at, data: { to: 'example' } })
      .then(renamed);
    expect(projectOwners(given(renamed).state)).toEqual(['u1', 'u2', 'u3']);
    expect(projectOwners(given(created, changed, examples.ProjectChanged).state)).toEqual(['u1', 'u2', 'u3']);
    expect(projectOwners(given(created, examples.ProjectDeleted).state)).toEqual([]);
  });
});

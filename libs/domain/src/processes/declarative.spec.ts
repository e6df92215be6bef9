import { jobset, type JobsetState } from '../jobset/index.js';
import { isRejection } from '../kernel/index.js';
import { checkDeclarative, configuredBefore, declarationJobset, specifiedConfiguration } from './declarative.js';

const at = '2026-01-02T03:04:05.000Z';
const git = { type: 'git', value: 'https://example.org/demo.git', emailResponsible: false } as const;
const spec = { mode: 'one-shot', input: 'src', path: 'release.nix', inputs: { src: git } } as const;

describe('what a project may declare', () => {
  it.each([
    [{ file: 'spec.json', type: 'git', value: 'https://example.org/ main' }, undefined],
    [{ file: '../spec.json', type: 'git', value: 'x' }, 'declarative.file'],
    [{ file: '/etc/passwd', type: 'git', value: 'x' }, 'declarative.file'],
    [{ file: 'spec.json', type: 'svn', value: 'x' }, 'declarative.type'],
    [{ file: 'spec.json', type: 'git', value: '' }, 'declarative.value'],
    [{ file: 'spec.json', type: 'git', value: '--upload-pack=x' }, 'declarative.value'],
  ])('%j: %s', (declarative, field) => expect(checkDeclarative(declarative)?.field).toBe(field));
});

describe('what a specification asks of a jobset', () => {
  it('takes defaults of a new one, and leaves what it does not name as it was', () => {
    const fresh = specifiedConfiguration(spec);
    expect(fresh).toMatchObject({ mode: 'one-shot', checkInterval: 300, shares: 100, keepEvaluations: 3 });
    const later = specifiedConfiguration({ inputs: {}, description: 'new' }, { ...fresh, shares: 5 });
    expect(later).toEqual({ ...fresh, shares: 5, description: 'new', inputs: {} });
  });

  it('goes over to a flake and back, and keeps nothing of the other kind', () => {
    const flake = specifiedConfiguration(
      { type: 'flake', flake: 'github:a/b', inputs: {} },
      specifiedConfiguration(spec),
    );
    expect(flake.source).toEqual({ type: 'flake', url: 'github:a/b' });
    expect(specifiedConfiguration({ ...spec, type: 'expression' }, flake).source).toEqual({
      type: 'expression',
      input: 'src',
      path: 'release.nix',
    });
  });

  it('tells a one-shot that had its evaluation from one that somebody disabled', () => {
    const configuration = specifiedConfiguration(spec);
    let state: JobsetState = jobset.initial;
    const act = (command: object): void => {
      const events = jobset.decide({ ...command, at } as never, state);
      if (isRejection(events)) throw new Error(JSON.stringify(events));
      state = events.reduce(jobset.evolve, state);
    };
    const mode = () => state.status === 'present' && configuredBefore(state).mode;
    act({ type: 'CreateJobset', data: { jobsetId: 1, project: 'p', name: 'j', configuration } });
    act({ type: 'StartEvaluation', data: { evaluationId: 1, cause: 'trigger' } });
    const report = { hash: 'h', inputs: [], chunks: 0, jobs: 0, newBuilds: 0, errors: 0, hasNewBuilds: false };
    act({ type: 'ReportEvaluation', data: { evaluationId: 1, ...report, checkoutMs: 1, evaluationMs: 1 } });
    expect(state).toMatchObject({ configuration: { mode: 'disabled' }, spent: true });
    expect(mode()).toBe('one-shot');
    act({ type: 'RenameJobset', data: { to: { project: 'q', name: 'j' } } });
    const moved = state.status === 'renamed' ? state.moved : undefined;
    state = jobset.initial;
    act({ type: 'ReceiveRenamedJobset', data: moved });
    expect(mode()).toBe('one-shot');
    act({ type: 'ConfigureJobset', data: { configuration: { ...configuration, mode: 'disabled' } } });
    expect(mode()).toBe('disabled');
    act({ type: 'EnableJobset', data: { mode: 'enabled' } });
    act({ type: 'DisableJobset', data: {} });
    expect(mode()).toBe('disabled');
  });

  it('is read by .jobsets alone', () => {
    const configuration = declarationJobset({ file: 'spec.json', type: 'git', value: 'https://example.org/' });
    const create = (name: string, of: typeof configuration) =>
      jobset.decide(
        { type: 'CreateJobset', at, data: { jobsetId: 1, project: 'p', name, configuration: of } },
        jobset.initial,
      );
    expect(isRejection(create('.jobsets', configuration))).toBe(false);
    expect(create('main', configuration)).toMatchObject({ rejected: 'invalid-value', field: 'name' });
    expect(create('.jobsets', specifiedConfiguration(spec))).toMatchObject({ rejected: 'invalid-name', field: 'name' });
  });
});

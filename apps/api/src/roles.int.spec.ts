import { ROLES, type Role } from '#domain';
import { startApi, type TestApi } from '../testing/api.js';
import type { Client } from '../testing/client.js';
import { simulate } from '../testing/farm.js';
import { jobsetBody } from '../testing/jobset-body.js';

const WHO = ['anonymous', 'user', ...ROLES, 'owner', 'member'] as const;
type Who = (typeof WHO)[number];
const EVERYBODY = WHO;
const OWNERS = ['owner', 'member', 'admin'] as const;
const WAITING = 901;
const FINISHED = 900;

/**
 * Hydra's matrix (capability by role), as the requests that need the capability and who may. What would change something is a
 * dry run, which is decided as the command is; so each cell meets the same farm.
 */
const MATRIX: readonly (readonly [
  capability: string,
  who: readonly Who[],
  requests: readonly (readonly [method: string, path: string, body?: object])[],
])[] = [
  [
    'read everything, hidden things by their address too',
    EVERYBODY,
    [
      ['GET', '/'],
      ['GET', '/project/p'],
      ['GET', '/project/hidden'],
      ['GET', '/jobset/p/main'],
      ['GET', '/eval/900'],
      ['GET', `/build/${FINISHED}`],
      ['GET', '/queue'],
      ['GET', '/machines'],
      ['GET', '/machine/known'],
    ],
  ],
  ['see oneself', [...WHO.filter((who) => who !== 'anonymous')], [['GET', '/current-user']]],
  [
    'have a jobset evaluated',
    ['eval-jobset', ...OWNERS],
    [
      ['POST', '/jobset/p/main/evaluate?dry-run=1', {}],
      ['POST', '/api/push?jobsets=p:main'],
    ],
  ],
  ['release an evaluation', OWNERS, [['POST', '/eval/901/release?dry-run=1', { name: '1.0', reason: 'r' }]]],
  [
    'restart builds',
    ['restart-jobs', ...OWNERS],
    [
      ['POST', `/build/${FINISHED}/restart?dry-run=1`, {}],
      ['POST', '/eval/900/restart?dry-run=1', {}],
      ['POST', '/eval/900/restart-failed?dry-run=1', {}],
      ['POST', '/eval/900/restart-aborted?dry-run=1', {}],
    ],
  ],
  [
    'cancel builds',
    ['cancel-build', ...OWNERS],
    [
      ['POST', `/build/${WAITING}/cancel?dry-run=1`, {}],
      ['POST', '/eval/900/cancel?dry-run=1', {}],
    ],
  ],
  [
    'move builds to the front',
    ['bump-to-front', ...OWNERS],
    [
      ['POST', `/build/${WAITING}/bump?dry-run=1`, {}],
      ['POST', '/eval/900/bump?dry-run=1', {}],
    ],
  ],
  [
    'create a project',
    ['create-projects', 'admin'],
    [
      ['PUT', '/project/fresh?dry-run=1', {}],
      ['POST', '/create-project?dry-run=1', { name: 'fresh' }],
      ['GET', '/create-project'],
    ],
  ],
  [
    'edit and delete a project, create and edit its jobsets, keep its builds',
    OWNERS,
    [
      ['PUT', '/project/p?dry-run=1', {}],
      ['PUT', '/project/p?dry-run=1', { members: [] }],
      ['POST', '/project/p/members?dry-run=1', { members: [] }],
      ['PUT', '/project/p?dry-run=1', { name: 'q' }],
      ['GET', '/project/p/edit'],
      ['POST', '/project/p/edit?dry-run=1', {}],
      ['POST', '/project/p/disable?dry-run=1', {}],
      ['POST', '/project/p/enable?dry-run=1', {}],
      ['POST', '/project/p/hide?dry-run=1', {}],
      ['POST', '/project/p/unhide?dry-run=1', {}],
      ['DELETE', '/project/p?dry-run=1'],
      ['POST', '/project/p/delete?dry-run=1', {}],
      ['PUT', '/jobset/p/main?dry-run=1', jobsetBody],
      ['PUT', '/jobset/p/fresh?dry-run=1', jobsetBody],
      ['POST', `/build/${FINISHED}/keep?dry-run=1`, {}],
      ['POST', '/eval/900/keep?dry-run=1', {}],
    ],
  ],
  [
    'delete jobsets, change owners, manage users, news and machines',
    ['admin'],
    [
      ['DELETE', '/jobset/p/main?dry-run=1'],
      ['PUT', '/project/p?dry-run=1', { owner: 'user' }],
      ['GET', '/users'],
      ['DELETE', '/user/someone.else?dry-run=1'],
      ['GET', '/admin/news'],
      ['POST', '/admin/news/submit?dry-run=1', { contents: 'news' }],
      ['GET', '/user/someone.else'],
      ['PUT', '/user/someone.else', { fullname: 'Someone Else' }],
      ['POST', '/user/someone.else/roles?dry-run=1', { roles: ['admin'] }],
      ['POST', '/machines?dry-run=1', { uri: 'ssh://fresh', systemTypes: ['x86_64-linux'] }],
      ['PUT', '/machine/known?dry-run=1', { uri: 'ssh://known', systemTypes: ['x86_64-linux'] }],
      ['POST', '/machine/known/disable?dry-run=1', {}],
      ['POST', '/machine/known/enable?dry-run=1', {}],
      ['DELETE', '/machine/known?dry-run=1'],
    ],
  ],
];

const cells = MATRIX.flatMap(([capability, may, requests]) =>
  WHO.map((who) => [may.includes(who) ? 'may' : 'may not', who, capability, may.includes(who), requests] as const),
);

describe('the matrix of roles', () => {
  let api: TestApi;
  const clients = new Map<Who, Client>();
  beforeAll(async () => {
    api = await startApi();
    clients.set('anonymous', api.anonymous);
    for (const who of ['user', 'member', 'someone.else']) clients.set(who as Who, await api.signIn(who));
    for (const role of ROLES as readonly Role[])
      clients.set(role, role === 'admin' ? api.admin : await api.signIn(`r.${role.replaceAll('-', '_')}`, role));
    clients.set('owner', await api.signIn('owner'));
    await api.admin.send('PUT', '/project/p', { owner: 'owner', members: ['member'] });
    await api.admin.send('PUT', '/project/hidden', { visible: false });
    await api.admin.send('PUT', '/jobset/p/main', jobsetBody);
    await api.admin.send('POST', '/machines', { uri: 'ssh://known', systemTypes: ['x86_64-linux'] });
    await simulate(api, {
      project: 'p',
      jobset: 'main',
      evaluationId: 900,
      firstBuildId: FINISHED,
      jobs: [{ job: 'bad', status: 'failed', log: 'no' }, { job: 'waiting' }],
    });
    await simulate(api, {
      project: 'p',
      jobset: 'main',
      evaluationId: 901,
      firstBuildId: 950,
      jobs: [{ job: 'good', status: 'succeeded' }],
    });
  });
  afterAll(() => api.close());

  it.each(cells)('%s: %s, %s', async (_word, who, _capability, may, requests) => {
    const client = clients.get(who)!;
    for (const [method, path, body] of requests) {
      const { status, text } = await (method === 'GET' ? client.get(path) : client.send(method, path, body));
      const wanted = may ? [200, 201] : [who === 'anonymous' ? 401 : 403];
      expect([method, path, status, text.slice(0, wanted.includes(status) ? 0 : 300)]).toEqual([
        method,
        path,
        wanted.includes(status) ? status : wanted[0],
        '',
      ]);
    }
  });

  it('leaves the project and its builds as they were, since all that would change them was tried only', async () => {
    expect((await api.anonymous.get('/project/p')).json).toMatchObject({ owner: 'owner', members: ['member'] });
    expect((await api.anonymous.get(`/build/${WAITING}`)).json).toMatchObject({ finished: 0 });
    expect((await api.anonymous.get('/project/fresh')).status).toBe(404);
  });
});

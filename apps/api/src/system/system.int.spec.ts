import {
  acquireLeadership,
  createCheckpoints,
  createParkedEvents,
  createQuestions,
  type Leadership,
} from '#coordination';
import { clockFrom, sleep } from '#runtime';
import { startApi, type TestApi } from '../../testing/api.js';
import { caughtUp, simulate } from '../../testing/farm.js';
import { jobsetBody } from '../../testing/jobset-body.js';

const NOW = Date.parse('2026-01-02T12:30:00Z');
const EVENT = '11111111-2222-4333-8444-555555555555';

describe('the system page', () => {
  let api: TestApi;
  let queueRunner: Leadership;
  beforeAll(async () => {
    api = await startApi({ clock: clockFrom(() => NOW) });
    await api.admin.send('PUT', '/project/demo', {});
    await api.admin.send('PUT', '/jobset/demo/main', jobsetBody);
    const jobs = [{ job: 'a', status: 'failed', log: 'twelve bytes' }] as const;
    await simulate(api, {
      ...{ project: 'demo', jobset: 'main', evaluationId: 50, firstBuildId: 1000, atMs: NOW },
      jobs,
    });
  });
  afterAll(async () => {
    await queueRunner?.release();
    await api.close();
  });
  const page = async (who: 'anonymous' | 'admin') => (await api[who].page('/system')).text;
  const json = async (who: 'anonymous' | 'admin') => (await api[who].get('/system')).json;

  it('tells everybody how far log and projections are, and how much happens', async () => {
    await caughtUp(api);
    const told = await json('anonymous');
    expect(told.position).toBe(Number(await api.store.head()));
    expect(told.projections.map(({ name }: { name: string }) => name)).toContain('builds');
    for (const one of told.projections) expect(one).toMatchObject({ position: told.position, behindSeconds: 0 });
    expect(told.events.hours).toHaveLength(24);
    const { hour, events, persecond } = told.events.hours.at(-1);
    expect([hour * 1000, persecond]).toEqual([Date.parse('2026-01-02T12:00:00Z'), Math.round(events / 1.8) / 1000]);
    expect(told.events.types).toContainEqual({ type: 'BuildQueued', events: 1 });
    expect(told.queueRunner).toEqual({ status: 'unreachable' });
    expect(await page('anonymous')).toContain('No queue runner leads at the moment');
    expect(await page('anonymous')).toContain('no worker is at work; no queue runner leads');
  });

  it('says which projection lags, and how old the oldest event is that it lacks', async () => {
    await api.database.query(`update read_model.checkpoints set position = 0 where projection = 'users'`);
    const users = (await json('anonymous')).projections.find(({ name }: { name: string }) => name === 'users');
    expect([users.position, users.behindSeconds]).toEqual([0, 0]);
    const text = await page('anonymous');
    expect(text).toContain('aria-label="Lag of each projection, by name: 1 of ');
    // Another event lets the projector go on from where it stands.
    await api.admin.send('POST', '/project/demo/hide', {});
    await api.database.query(
      `update read_model.checkpoints set position = (select max(position) from read_model.checkpoints)`,
    );
    await caughtUp(api);
    expect(await page('anonymous')).toContain('projections have all events up to position');
  });

  it('shows what the queue runner says of itself, once one leads', async () => {
    const questions = createQuestions(api.database);
    const { signal } = api.stop;
    queueRunner = await acquireLeadership({ database: api.database, name: 'queue-runner', signal });
    const said = {
      status: 'up',
      policy: 'window',
      builds: 7,
      pending: 1,
      steps: 9,
      runnable: 3,
      running: 2,
      sinceMs: NOW,
      host: { processors: 8, load: [2.25, 1, 1], pressure: { cpu: 12.4, memory: 0, io: 3 } },
    };
    void questions.answer('queue-runner', () => said, signal);
    for (let i = 0; i < 100 && (await json('anonymous')).queueRunner.status !== 'up'; i++) await sleep(20);
    const text = await page('anonymous');
    expect(text).toContain('7, 1 of them not in the graph yet');
    expect(text).toContain('9 wanted, 3 could begin, 2 run');
    expect(text).toContain('load 2.3 on 8 processors');
    expect(text).toContain('pressure: processor 12 %, memory 0 %, disk 3 %');
    expect(text).toContain('✓ all parts are at work');
  });

  describe('of an operator', () => {
    const parked = () => createParkedEvents(api.database);
    beforeAll(async () => {
      await createCheckpoints(api.database).set('gc-roots', 3n);
      const event = { eventId: EVENT, stream: 'build-1000', revision: 1, position: 9n, type: 'BuildFinished' };
      await parked().park({ consumer: 'gc-roots', ...event, error: 'no space left\n  at root', attempts: 10 });
    });

    it('is told who leads, how much room it takes and what is parked, and nobody else is', async () => {
      const [stranger, admin] = [await json('anonymous'), await json('admin')];
      expect([stranger.parked, stranger.operations]).toEqual([1, undefined]);
      expect(await page('anonymous')).not.toMatch(/no space left|database process|Storage/);
      const { duties, database, logs } = admin.operations;
      const of = (name: string) => duties.find((one: { name: string }) => one.name === name);
      expect(of('queue-runner').leader.pid).toBeGreaterThan(0);
      expect(of('gc-roots')).toEqual({ name: 'gc-roots', leader: null, position: 3 });
      expect(database.bytes).toBeGreaterThan(0);
      expect(database.schemas.map(({ schema }: { schema: string }) => schema)).toContain('read_model');
      expect(logs).toEqual({ logs: 1, bytes: 12 });
      const text = await page('admin');
      expect(text).toContain('no space left');
      expect(text).toContain('1 log, as they were written');
      const { text: member } = await (await api.signIn('ada')).page('/system');
      expect(member).not.toMatch(/no space left|database process/);
      expect(member).toContain('Events by what caused them');
    });

    it('is led to all that one cause led to', async () => {
      const text = await page('admin');
      const [, id] = /href="\/audit\?correlation=([^"]+)"/.exec(text)!;
      const { json } = await api.admin.get(`/api/audit?correlation=${id}`);
      expect(json.events.length).toBeGreaterThan(0);
      for (const { correlationId } of json.events) expect(correlationId).toBe(decodeURIComponent(id!));
    });

    it('releases a parked event: the duty tries it again', async () => {
      const body = { consumer: 'gc-roots', event: EVENT, reason: 'there is space now' };
      expect(await api.anonymous.send('POST', '/system/release', body)).toMatchObject({ status: 401 });
      expect(await (await api.signIn('bob')).send('POST', '/system/release', body)).toMatchObject({ status: 403 });
      const tried = await api.admin.send('POST', '/system/release?dry-run=1', body);
      expect(tried).toMatchObject({ status: 200, json: { dryRun: true, released: [EVENT] } });
      expect((await parked().list())[0]).toMatchObject({ released: false });
      expect(await api.admin.send('POST', '/system/release', body)).toMatchObject({ json: { released: [EVENT] } });
      expect((await parked().released('gc-roots')).map(({ eventId }) => eventId)).toEqual([EVENT]);
      expect(await page('admin')).toContain('released, tried again soon');
    });

    it.each([
      [{ consumer: 'nobody', event: EVENT }, 404, 'event'],
      [{ consumer: 'gc-roots', event: 'x' }, 400, 'event'],
      [{ event: EVENT }, 400, 'consumer'],
    ])('%j is refused by %i that names %s', async (body, status, field) =>
      expect(await api.admin.send('POST', '/system/release', body)).toMatchObject({ status, json: { field } }),
    );
  });
});

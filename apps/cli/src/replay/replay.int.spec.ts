import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type EventStore, openEventStore } from '#event-store';
import { prepareReadModel } from '#read-model';
import { projectAll } from '../../../../libs/read-model/testing/read-model.js';
import { intoLog } from '../../../../libs/scheduler/testing/into-log.js';
import { randomLog } from '../../../../libs/scheduler/testing/random-log.js';
import { createTestDatabase, type TestDatabase } from '../../../../test/stack/postgres.js';
import { BadInputError } from '../errors.js';
import { parseInterval, parsePolicy, parseShares, parseSlots, parseWindow } from './options.js';
import { replayShares } from './shares.js';
import { showShares, showWhatIf } from './show.js';
import { runWhatIf } from './what-if.js';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../../../..');

let test: TestDatabase;
let store: EventStore;
let dir: string;
beforeAll(async () => {
  test = await createTestDatabase();
  dir = mkdtempSync(join(tmpdir(), 'iolaus-replay-'));
  store = await openEventStore({ databaseUrl: test.url });
  await prepareReadModel(test.pool);
  const { log } = randomLog({ seed: 12, actions: 1500 });
  await intoLog(store, log);
});
afterAll(async () => {
  await store.close();
  await test.drop();
  rmSync(dir, { recursive: true });
});

const iolaus = (...args: string[]) => {
  const env = { ...process.env, NODE_OPTIONS: '', IOLAUS_DATABASE_URL: test.url, IOLAUS_DATA_DIR: dir };
  const bin = join(root, 'bin/iolaus.mjs');
  return spawnSync(process.execPath, [bin, 'replay', ...args], { encoding: 'utf8', env });
};

describe('replay shares', () => {
  it('finds the log as it was recorded, and says where the read model is behind', async () => {
    const replayed = await replayShares(store, {}, { pool: test.pool });
    expect(showShares(replayed)).toMatch(
      /dispatches \d{2,}, charges \d{2,}, drift=0\nread model: not compared, it is at 0/,
    );
  });

  it('finds the same use in the read model', async () => {
    await projectAll(test.url, store);
    const replayed = await replayShares(store, {}, { pool: test.pool });
    expect(showShares(replayed)).toMatch(/drift=0\nread model: equal\n$/);
    expect(replayed.usage.some(({ usedMs }) => usedMs > 0)).toBe(true);
  });

  it('tells of the read model where it says something else', async () => {
    const changed = `update read_model.steps set started_at_ms = started_at_ms - 1 where (drv_path, attempt) in
      (select drv_path, attempt from read_model.steps where status = 'succeeded' order by stopped_at_ms desc limit 1)`;
    await test.pool.query(changed);
    const { readModel } = await replayShares(store, {}, { pool: test.pool });
    expect(readModel).toMatchObject({ kind: 'different' });
    await test.pool.query(changed.replace('- 1', '+ 1'));
  });

  it('counts only what is between two times', async () => {
    const { counts: all } = await replayShares(store, {});
    const toMs = Date.parse('2026-01-01T00:40:00Z');
    const { counts: before } = await replayShares(store, { toMs });
    const { counts: after } = await replayShares(store, { fromMs: toMs + 1 });
    expect(before.dispatches).toBeGreaterThan(0);
    expect(after.dispatches).toBeGreaterThan(0);
    expect(before.dispatches + after.dispatches).toBe(all.dispatches);
    expect(before.drift + after.drift).toBe(0);
  });

  it('says it on the command line, and as JSON', () => {
    const { status, stdout } = iolaus('shares', '--json');
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ drift: 0, readModel: { kind: 'equal' } });
  });
});

describe('replay what-if', () => {
  it('shows each jobset really, by the recorded rules and by the changed ones', async () => {
    const shown = showWhatIf(
      await runWhatIf(
        store,
        {},
        { shares: new Map([['p:j1', 5]]), slots: new Map([['x86_64-linux', 2]]) },
        () => undefined,
      ),
    );
    expect(shown).toMatch(/p:j1 +really .*\n +recorded rules .*\n +changed rules .*(wins|loses|same)/);
    expect(shown).toContain('Durations are the recorded ones');
    expect(shown).toMatch(/error of the simulation by the recorded rules: machine time -?[\d.]+ %/);
  });

  it('refuses a jobset that the log does not know, and says which it knows', () => {
    const { status, stderr } = iolaus('what-if', '--shares', 'no:such=5');
    expect(stderr).toContain('--shares: the log knows no jobset no:such; it knows p:j1');
    expect(status).toBe(2);
  });

  it.each<[() => unknown, string]>([
    [() => parseShares(['p:j1']), '--shares: must look like project:jobset=200'],
    [() => parseShares(['p:j1=0']), '--shares: p:j1 must get a number from 1'],
    [() => parseShares(['p:j1=1', 'p:j1=2']), '--shares: p:j1 is given twice'],
    [() => parseSlots(['x86_64-linux']), '--slots: must look like x86_64-linux=8'],
    [() => parseSlots(['x86_64-linux=1025']), '--slots: x86_64-linux must get a number from 1 to 1024'],
    [() => parseWindow('long'), '--window: must be a time like'],
    [() => parseWindow('1s'), '--window: must be from 1m to 365d'],
    [() => parsePolicy('fair'), '--policy: must be hydra'],
    [() => parseInterval({ from: 'yesterday' }), '--from: must be a time like'],
    [() => parseInterval({ from: '2026-02-01', to: '2026-01-01' }), '--to: must be later than --from'],
  ])('refuses %s by the name of the option', (parse, message) => {
    expect(parse).toThrow(message);
    expect(parse).toThrow(BadInputError);
  });
});

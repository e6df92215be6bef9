import { readdir, readlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { eventVersions, type BuildFinished, type BuildStatus } from '#domain';
import {
  createPostgresEventStore,
  domainEvents,
  type EventStore,
  migrate,
  type NewEvent,
  type RecordedEvent,
} from '#event-store';
import { loadConfig, systemClock, uuidv4 } from '#runtime';
import { shDerivation, type TestStore, withTestStore } from '../../../../libs/nix/testing/store.js';
import { createTestDatabase, type TestDatabase } from '../../../../test/stack/postgres.js';
import { type GcRoots, openGcRoots } from '../shared/gc-roots.js';
import { rootBuild } from './root-build.js';

describe('GC roots of builds', () => {
  let database: TestDatabase;
  let store: EventStore;
  let nix: TestStore;
  let roots: GcRoots;
  let dir: string;
  let builds = 0;
  beforeAll(async () => {
    [database, nix] = await Promise.all([createTestDatabase(), withTestStore()]);
    await migrate(database.pool);
    store = createPostgresEventStore({ ...domainEvents, connectionString: database.url });
    roots = await openGcRoots(loadConfig({ NIX_STATE_DIR: nix.settings.env['NIX_STATE_DIR'] }), nix.settings);
    dir = roots.dir;
  });
  afterAll(async () => {
    await store.close();
    await Promise.all([database.drop(), nix.remove()]);
  });

  const event = (type: keyof typeof eventVersions, data: unknown): NewEvent => {
    const id = uuidv4();
    const actor = { kind: 'system', id: 'queue-runner' } as const;
    return {
      id,
      type,
      data,
      metadata: {
        v: eventVersions[type].current,
        at: systemClock.iso(),
        actor,
        via: 'queue-runner',
        correlationId: id,
        causationId: id,
      },
    };
  };
  /** A build of a derivation that ended so; its events, and its output. */
  const finished = async (status: BuildStatus, built = true): Promise<{ events: RecordedEvent[]; out: string }> => {
    const buildId = ++builds;
    const [drvPath] = await nix.instantiate(shDerivation(`gc-${buildId}`, `echo ${buildId} > $out`));
    const out = await nix.nixStore('-q', '--outputs', drvPath!);
    if (built) await nix.nixStore('--realise', drvPath!);
    const queued = {
      buildId,
      evaluationId: 1,
      jobset: { id: 1, project: 'p', name: 'j' },
      job: 'a',
      drvPath,
      outputs: { out },
      nixName: 'n',
      system: 's',
      description: '',
      license: '',
      homepage: '',
      maintainers: [],
      maxSilent: 1,
      timeout: 1,
      isChannel: false,
      priority: 1,
      queuedAt: systemClock.iso(),
    };
    const end: BuildFinished['data'] = {
      buildId,
      run: 0,
      status,
      isCachedBuild: false,
      startedAtMs: 1,
      stoppedAtMs: 2,
      size: 1,
      closureSize: 1,
      products: [],
      metrics: [],
    };
    const stream = `build-${buildId}`;
    await store.append(stream, 'no-stream', [
      event('BuildQueued', queued),
      event('BuildFinished', end),
      event('BuildKept', { buildId }),
    ]);
    const events = [];
    for await (const recorded of store.readStream(stream)) events.push(recorded);
    return { events, out };
  };

  it('hold the outputs of a build that succeeded, or failed with output, against a collection', async () => {
    for (const status of ['succeeded', 'failed-with-output'] as const) {
      const { events, out } = await finished(status);
      expect(await rootBuild(store, roots, events[1]!)).toBe(1);
      expect(await rootBuild(store, roots, events[1]!)).toBe(1);
      expect(await readlink(join(dir, basename(out)))).toBe(out);
      await nix.nixStore('--gc');
      expect(await nix.nixStore('-q', '--hash', out)).toMatch(/^sha256:/);
    }
  });

  it('are not made for a build without output, unless somebody keeps it', async () => {
    const { events, out } = await finished('timed-out');
    expect(await rootBuild(store, roots, events[1]!)).toBe(0);
    expect(await readdir(dir)).not.toContain(basename(out));
    expect(await rootBuild(store, roots, events[2]!)).toBe(1);
    expect(await readdir(dir)).toContain(basename(out));
  });

  it('do not point at what is gone', async () => {
    const { events, out } = await finished('succeeded', false);
    expect(await rootBuild(store, roots, events[1]!)).toBe(0);
    expect(await readdir(dir)).not.toContain(basename(out));
  });

  it('hold in a folder elsewhere too', async () => {
    const config = {
      ...loadConfig({ NIX_STATE_DIR: nix.settings.env['NIX_STATE_DIR'] }),
      gcRootsDir: join(nix.dir, 'elsewhere'),
    };
    const elsewhere = await openGcRoots(config, nix.settings);
    const { events, out } = await finished('succeeded');
    for (let twice = 0; twice < 2; twice++) expect(await rootBuild(store, elsewhere, events[1]!)).toBe(1);
    expect(await readlink(join(nix.dir, 'elsewhere', basename(out)))).toBe(out);
    await nix.nixStore('--gc');
    expect(await nix.nixStore('-q', '--hash', out)).toMatch(/^sha256:/);
    await elsewhere.remove(out);
    await nix.nixStore('--gc');
    await expect(nix.nixStore('-q', '--hash', out)).rejects.toThrow('is not valid');
  });
});

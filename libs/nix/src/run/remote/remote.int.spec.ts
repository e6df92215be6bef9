import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync, chmodSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type TestRemote, withRemoteStore } from '../../../testing/remote.js';
import { shDerivation, type TestStore, withTestStore } from '../../../testing/store.js';
import { type BuildOutcome, type BuildRequest, BuildSlot } from '../build-slot.js';
import { RemoteStore } from './remote-store.js';

const NO_LIMITS = { maxSilentSecs: 0, timeoutSecs: 0, maxLogBytes: 0 };

describe('a slot of another machine', () => {
  let store: TestStore;
  let there: TestRemote;
  let copies: RemoteStore;
  let slots: BuildSlot[];
  beforeAll(async () => {
    store = await withTestStore();
    there = await withRemoteStore(store);
    const config = { settings: store.settings, command: there.command };
    copies = new RemoteStore(config);
    slots = [0, 1].map(() => new BuildSlot({ ...config, now: () => performance.now(), copies }));
  });
  afterAll(async () => {
    await Promise.all(slots.map((slot) => slot.close()));
    await copies.close();
    await there.remove();
    await store.remove();
  });

  const build = async (
    expression: string,
    more: Partial<BuildRequest> = {},
    slot = slots[0]!,
  ): Promise<BuildOutcome & { log: string }> => {
    const log: Buffer[] = [];
    const [drvPath] = await store.instantiate(expression);
    const request = { drvPath: drvPath!, limits: NO_LIMITS, onLog: (chunk: Buffer) => void log.push(chunk), ...more };
    return { ...(await slot.build(request)), log: Buffer.concat(log).toString() };
  };
  const isThere = async (path: string): Promise<boolean> => (await there.nixStore('--query', '--hash', path)) !== '';
  const isHere = (path: string): Promise<boolean> =>
    store.nixStore('--query', '--hash', path).then(
      () => true,
      () => false,
    );
  /** Nix adds a path of its own store under this lock: the path cannot come here before it is free. */
  const locked = async (path: string): Promise<{ free: () => void }> => {
    const holder = spawn('flock', [`${path}.lock`, 'sh', '-c', 'echo held; cat'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    await once(holder.stdout, 'data');
    return { free: () => holder.stdin.end() };
  };
  const realise = async (expression: string): Promise<string> => {
    const [drvPath] = await store.instantiate(expression);
    return store.nixStore('--realise', drvPath!);
  };

  it('gets the closure of its inputs, builds with a live log, and its outputs come back whole', async () => {
    const deep = shDerivation('deep', 'echo deep > $out');
    const input = shDerivation('input', 'echo $deep > $out', `deep = ${deep};`);
    const source = await store.write('tree/file', 'text of a source\n');
    await store.write('tree/sub/other', 'x');
    await realise(input);
    const drv = shDerivation(
      'remote',
      'echo building; read d < $input; cat $d $src/file > $out; echo $out $input > $dev',
      `outputs = [ "dev" "out" ]; input = ${input}; src = ${join(source, '..')};`,
    );
    let freed = false;
    const outcome = await build(drv, { onBuilt: () => (freed = true) });
    expect(outcome).toMatchObject({ kind: 'succeeded', started: true, log: 'building\n' });
    expect(outcome.machineFault).toBeUndefined();
    expect(freed).toBe(true);
    const { path, narHash } = outcome.outputs.get('out')!;
    expect(readFileSync(path, 'utf8')).toBe('deep\ntext of a source\n');
    expect(await store.nixStore('--query', '--hash', path)).toBe(narHash);
    const dev = outcome.outputs.get('dev')!;
    expect(dev.references).toHaveLength(2);
    expect(await isHere(dev.path)).toBe(true);
    expect(await isThere(path)).toBe(true);
    expect((await there.nixStore('--query', '--referrers', path)).split('\n')).toContain(dev.path);
    expect(await build(drv)).toMatchObject({ kind: 'already-valid' });
  });

  it('shares what several slots need at once', async () => {
    const size = 'dd if=/dev/zero of=$out bs=1M count=32 2>/dev/null';
    const shared = shDerivation('shared', size);
    await realise(shared);
    const needs = (name: string): string => shDerivation(name, 'echo $shared > $out', `shared = ${shared};`);
    const both = await Promise.all(['both-a', 'both-b'].map((name, n) => build(needs(name), {}, slots[n])));
    expect(both.map(({ kind }) => kind)).toEqual(['succeeded', 'succeeded']);
  });

  it('streams: a path is sent and fetched without ever being in memory', async () => {
    const big = shDerivation('big', 'dd if=/dev/zero of=$out bs=1M count=256 2>/dev/null');
    await realise(big);
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    // What is still referred to, which takes two rounds to know; garbage may pile up for as long as V8 likes.
    const live = (): number => (collect(), collect(), process.memoryUsage().arrayBuffers);
    const before = live();
    let most = 0;
    // Collecting a large heap takes long: most of the time is left to what is measured.
    const watching = new AbortController();
    const watch = (async () => {
      while (!watching.signal.aborted) {
        const since = performance.now();
        most = Math.max(most, live());
        await wait(Math.max(200, 4 * (performance.now() - since)));
      }
    })();
    const outcome = await build(shDerivation('bigger', 'cat $big > $out', `big = ${big};`));
    watching.abort();
    await watch;
    expect(outcome.kind).toBe('succeeded');
    expect(outcome.outputs.get('out')!.narSize).toBeGreaterThan(256 * 1024 * 1024);
    expect(most).toBeGreaterThan(0);
    // Pieces that were let go count until V8 has swept them.
    expect(most - before).toBeLessThan(160 * 1024 * 1024);
  });

  it("tells a build's failure and limits from the machine's trouble", async () => {
    const failed = await build(shDerivation('remote-fails', 'echo no; exit 3'));
    expect(failed).toMatchObject({ kind: 'failed', log: 'no\n', message: expect.stringContaining('exit code 3') });
    expect(failed.machineFault).toBeUndefined();
    const slow = await build(shDerivation('remote-slow', 'sleep 30'), { limits: { ...NO_LIMITS, timeoutSecs: 1 } });
    expect(slow).toMatchObject({ kind: 'timed-out', detail: 'timeout' });
    expect(slow.machineFault).toBeUndefined();
  });

  it('is cancelled: the builder there is gone, and the slot builds again', async () => {
    const controller = new AbortController();
    const endless = shDerivation('remote-endless', `echo $$ > ${store.dir}/pid; echo up; sleep 1000`);
    const outcome = await build(endless, { signal: controller.signal, onLog: () => controller.abort() });
    expect(outcome).toMatchObject({ kind: 'cancelled' });
    const pid = Number(await store.read('pid'));
    for (let tries = 0; tries < 100 && alive(pid); tries++) await wait(20);
    expect(alive(pid)).toBe(false);
    expect((await build(shDerivation('remote-after-cancel', 'echo > $out'))).kind).toBe('succeeded');
  });

  it('names the machine at fault when it vanishes in the middle, and builds again when it is back', async () => {
    const { pid } = await slots[0]!.connected();
    const gone = await build(shDerivation('remote-vanishes', 'echo up; sleep 1000'), {
      onLog: () => process.kill(pid!, 'SIGTERM'),
    });
    expect(gone).toMatchObject({ kind: 'misc-failure', retryable: true, machineFault: expect.any(String) });
    expect((await build(shDerivation('remote-back', 'echo > $out'))).kind).toBe('succeeded');
  });

  it('is not believed when what it hands out is not what it said: the output stays out of the store', async () => {
    const corrupt = (size: 'same' | 'other') => async (): Promise<BuildOutcome> => {
      const [drvPath] = await store.instantiate(shDerivation(`lie-${size}`, 'echo truth > $out'));
      const path = await store.nixStore('--query', '--outputs', drvPath!);
      const file = join(there.storeDir, basename(path));
      // Written after the build there has registered it, before it is fetched.
      const lie = (): void => {
        chmodSync(file, 0o644);
        writeFileSync(file, size === 'same' ? 'truhh\n' : 'quite another text\n'.repeat(100));
        chmodSync(file, 0o444);
      };
      const outcome = await slots[0]!.build({
        drvPath: drvPath!,
        limits: NO_LIMITS,
        onLog: () => undefined,
        onBuilt: lie,
      });
      expect(await isHere(path)).toBe(false);
      return outcome;
    };
    expect(await corrupt('same')()).toMatchObject({
      kind: 'misc-failure',
      machineFault: expect.stringContaining('hash mismatch'),
    });
    expect(await corrupt('other')()).toMatchObject({ kind: 'misc-failure', machineFault: expect.any(String) });
    expect((await build(shDerivation('remote-honest', 'echo > $out'))).kind).toBe('succeeded');
  });

  it('may take the next build while outputs are fetched', async () => {
    const [first, next] = await store.instantiate(
      `[ (${shDerivation('long-fetched', 'echo > $out')}) (${shDerivation('meanwhile', 'echo > $out')}) ]`,
    );
    const fetching = await locked(await store.nixStore('--query', '--outputs', first!));
    const order: string[] = [];
    let second: Promise<unknown> | undefined;
    const request = { limits: NO_LIMITS, onLog: () => undefined };
    const nextBuilt = (): void => {
      order.push('next built');
      fetching.free();
    };
    const onBuilt = (): void => {
      second = slots[0]!
        .build({ ...request, drvPath: next!, onBuilt: nextBuilt })
        .then(({ kind }) => order.push(`next ${kind}`));
    };
    const outcome = await slots[0]!.build({ ...request, drvPath: first!, onBuilt });
    order.push('first is here');
    await second;
    expect(outcome.kind).toBe('succeeded');
    expect(order).toEqual(['next built', 'first is here', 'next succeeded']);
  });

  it('is cancelled at once while a machine is awaited that does not answer', async () => {
    const config = { settings: store.settings, command: ['sleep', '1000'] };
    const silent = new BuildSlot({ ...config, now: () => 0, copies: new RemoteStore(config) });
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 50);
    const outcome = await build(shDerivation('awaited', 'echo > $out'), { signal: controller.signal }, silent);
    expect(outcome.kind).toBe('cancelled');
  });

  it.each([
    ['cannot be started', ['/no/such/program'], 'ENOENT'],
    [
      'is not reached',
      ['ssh', '-oBatchMode=yes', '-oConnectTimeout=1', '-p', '1', '127.0.0.1', 'nix-store'],
      'refused',
    ],
  ])('is at fault where its command %s', async (_, command, message) => {
    const config = { settings: store.settings, command };
    const away = new BuildSlot({ ...config, now: () => 0, copies: new RemoteStore(config) });
    expect(await build(shDerivation('away', 'echo > $out'), {}, away)).toMatchObject({
      kind: 'misc-failure',
      machineFault: expect.stringContaining(message),
    });
  });
});

const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

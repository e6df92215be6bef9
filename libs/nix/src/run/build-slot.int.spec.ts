import { shDerivation, withTestStore, type TestStore } from '../../testing/store.js';
import { BuildSlot, type BuildOutcome, type BuildRequest } from './build-slot.js';
import { localServeCommand } from './settings.js';

const NO_LIMITS = { maxSilentSecs: 0, timeoutSecs: 0, maxLogBytes: 0 };

describe('a build slot', () => {
  let store: TestStore;
  let slot: BuildSlot;

  beforeAll(async () => {
    store = await withTestStore();
    slot = new BuildSlot({
      settings: store.settings,
      command: localServeCommand(store.settings),
      now: () => performance.now(),
    });
  });
  afterAll(async () => {
    await slot.close();
    await store.remove();
  });

  const instantiate = async (expression: string): Promise<string> => (await store.instantiate(expression))[0]!;
  const build = async (
    expression: string,
    more: Partial<BuildRequest> = {},
  ): Promise<BuildOutcome & { log: string }> => {
    const log: Buffer[] = [];
    const drvPath = await instantiate(expression);
    const outcome = await slot.build({ drvPath, limits: NO_LIMITS, onLog: (chunk) => log.push(chunk), ...more });
    return { ...outcome, log: Buffer.concat(log).toString() };
  };

  it('builds, tells the sizes of the outputs, and answers already-valid the second time', async () => {
    const drv = shDerivation('two', 'echo made it; echo hello > $out; echo more > $dev', 'outputs = [ "out" "dev" ];');
    const first = await build(drv);
    expect(first).toMatchObject({ kind: 'succeeded', message: '', started: true, timesBuilt: 1, log: 'made it\n' });
    expect([...first.outputs.keys()].sort()).toEqual(['dev', 'out']);
    expect(first.outputs.get('out')).toMatchObject({
      narSize: 120,
      narHash: expect.stringMatching(/^sha256:[0-9a-z]{52}$/),
    });
    expect(first.stoppedAt).toBeGreaterThan(first.startedAt);
    const second = await build(drv);
    expect(second).toMatchObject({ kind: 'already-valid', started: false, log: '' });
    expect(second.outputs.get('out')).toEqual(first.outputs.get('out'));
  });

  it('says failed with the exit code of the builder, and goes on with the next build', async () => {
    const failed = await build(shDerivation('exit3', 'echo oh no >&2; exit 3'));
    expect(failed).toMatchObject({ kind: 'failed', retryable: false, started: true, log: 'oh no\n' });
    expect(failed.message).toContain('exit code 3');
    expect(failed.outputs.size).toBe(0);
    expect((await build(shDerivation('after-exit3', 'echo > $out'))).kind).toBe('succeeded');
  });

  it('says failed where an output was not made or has another hash than promised', async () => {
    expect(await build(shDerivation('no-out', 'true'))).toMatchObject({
      kind: 'failed',
      message: expect.stringContaining('failed to produce output'),
    });
    const hash =
      'outputHashAlgo = "sha256"; outputHash = "0000000000000000000000000000000000000000000000000000000000000000";';
    expect(await build(shDerivation('bad-hash', 'echo x > $out', hash))).toMatchObject({
      kind: 'failed',
      message: expect.stringContaining('hash mismatch'),
    });
  });

  it('stops a build that takes too long, and one that is silent too long, and tells them apart', async () => {
    const slow = await build(shDerivation('slow', 'while :; do echo .; sleep 0.2; done'), {
      limits: { ...NO_LIMITS, timeoutSecs: 1 },
    });
    expect(slow).toMatchObject({ kind: 'timed-out', detail: 'timeout' });
    const silent = await build(shDerivation('silent', 'sleep 30'), { limits: { ...NO_LIMITS, maxSilentSecs: 1 } });
    expect(silent).toMatchObject({ kind: 'timed-out', detail: 'max-silent' });
  });

  it('stops a build that writes too much', async () => {
    const noisy = await build(shDerivation('noisy', 'while :; do echo 0123456789; done'), {
      limits: { ...NO_LIMITS, maxLogBytes: 5000 },
    });
    expect(noisy.kind).toBe('log-limit-exceeded');
    expect(noisy.log.length).toBeLessThan(6000);
  });

  it('delivers 20,000 lines complete and apart from the next build', async () => {
    const lines =
      'i=0; while [ $i -lt 20000 ]; do echo "line $i of a log that must be whole"; i=$((i+1)); done; echo > $out';
    const long = await build(shDerivation('long-log', lines));
    expect(long.kind).toBe('succeeded');
    const got = long.log.split('\n');
    expect(got).toHaveLength(20_001);
    expect(got[19_999]).toBe('line 19999 of a log that must be whole');
    expect((await build(shDerivation('after-long-log', 'echo mine; echo > $out'))).log).toBe('mine\n');
  });

  it('cancels: the builder is gone, and the slot builds again', async () => {
    const controller = new AbortController();
    const pidFile = `${store.dir}/pid`;
    const running = build(shDerivation('endless', `echo $$ > ${pidFile}; echo up; sleep 1000`), {
      signal: controller.signal,
      onLog: () => controller.abort(),
    });
    expect(await running).toMatchObject({ kind: 'cancelled', retryable: false });
    const pid = Number(await store.read('pid'));
    for (let tries = 0; tries < 50 && alive(pid); tries++) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(alive(pid)).toBe(false);
    expect((await build(shDerivation('after-cancel', 'echo > $out'))).kind).toBe('succeeded');
  });

  it("calls missing inputs and a foreign system the farm's trouble, to be tried again", async () => {
    const dependency = shDerivation('never-built', 'echo > $out');
    const missing = await build(shDerivation('needs', 'echo > $out', `dep = ${dependency};`));
    expect(missing).toMatchObject({
      kind: 'misc-failure',
      retryable: true,
      started: false,
      message: expect.stringContaining('not valid'),
    });
    const foreign = await build('derivation { name = "foreign"; system = "sparc-plan9"; builder = "/bin/sh"; }');
    expect(foreign).toMatchObject({ kind: 'misc-failure', retryable: true, started: false });
  });

  it('is not ended by a connection that dies: an outcome now, another connection next', async () => {
    const connection = await slot.connected();
    const running = build(shDerivation('killed', 'echo up; sleep 1000'), {
      onLog: () => process.kill(connection.pid!, 'SIGTERM'),
    });
    expect(await running).toMatchObject({ kind: 'misc-failure', retryable: true });
    expect((await build(shDerivation('after-killed', 'echo > $out'))).kind).toBe('succeeded');
  });

  it('replaces its connection after a number of builds', async () => {
    const config = {
      settings: store.settings,
      command: localServeCommand(store.settings),
      now: () => 0,
      buildsPerConnection: 2,
    };
    const short = new BuildSlot(config);
    const first = (await short.connected()).pid;
    for (const name of ['retire1', 'retire2'])
      await short.build({
        drvPath: await instantiate(shDerivation(name, 'echo > $out')),
        limits: NO_LIMITS,
        onLog: () => undefined,
      });
    expect((await short.connected()).pid).not.toBe(first);
    await short.close();
  });

  it("cuts a build that is not over after the timeout and a grace, beside Nix's own limit", async () => {
    const config = {
      settings: store.settings,
      command: localServeCommand(store.settings),
      now: () => 0,
      graceMs: -800,
    };
    const strict = new BuildSlot(config);
    const drvPath = await instantiate(shDerivation('overdue', 'sleep 1000'));
    const outcome = await strict.build({ drvPath, limits: { ...NO_LIMITS, timeoutSecs: 1 }, onLog: () => undefined });
    expect(outcome).toMatchObject({ kind: 'timed-out', detail: 'timeout', message: expect.stringContaining('grace') });
  });

  it.each([
    ['cannot be started', ['/no/such/program'], 'ENOENT'],
    ['ends at once', ['false'], 'closed'],
    ['speaks something else', ['/bin/sh', '-c', 'echo this is not the serve protocol; cat >/dev/null'], 'protocol'],
    ['does not answer', ['sleep', '1000'], 'closed'],
  ])("a machine whose command %s is the farm's trouble", async (_, command, message) => {
    const away = new BuildSlot({ settings: store.settings, command, now: () => 0, connectMs: 500 });
    const drvPath = await instantiate(shDerivation('away', 'echo > $out'));
    const outcome = await away.build({ drvPath, limits: NO_LIMITS, onLog: () => undefined });
    expect(outcome).toMatchObject({ kind: 'misc-failure', retryable: true, message: expect.stringContaining(message) });
  });
});

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

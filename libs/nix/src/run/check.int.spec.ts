import { type TestStore, withTestStore } from '../../testing/store.js';
import { checkDerivation, type CheckOutcome } from './check.js';

const LIMITS = { timeoutSecs: 60, maxSilentSecs: 60, maxLogBytes: 1_000_000 };

describe('a derivation that is built again', () => {
  let nix: TestStore;
  beforeAll(async () => {
    nix = await withTestStore();
  });
  afterAll(() => nix.remove());

  const built = async (name: string, script: string): Promise<string> => {
    const system = `${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux`;
    const [drvPath] = await nix.instantiate(
      `derivation { name = "${name}"; system = "${system}"; builder = "/bin/sh"; PATH = "/usr/bin:/bin"; args = [ "-c" ${JSON.stringify(script)} ]; }`,
    );
    await nix.nixStore('--realise', drvPath!);
    return drvPath!;
  };
  const check = async (
    drvPath: string,
    { limits = LIMITS, signal }: { limits?: typeof LIMITS; signal?: AbortSignal } = {},
  ): Promise<CheckOutcome & { log: string }> => {
    let log = '';
    const onLog = (chunk: Buffer): void => void (log += chunk.toString());
    return { ...(await checkDerivation(nix.settings, { drvPath, limits, onLog, ...(signal && { signal }) })), log };
  };
  /** Only the second time. */
  const later = (name: string, then: string): Promise<string> =>
    built(name, `if [ -e ${nix.dir}/${name} ]; then ${then}; fi; touch ${nix.dir}/${name}; echo > $out`);

  it('gives the same, and tells its log', async () => {
    const outcome = await check(await built('same', 'echo hello; echo 1 > $out'));
    expect(outcome).toMatchObject({ kind: 'same', message: '' });
    expect(outcome.log).toContain('hello');
  });

  it('does not give the same, or fails', async () => {
    const outcome = await check(await built('random', 'head -c 32 /dev/urandom > $out'));
    expect(outcome).toMatchObject({ kind: 'not-deterministic', message: expect.stringContaining('deterministic') });
    expect(await check(await later('moody', 'exit 1'))).toMatchObject({ kind: 'not-deterministic' });
  });

  it('keeps the limits', async () => {
    const slow = await check(await later('slow', 'sleep 30'), { limits: { ...LIMITS, timeoutSecs: 1 } });
    expect(slow.kind).toBe('timed-out');
    const loud = await check(await later('loud', 'while :; do echo 0123456789; done'), {
      limits: { ...LIMITS, maxLogBytes: 2000 },
    });
    expect(loud.kind).toBe('log-limit-exceeded');
  });

  it('is cancelled', async () => {
    const drvPath = await later('endless', 'sleep 30');
    const cancel = new AbortController();
    setTimeout(() => cancel.abort(), 200);
    expect((await check(drvPath, { signal: cancel.signal })).kind).toBe('cancelled');
  });

  it('cannot be where its outputs are not there', async () => {
    const drvPath = await built('gone', 'echo > $out');
    const output = (await nix.nixStore('--query', '--outputs', drvPath)).trim();
    await nix.nixStore('--delete', output);
    expect((await check(drvPath)).kind).toBe('misc-failure');
  });
});

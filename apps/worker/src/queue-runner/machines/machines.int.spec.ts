import { existsSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createNotices } from '#coordination';
import { machine, type MachineCommand, type MachineEvent, machineStream } from '#domain';
import { commandHandler } from '#event-store';
import { systemClock, uuidv4 } from '#runtime';
import { type TestRemote, withRemoteStore } from '../../../../../libs/nix/testing/remote.js';
import { testStoreEnv } from '../../../../../libs/nix/testing/store.js';
import { createRunnerFarm, type Running, type RunnerFarm, sh, SYSTEM, until } from '../../../testing/runner-farm.js';
import { slotsOf } from '../machine-slots.js';
import { createRemoteSlots } from './remote-slots.js';

/** Machines of these specs are second stores on this host, each reached by a command of its own. */
const NAME = 'root@other';

describe('a farm with other machines', () => {
  let farm: RunnerFarm;
  let there: TestRemote;
  let file: string;
  let runner: Running;
  let reachable: boolean;
  let gate: string;

  const machines = async (text: string): Promise<void> => {
    await writeFile(`${file}.new`, text);
    await rename(`${file}.new`, file);
  };
  const events = async (name = NAME): Promise<MachineEvent[]> => {
    const found: MachineEvent[] = [];
    for await (const { type, data } of farm.store.readStream(machineStream(name)))
      found.push({ type, data } as MachineEvent);
    return found;
  };
  const say = async (command: Omit<MachineCommand, 'at'>): Promise<void> => {
    const commandId = uuidv4();
    const context = {
      commandId,
      actor: { kind: 'user', id: 'u1' },
      via: 'rest',
      correlationId: commandId,
      causationId: commandId,
    } as const;
    const given = { ...command, at: systemClock.iso() } as MachineCommand;
    expect(await commandHandler(farm.store, machine)(machineStream(command.data.name), given, context)).toHaveProperty(
      'events',
    );
  };
  /** Where the attempts at a derivation ran, and how they ended. */
  const history = async (drvPath: string): Promise<unknown[]> =>
    (await farm.attempts(drvPath)).flatMap((event) =>
      event.type === 'BuildStepCompleted' ? [[event.data.machine, event.data.status]] : [],
    );

  beforeAll(async () => {
    // Nix itself checks again what a machine offers.
    const NIX_CONFIG = `${testStoreEnv('')['NIX_CONFIG']}\nsystem-features = fast slow`;
    farm = await createRunnerFarm({ env: { NIX_CONFIG } });
    there = await withRemoteStore(farm.nix);
    file = join(farm.nix.dir, 'machines');
    gate = join(farm.nix.dir, 'gate');
    reachable = true;
    await machines(`${NAME} ${SYSTEM} - 2 2 fast\nlocalhost ${SYSTEM} - 1 1 slow`);
    const commandOf = async (): ReturnType<NonNullable<Parameters<typeof createRemoteSlots>[0]>> => ({
      command: reachable ? there.command : ['sh', '-c', 'echo no route to host >&2; exit 255'],
      remove: async () => undefined,
    });
    const openSlot = slotsOf(createRemoteSlots(commandOf));
    runner = farm.run({ openSlot, machinesFiles: [file], retryMs: 10, unsupportedMs: 60_000 });
  });
  afterAll(async () => {
    await runner.stop();
    await farm.close();
    await there.remove();
  });

  it('builds on the machine that has what a step needs, and what it made is here, rooted and logged', async () => {
    const local = sh('local-part', 'echo here > $out', { more: 'requiredSystemFeatures = [ "slow" ];' });
    const drvPath = await farm.drv(
      sh('other-part', 'echo over there; echo $inputs > $out', {
        inputs: [local],
        more: 'requiredSystemFeatures = [ "fast" ];',
      }),
    );
    const finished = await farm.finished(await farm.queue(drvPath));
    expect(finished.status).toBe('succeeded');
    expect(await history(await farm.drv(local))).toEqual([['localhost', 'succeeded']]);
    expect(await history(drvPath)).toEqual([[NAME, 'succeeded']]);
    expect(await farm.log(drvPath)).toBe('over there\n');
    const output = (await farm.nix.nixStore('--query', '--outputs', drvPath)).trim();
    expect(existsSync(output)).toBe(true);
    expect(await there.nixStore('--query', '--references', output)).toContain('local-part');
    expect(await farm.nix.nixStore('--query', '--roots', output)).toContain(farm.gcRootsDir);
  });

  it('loses nothing but a try when a machine vanishes in the middle', async () => {
    const drvPath = await farm.drv(
      sh('survivor', `echo $PPID > ${farm.nix.dir}/ppid; [ -e ${gate} ] || sleep 1000; echo > $out`, {
        more: 'requiredSystemFeatures = [ "fast" ];',
      }),
    );
    const id = await farm.queue(drvPath);
    const server = await until('the builder', async () => {
      const pid = await farm.nix.read('ppid').catch(() => '');
      return pid.endsWith('\n') ? Number(pid) : undefined;
    });
    await writeFile(gate, '');
    process.kill(server, 'SIGTERM');
    const failed = await until('the failure', async () =>
      (await events()).find(({ type }) => type === 'MachineFailed'),
    );
    expect(failed.data).toMatchObject({ failures: 1, error: expect.any(String) });
    // It rests for a minute now; an administrator who knows better ends that.
    await say({ type: 'DisableMachine', data: { name: NAME } });
    await say({ type: 'EnableMachine', data: { name: NAME } });
    expect((await farm.finished(id)).status).toBe('succeeded');
    expect(await history(drvPath)).toEqual([
      [NAME, 'aborted'],
      [NAME, 'succeeded'],
    ]);
  });

  it('leaves a machine alone that is not reached, and lets others build what they can', async () => {
    reachable = false;
    await machines(`${NAME} ${SYSTEM} - 3 2 fast\nlocalhost ${SYSTEM} - 1 1 slow`);
    await until('the change', async () => ((await events()).at(-1)?.type === 'MachineChanged' ? true : undefined));
    const drvPath = await farm.drv(sh('anywhere', 'echo > $out'));
    expect((await farm.finished(await farm.queue(drvPath))).status).toBe('succeeded');
    expect((await history(drvPath)).at(-1)).toEqual(['localhost', 'succeeded']);
    expect((await events()).at(-1)).toMatchObject({
      type: 'MachineFailed',
      data: { error: expect.stringContaining('no route to host') },
    });
    reachable = true;
  });

  it('takes a disabled machine for nothing until it is enabled', async () => {
    await say({ type: 'DisableMachine', data: { name: NAME } });
    const drvPath = await farm.drv(sh('patient', 'echo > $out', { more: 'requiredSystemFeatures = [ "fast" ];' }));
    const id = await farm.queue(drvPath);
    expect((await farm.finished(await farm.queue(await farm.drv(sh('other', 'echo > $out'))))).status).toBe(
      'succeeded',
    );
    expect(await farm.attempts(drvPath)).toEqual([]);
    await machines(`${NAME} ${SYSTEM} - 1 2 fast\nlocalhost ${SYSTEM} - 1 1 slow`);
    await until('the change', async () => ((await events()).at(-1)?.type === 'MachineChanged' ? true : undefined));
    expect(await farm.attempts(drvPath)).toEqual([]);
    await say({ type: 'EnableMachine', data: { name: NAME } });
    expect((await farm.finished(id)).status).toBe('succeeded');
    expect(await history(drvPath)).toEqual([[NAME, 'succeeded']]);
  });

  it('keeps its machines while the file is broken, says so, and drops those that leave it', async () => {
    const notices = createNotices(farm.database.pool);
    await machines(`${NAME} ${SYSTEM} - none`);
    const notice = await until('the notice', () => notices.get('machines-file'));
    expect(notice.message).toBe(`${file} line 1: MAXJOBS must be a whole number from 1 to 1024`);
    expect((await events()).at(-1)?.type).not.toBe('MachineRemoved');
    await machines(`localhost ${SYSTEM} - 1 1 slow`);
    await until('the removal', async () => ((await events()).at(-1)?.type === 'MachineRemoved' ? true : undefined));
    await until('no notice', async () => ((await notices.get('machines-file')) === undefined ? true : undefined));
  });
});

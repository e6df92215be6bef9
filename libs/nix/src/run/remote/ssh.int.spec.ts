import { existsSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { type TestRemote, withRemoteStore } from '../../../testing/remote.js';
import { type TestSshd, withSshd } from '../../../testing/sshd.js';
import { shDerivation, type TestStore, withTestStore } from '../../../testing/store.js';
import { type BuildOutcome, BuildSlot } from '../build-slot.js';
import { RemoteStore } from './remote-store.js';
import { type SshMachine, sshServeCommand } from './ssh-command.js';

describe('a machine by ssh', () => {
  let store: TestStore;
  let there: TestRemote;
  let sshd: TestSshd;
  let machine: SshMachine;
  beforeAll(async () => {
    [store, sshd] = await Promise.all([withTestStore(), withSshd()]);
    there = await withRemoteStore(store);
    // What a login finds there: a nix-store with the other store.
    const quoted = there.command.slice(0, -2).map((word) => `'${word.replaceAll("'", `'\\''`)}'`);
    const variables = Object.entries(store.settings.env).map(([name, value]) => `export ${name}='${value}'`);
    const program = await store.write(
      'bin/nix-store',
      `#!/bin/sh\n${variables.join('\n')}\nexec ${quoted.join(' ')} "$@"\n`,
    );
    await chmod(program, 0o755);
    const { user, port, identity, publicHostKey } = sshd;
    const uri = `ssh://${user}@127.0.0.1:${port}?remote-program=${program}`;
    machine = { uri, sshKey: identity, publicHostKey };
  });
  afterAll(async () => {
    await sshd.stop();
    await there.remove();
    await store.remove();
  });

  const build = async (name: string, how: SshMachine): Promise<BuildOutcome & { log: string }> => {
    const input = shDerivation(`${name}-input`, 'echo input > $out');
    await store.nixStore('--realise', (await store.instantiate(input))[0]!);
    const [drvPath] = await store.instantiate(
      shDerivation(name, 'echo by ssh; cat $input > $out', `input = ${input};`),
    );
    const { command, remove } = await sshServeCommand(how, store.settings.env);
    const config = { settings: store.settings, command };
    const copies = new RemoteStore(config);
    const slot = new BuildSlot({ ...config, now: () => 0, copies });
    let log = '';
    try {
      const limits = { maxSilentSecs: 60, timeoutSecs: 60, maxLogBytes: 0 };
      return { ...(await slot.build({ drvPath: drvPath!, limits, onLog: (chunk) => (log += chunk) })), log };
    } finally {
      await slot.close();
      await copies.close();
      await remove();
    }
  };

  it('builds what its inputs were sent for, with its log, and the output comes back', async () => {
    const outcome = await build('by-ssh', machine);
    expect(outcome).toMatchObject({ kind: 'succeeded', log: 'by ssh\n', message: '' });
    const { path } = outcome.outputs.get('out')!;
    expect(await there.nixStore('--query', '--hash', path)).toMatch(/^sha256:/);
    expect(await store.nixStore('--query', '--deriver', path)).toMatch(/-by-ssh\.drv$/);
  });

  it('is not used when it shows another host key, or lets our key not in', async () => {
    const other = await withSshd();
    const wrongHost = await build('wrong-host', { ...machine, publicHostKey: other.publicHostKey });
    expect(wrongHost).toMatchObject({ kind: 'misc-failure', machineFault: expect.stringMatching(/host key/i) });
    const wrongKey = await build('wrong-key', { ...machine, sshKey: other.identity });
    expect(wrongKey).toMatchObject({ kind: 'misc-failure', machineFault: expect.stringMatching(/denied/i) });
    await other.stop();
  });

  it('leaves nothing of its host key behind, and takes no address that ssh would read as an option', async () => {
    const { command, remove } = await sshServeCommand(machine, { NIX_SSHOPTS: '-oLogLevel=QUIET -4' });
    const file = command.find((word) => word.startsWith('-oUserKnownHostsFile='))!.split('=')[1]!;
    expect(existsSync(file)).toBe(true);
    await remove();
    expect(existsSync(file)).toBe(false);
    expect(command).toEqual(
      expect.arrayContaining(['-oBatchMode=yes', '-oStrictHostKeyChecking=yes', '-oLogLevel=QUIET', '-4']),
    );
    expect(command.slice(command.indexOf('--'))).toEqual([
      '--',
      '127.0.0.1',
      `${store.dir}/bin/nix-store`,
      '--serve',
      '--write',
    ]);
    await expect(sshServeCommand({ uri: '-oProxyCommand=x' }, {})).rejects.toThrow('address');
  });
});

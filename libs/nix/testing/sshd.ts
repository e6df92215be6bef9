import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { run } from '../src/run/process.js';

/** A real ssh server of one test, on loopback. */
export type TestSshd = Readonly<{
  user: string;
  port: number;
  /** file of the key that it lets in */
  identity: string;
  /** as in the last field of a machines file */
  publicHostKey: string;
  stop: () => Promise<void>;
}>;

const env = { PATH: process.env['PATH'] ?? '/usr/bin:/bin' };

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('data', () => (socket.destroy(), resolve(true)));
    socket.once('error', () => resolve(false));
  });

/** Starts Debian's `sshd` with keys and a configuration of its own. */
export const withSshd = async (): Promise<TestSshd> => {
  // It re-executes itself, so it must be called by its whole path.
  const program = ['/usr/sbin/sshd', '/usr/bin/sshd', '/usr/local/sbin/sshd'].find(existsSync);
  if (program === undefined) throw new Error('an ssh server is needed for this test: apt-get install openssh-server');
  const dir = await realpath(await mkdtemp(join(tmpdir(), 'iolaus-sshd-')));
  const [hostKey, identity] = [join(dir, 'host'), join(dir, 'identity')];
  for (const file of [hostKey, identity])
    await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'iolaus-test', '-f', file], { env });
  const port = await freePort();
  const config = [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${hostKey}`,
    `AuthorizedKeysFile ${identity}.pub`,
    `PidFile ${dir}/pid`,
    'StrictModes no',
    'UsePAM no',
    'PasswordAuthentication no',
    'PermitRootLogin prohibit-password',
  ];
  await writeFile(join(dir, 'config'), config.join('\n'));
  // Where it gives up its privileges; Debian makes it when the service starts.
  if (process.getuid?.() === 0) await mkdir('/run/sshd', { recursive: true });
  const child = spawn(program, ['-D', '-e', '-f', join(dir, 'config')], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const gone = new Promise<void>((resolve) => child.once('close', () => resolve()));
  for (let tries = 0; !(await answers(port)); tries++) {
    if (child.exitCode !== null || tries > 200) throw new Error(`sshd did not start: ${said}`);
    await wait(25);
  }
  return {
    user: userInfo().username,
    port,
    identity,
    publicHostKey: (await readFile(`${hostKey}.pub`)).toString('base64'),
    stop: async () => {
      child.kill();
      await gone;
      await rm(dir, { recursive: true, force: true });
    },
  };
};

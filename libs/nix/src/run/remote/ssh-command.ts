import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hostKeyOf, parseMachineUri } from '../../format/machine-uri.js';

export type SshMachine = Readonly<{
  uri: string;
  /** file of the identity on this host */
  sshKey?: string;
  /** base64 of the line of its public host key */
  publicHostKey?: string;
}>;

export type SshCommand = Readonly<{
  command: readonly string[];
  /** Removes what the command reads. */
  remove: () => Promise<void>;
}>;

/** Under this name, whatever the machine's, its host key stands in a file of its own. */
const ALIAS = 'iolaus-machine';
/** A machine that says nothing for a minute is gone: a cut cable closes no connection. */
const LIVENESS = ['-oServerAliveInterval=15', '-oServerAliveCountMax=4', '-oConnectTimeout=30'];

/**
 * The serve command of a machine by ssh. Nobody is asked anything. With a public host key only that one is taken; without, what
 * the ssh configuration of this host's user says. `NIX_SSHOPTS` in `env` is heeded as Nix does. Throws where the address is bad.
 */
export const sshServeCommand = async (
  { uri, ...machine }: SshMachine,
  env: Readonly<Record<string, string>>,
): Promise<SshCommand> => {
  const address = parseMachineUri(uri);
  if (typeof address === 'string') throw new Error(`the machine's address '${uri}' ${address}`);
  const { user, host, port, remoteProgram = 'nix-store', compress } = address;
  const { sshKey = address.sshKey, publicHostKey = address.publicHostKey } = machine;
  const keys = publicHostKey === undefined ? undefined : await knownHosts(publicHostKey);
  const command = [
    'ssh',
    '-x',
    '-a',
    '-oBatchMode=yes',
    ...LIVENESS,
    ...(sshKey === undefined ? [] : ['-i', sshKey, '-oIdentitiesOnly=yes']),
    ...(port === undefined ? [] : ['-p', String(port)]),
    ...(compress ? ['-C'] : []),
    ...(keys === undefined
      ? []
      : [`-oUserKnownHostsFile=${keys.file}`, `-oHostKeyAlias=${ALIAS}`, '-oStrictHostKeyChecking=yes']),
    ...(env['NIX_SSHOPTS'] ?? '').split(/\s+/).filter((option) => option !== ''),
    ...(user === undefined ? [] : ['-l', user]),
    '--',
    host,
    remoteProgram,
    '--serve',
    '--write',
  ];
  return { command, remove: keys?.remove ?? (async () => undefined) };
};

const knownHosts = async (base64: string): Promise<{ file: string; remove: () => Promise<void> }> => {
  const key = hostKeyOf(base64);
  if (key === undefined) throw new Error("the machine's public host key is not the base64 of a line of one");
  const dir = await mkdtemp(join(tmpdir(), 'iolaus-known-hosts-'));
  const file = join(dir, 'known_hosts');
  await writeFile(file, `${ALIAS} ${key}\n`, { mode: 0o600 });
  return { file, remove: () => rm(dir, { recursive: true, force: true }) };
};

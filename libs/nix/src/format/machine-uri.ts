/**
 * Address of a build machine as Nix's machines files name it: `localhost`, a host as ssh knows it, or
 * `ssh://[user@]host[:port][?remote-program=…&ssh-key=…&base64-ssh-public-host-key=…&compress=true]`. `ssh-ng://` means the same
 * machine: what we speak there is `nix-store --serve`, which every Nix has.
 */
export type MachineUri = Readonly<{
  user?: string;
  host: string;
  port?: number;
  /** `nix-store` where it is not on the PATH of a login there */
  remoteProgram?: string;
  sshKey?: string;
  /** base64 of the line of its public host key */
  publicHostKey?: string;
  compress: boolean;
}>;

const ADDRESS =
  /^(?:(?<user>[A-Za-z0-9_][A-Za-z0-9_.+-]*)@)?(?:\[(?<v6>[0-9A-Za-z:.%]+)\]|(?<host>[A-Za-z0-9][A-Za-z0-9._-]*))(?::(?<port>\d{1,5}))?$/;
const PROGRAM = /^[A-Za-z0-9/][A-Za-z0-9._/+-]*$/;
/** What may stand in the name of a stream and in a URL. */
const CHARACTERS = /^[A-Za-z0-9_[][A-Za-z0-9@._:/%+?=&[\]-]{0,254}$/;
const SCHEMES = ['ssh', 'ssh-ng'];
const RULE = "must be localhost, a host, or ssh://user@host (Nix's other stores are not build machines here)";

/** Parses the address of a machine that is reached by ssh; a text instead says what is wrong with it. */
export const parseMachineUri = (uri: string): MachineUri | string => {
  const [, scheme = 'ssh', rest = ''] = /^(?:([a-z][a-z0-9+.-]*):\/\/)?(.*)$/s.exec(uri)!;
  if (!CHARACTERS.test(uri) || !SCHEMES.includes(scheme)) return RULE;
  const [address = '', query, ...more] = rest.split('?');
  const { user, v6, host = v6, port } = ADDRESS.exec(address)?.groups ?? {};
  if (host === undefined || more.length > 0) return RULE;
  if (port !== undefined && (Number(port) < 1 || Number(port) > 65_535)) return 'must have a port from 1 to 65535';
  let found: MachineUri = {
    ...(user === undefined ? {} : { user }),
    host,
    ...(port === undefined ? {} : { port: Number(port) }),
    compress: false,
  };
  for (const [name, value] of new URLSearchParams(query ?? '')) {
    if (name === 'remote-program' && PROGRAM.test(value)) found = { ...found, remoteProgram: value };
    else if (name === 'ssh-key' && value !== '') found = { ...found, sshKey: value };
    else if (name === 'base64-ssh-public-host-key' && hostKeyOf(value) !== undefined)
      found = { ...found, publicHostKey: value };
    else if (name === 'compress' && (value === 'true' || value === 'false'))
      found = { ...found, compress: value === 'true' };
    else
      return `has '${name}=${value}', which is not one of remote-program, ssh-key, base64-ssh-public-host-key, compress`;
  }
  return found;
};

/** Name of a machine: its address without the scheme and the options. Only this host is called `localhost`. */
export const machineNameOf = (uri: string): string => {
  const name = uri.replace(/^ssh(-ng)?:\/\//, '').replace(/\?.*$/s, '');
  return name === 'localhost' && uri !== 'localhost' ? `ssh://${name}` : name;
};

const HOST_KEY = /^[a-z0-9@.-]+ [A-Za-z0-9+/]+={0,3}( .*)?$/;

/** The line of a public host key (`ssh-ed25519 AAAA… comment`) from its base64; undefined where it is none. */
export const hostKeyOf = (base64: string): string | undefined => {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) return undefined;
  const line = Buffer.from(base64, 'base64').toString('latin1').trim();
  return HOST_KEY.test(line) ? line : undefined;
};

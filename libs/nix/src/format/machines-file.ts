import { hostKeyOf, machineNameOf, parseMachineUri } from './machine-uri.js';

/** A line of Nix's machines file: `URI SYSTEMS SSHKEY MAXJOBS SPEED FEATURES MANDATORY PUBKEY`. */
export type MachineLine = Readonly<{
  /** the address without its scheme */
  name: string;
  uri: string;
  systems: readonly string[];
  sshKey?: string;
  slots: number;
  speedFactor: number;
  features: readonly string[];
  mandatoryFeatures: readonly string[];
  publicHostKey?: string;
}>;

/** A rule that a line breaks. */
export type MachinesFileProblem = Readonly<{
  file: string;
  /** from 1; 0: the file as a whole */
  line: number;
  /** as Nix's manual calls it; '' where the whole line is meant */
  field: string;
  rule: string;
}>;

/** All that is wrong with the files; nothing of them may be used. */
export class MachinesFileError extends Error {
  override readonly name = 'MachinesFileError';

  constructor(readonly problems: readonly MachinesFileProblem[]) {
    super(problems.map(problemText).join('; '));
  }
}

const problemText = ({ file, line, field, rule }: MachinesFileProblem): string =>
  `${file}${line > 0 ? ` line ${line}` : ''}: ${field === '' ? '' : `${field} `}${rule}`;

export type MachinesFileOptions = Readonly<{
  /** Text of a file; undefined where there is none. Rejects where it cannot be read. */
  read: (path: string) => Promise<string | undefined>;
  /** System of a line that names none. */
  system: string;
}>;

const MOST_SLOTS = 1024;
const MOST_INCLUDES = 16;
const WORD = /^[!"$-+\--~]+$/;
const PATH = /^~?\/[!-~]*$/;
const SPEED = /^(\d+(\.\d+)?|\.\d+)$/;

/**
 * Reads machines files as Nix does: entries end at a line's end or `;`, `#` begins a comment, `-` and what is left out are the
 * defaults, `@/path` includes a file, which may be missing. Throws `MachinesFileError` with everything that is wrong.
 */
export const readMachinesFiles = async (
  files: readonly string[],
  { read, system }: MachinesFileOptions,
): Promise<MachineLine[]> => {
  const problems: MachinesFileProblem[] = [];
  const found = new Map<string, { machine: MachineLine; at: string }>();

  const readOne = async (
    file: string,
    path: readonly string[],
    from?: { file: string; line: number },
  ): Promise<void> => {
    const broken = (line: number, field: string, rule: string): void => void problems.push({ file, line, field, rule });
    const text = await read(file).catch((error: Error) => {
      broken(0, '', `cannot be read: ${error.message}`);
      return '';
    });
    // Nix takes a missing included file as an empty one. One that is named in our configuration has to be there.
    if (text === undefined) return from === undefined ? broken(0, '', 'does not exist') : undefined;
    for (const [index, whole] of text.split('\n').entries())
      for (const entry of whole.replace(/#.*$/s, '').split(';')) {
        const line = index + 1;
        const trimmed = entry.trim();
        if (trimmed === '') continue;
        if (trimmed.startsWith('@')) {
          const included = trimmed.slice(1).trim();
          if (!included.startsWith('/')) broken(line, 'include', 'must be written @/path, with a path from the root');
          else if (path.includes(included) || path.length >= MOST_INCLUDES)
            broken(line, 'include', `'${included}' includes itself, or too deep`);
          else await readOne(included, [...path, included], { file, line });
          continue;
        }
        const machine = parseEntry(trimmed, system, (field, rule) => broken(line, field, rule));
        if (machine === undefined) continue;
        const before = found.get(machine.name);
        if (before) broken(line, 'URI', `'${machine.name}' is there twice, first in ${before.at}`);
        else found.set(machine.name, { machine, at: `${file} line ${line}` });
      }
  };
  for (const file of files) await readOne(file, [file]);
  if (problems.length > 0) throw new MachinesFileError(problems);
  return [...found.values()].map(({ machine }) => machine);
};

const parseEntry = (
  entry: string,
  thisSystem: string,
  broken: (field: string, rule: string) => void,
): MachineLine | undefined => {
  const [uri = '', ...rest] = entry.split(/\s+/);
  const fields = rest.map((field) => (field === '-' ? undefined : field));
  const [systems, sshKey, slots, speed, features, mandatory, hostKey, ...more] = fields;
  let good = true;
  const check = (field: string, holds: boolean, rule: string): void => {
    if (holds) return;
    good = false;
    broken(field, rule);
  };
  const words = (field: string, text: string | undefined, fallback: readonly string[]): readonly string[] => {
    const list = text?.split(',').filter((word) => word !== '') ?? fallback;
    check(
      field,
      (text === undefined || list.length > 0) && list.every((word) => WORD.test(word)),
      'must be words separated by commas',
    );
    return list;
  };
  const address = uri === 'localhost' ? undefined : parseMachineUri(uri);
  check('URI', typeof address !== 'string', address as string);
  check('SSHKEY', sshKey === undefined || PATH.test(sshKey), 'must be a path from the root');
  check('MAXJOBS', slots === undefined || isCount(slots), `must be a whole number from 1 to ${MOST_SLOTS}`);
  check('SPEED', speed === undefined || (SPEED.test(speed) && Number(speed) > 0), 'must be a number over 0');
  check(
    'PUBKEY',
    hostKey === undefined || hostKeyOf(hostKey) !== undefined,
    'must be the base64 of a line like `ssh-ed25519 AAAA…`',
  );
  check('PUBKEY', more.length === 0, `is followed by '${more.join(' ')}': a line has at most eight fields`);
  const machine: MachineLine = {
    name: machineNameOf(uri),
    uri,
    systems: words('SYSTEMS', systems, [thisSystem]),
    ...(sshKey === undefined ? {} : { sshKey }),
    slots: Number(slots ?? 1),
    speedFactor: Number(speed ?? 1),
    features: words('FEATURES', features, []),
    mandatoryFeatures: words('MANDATORY', mandatory, []),
    ...(hostKey === undefined ? {} : { publicHostKey: hostKey }),
  };
  return good ? machine : undefined;
};

const isCount = (text: string): boolean => /^\d{1,4}$/.test(text) && Number(text) >= 1 && Number(text) <= MOST_SLOTS;

/** The command line cannot be used; the message says why. */
export class ArgumentError extends Error {
  override readonly name = 'ArgumentError';
}

/** Names of the duties to run: those of `--duties a,b` or `--duties=a,b`, else all. Throws `ArgumentError`. */
export const wantedDuties = (args: readonly string[], known: readonly string[]): readonly string[] => {
  let wanted: string[] | undefined;
  for (let index = 0; index < args.length; index++) {
    const [option, inline] = splitOnce(args[index]!);
    if (option !== '--duties')
      throw new ArgumentError(`unknown argument ${JSON.stringify(args[index])}; there is only --duties`);
    const value = inline ?? args[++index];
    if (value === undefined) throw new ArgumentError(`--duties needs a list; duties are ${known.join(', ')}`);
    wanted = value.split(',').map((name) => name.trim());
  }
  for (const name of wanted ?? []) {
    if (!known.includes(name))
      throw new ArgumentError(`there is no duty ${JSON.stringify(name)}; duties are ${known.join(', ')}`);
  }
  return known.filter((name) => wanted === undefined || wanted.includes(name));
};

const splitOnce = (text: string): [string, string | undefined] => {
  const at = text.indexOf('=');
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
};

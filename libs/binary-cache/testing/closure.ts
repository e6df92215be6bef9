import { shDerivation, type TestStore } from '../../nix/testing/store.js';
import { run } from '../../nix/src/run/process.js';

/**
 * Builds a small closure of every shape: a chain of references, a diamond, a path that refers to itself, two outputs, a source,
 * an empty directory, odd names, and a file of `bigBytes` that no compressor can shrink. Answers the roots.
 */
export const buildClosure = async (store: TestStore, bigBytes = 300_000): Promise<string[]> => {
  const source = await store.add(await store.write('plain-source+1.0.txt', 'a source, content-addressed\n'));
  const leaf = shDerivation(
    'leaf',
    'mkdir -p $out/empty $out/bin; echo x > "$out/bin/naïve name"; chmod +x $out/bin/*; ln -s nowhere $out/dangling',
  );
  const self = shDerivation('self', 'echo I am $out > $out');
  const big = shDerivation('big', `head -c ${bigBytes} /dev/urandom > $out`);
  const expression = `let
    leaf = ${leaf};
    self = ${self};
    big = ${big};
    left = ${shDerivation('left', 'echo $leaf > $out', 'inherit leaf;')};
    right = ${shDerivation('right', 'echo $leaf $self > $out', 'inherit leaf self;')};
    two = ${shDerivation('two', 'echo $left > $out; echo $out $right > $dev', 'outputs = [ "out" "dev" ]; inherit left right;')};
    root = ${shDerivation('root', `mkdir $out; echo $two $dev $big ${source} > $out/all`, 'two = two.out; dev = two.dev; inherit big;')};
  in [ root two ]`;
  const derivations = await store.instantiate(expression);
  const built = await store.nixStore('--realise', ...derivations);
  return [...new Set(built.split('\n'))];
};

/** Where a closure was restored to: a store of its own under `root`, with the same store directory inside. */
export type Restored = Readonly<{ code: number; stderr: string; root: string }>;

/** Real Nix as the judge: substitutes paths from a binary cache into another, empty store. */
export const substitute = async (
  { settings, dir }: TestStore,
  url: string,
  paths: readonly string[],
  { by, publicKey, name }: Readonly<{ by: 'copy' | 'realise'; publicKey?: string; name: string }>,
): Promise<Restored> => {
  const root = `${dir}/restored-${name}`;
  // A home of its own: Nix remembers what a cache did not have.
  const env = { ...settings.env, HOME: `${root}-home` };
  const trust =
    publicKey === undefined ? ['--option', 'require-sigs', 'false'] : ['--option', 'trusted-public-keys', publicKey];
  const [program, args] =
    by === 'copy'
      ? [
          settings.commands.nix,
          [
            '--extra-experimental-features',
            'nix-command',
            'copy',
            '--from',
            url,
            '--to',
            `local?root=${root}`,
            ...trust,
            ...(publicKey === undefined ? ['--no-check-sigs'] : []),
            ...paths,
          ],
        ]
      : [
          settings.commands.nixStore,
          ['--store', `local?root=${root}`, '-r', ...paths, '--option', 'substituters', url, ...trust],
        ];
  const { code, stderr } = await run(program, args, { env });
  return { code, stderr, root };
};

/** Whether every path of a restored store has the bytes that its database says. */
export const verifyStore = async (
  { settings }: TestStore,
  root: string,
): Promise<Readonly<{ code: number; stderr: string }>> =>
  run(settings.commands.nixStore, ['--store', `local?root=${root}`, '--verify', '--check-contents'], {
    env: settings.env,
  });

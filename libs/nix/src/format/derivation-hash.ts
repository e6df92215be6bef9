import { createHash } from 'node:crypto';
import type { Derivation, DerivationOutput } from './derivation.js';
import { derivationReferences, formatDerivation } from './derivation.js';
import { makeStorePath, makeTextPath } from './store-path.js';

/**
 * How Nix names outputs: a derivation is hashed with each input replaced by that input's own hash ("modulo" fixed
 * outputs, which count by what they must contain), and the output paths derive from that hash.
 * Source: `hashDerivationModulo`, `makeOutputPath`, `makeFixedOutputPath` in Nix's libstore.
 */

const sha256 = (text: string): string => createHash('sha256').update(text, 'latin1').digest('hex');

const fixedOutput = (drv: Derivation): DerivationOutput | undefined => {
  const out = drv.outputs.get('out');
  return drv.outputs.size === 1 && out !== undefined && out.hash !== '' ? out : undefined;
};

/** Reads the hash (hex, from `hashDerivationModulo`) of an input derivation. */
export type InputHash = (drvPath: string) => string;

const withHashedInputs = (drv: Derivation, inputHash: InputHash): Derivation => {
  const inputs = new Map<string, string[]>();
  for (const [drvPath, names] of drv.inputDrvs) {
    const hash = inputHash(drvPath);
    inputs.set(hash, [...new Set([...(inputs.get(hash) ?? []), ...names])]);
  }
  return { ...drv, inputDrvs: inputs };
};

const assertNotContentAddressed = (drv: Derivation): void => {
  for (const { path, hashAlgo, hash } of drv.outputs.values())
    if (path === '' || (hashAlgo !== '' && hash === ''))
      throw new Error('content-addressed derivations have no output paths to compute');
};

/** The hash (hex) by which other derivations count this one as input. Throws on content-addressed derivations. */
export function hashDerivationModulo(drv: Derivation, inputHash: InputHash): string {
  const fixed = fixedOutput(drv);
  if (fixed !== undefined) return sha256(`fixed:out:${fixed.hashAlgo}:${fixed.hash}:${fixed.path}`);
  assertNotContentAddressed(drv);
  return sha256(formatDerivation(withHashedInputs(drv, inputHash)));
}

const fixedOutputPath = (storeDir: string, name: string, { hashAlgo, hash }: DerivationOutput): string =>
  hashAlgo === 'r:sha256'
    ? makeStorePath(storeDir, 'source', hash, name)
    : makeStorePath(storeDir, 'output:out', sha256(`fixed:out:${hashAlgo}:${hash}:`), name);

/** The output paths that Nix gives this derivation, by output name. What its outputs and environment say now is ignored. */
export function computeOutputPaths(
  storeDir: string,
  name: string,
  drv: Derivation,
  inputHash: InputHash,
): Map<string, string> {
  const fixed = fixedOutput(drv);
  if (fixed !== undefined) return new Map([['out', fixedOutputPath(storeDir, name, fixed)]]);
  assertNotContentAddressed(drv);
  const blank = withOutputPaths(drv, new Map([...drv.outputs.keys()].map((output) => [output, ''])));
  const hash = sha256(formatDerivation(withHashedInputs(blank, inputHash)));
  const path = (output: string): string =>
    makeStorePath(storeDir, `output:${output}`, hash, output === 'out' ? name : `${name}-${output}`);
  return new Map([...drv.outputs.keys()].map((output) => [output, path(output)]));
}

/** The derivation with other output paths, in its outputs and in the variables that carry them. */
export function withOutputPaths(drv: Derivation, paths: ReadonlyMap<string, string>): Derivation {
  const outputs = new Map(
    [...drv.outputs].map(([name, output]) => [name, { ...output, path: paths.get(name) ?? output.path }]),
  );
  const env = new Map([...drv.env].map(([name, value]) => [name, paths.get(name) ?? value]));
  return { ...drv, outputs, env };
}

/** The path of the .drv itself: a text in the store, referring to its inputs. `name` is without `.drv`. */
export const derivationPath = (storeDir: string, name: string, drv: Derivation): string =>
  makeTextPath(storeDir, `${name}.drv`, Buffer.from(formatDerivation(drv), 'latin1'), derivationReferences(drv));

/** Hashes derivations of a store with a memory; `read` fetches one by its path. */
export function createDerivationHasher(
  read: (drvPath: string) => Promise<Derivation>,
): (drvPath: string) => Promise<string> {
  const memo = new Map<string, Promise<string>>();
  const compute = async (drvPath: string): Promise<string> => {
    const drv = await read(drvPath);
    if (fixedOutput(drv) !== undefined) return hashDerivationModulo(drv, () => '');
    const inputs = new Map<string, string>();
    for (const input of drv.inputDrvs.keys()) inputs.set(input, await hash(input));
    return hashDerivationModulo(drv, (input) => inputs.get(input)!);
  };
  const hash = (drvPath: string): Promise<string> => {
    const known = memo.get(drvPath) ?? compute(drvPath);
    memo.set(drvPath, known);
    return known;
  };
  return hash;
}

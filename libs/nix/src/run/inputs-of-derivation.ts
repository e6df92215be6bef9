import { readFile } from 'node:fs/promises';
import { parseDerivation, type Derivation } from '../format/derivation.js';

/** Reads a derivation of the local store. */
export const readDerivation = async (drvPath: string): Promise<Derivation> => parseDerivation(await readFile(drvPath));

/** The direct inputs of a derivation as paths: sources, and the wanted outputs of its input derivations. */
export async function resolveInputs(
  drv: Derivation,
): Promise<{ inputs: string[]; outputPath: (drvPath: string, output: string) => string }> {
  const paths = new Map<string, Map<string, string>>();
  for (const [drvPath, names] of drv.inputDrvs) {
    const input = await readDerivation(drvPath);
    const outputs = new Map<string, string>();
    for (const name of names) {
      const path = input.outputs.get(name)?.path;
      if (path === undefined || path === '')
        throw new Error(`derivation '${drvPath}' has no path for output '${name}'`);
      outputs.set(name, path);
    }
    paths.set(drvPath, outputs);
  }
  const inputs = new Set([...drv.inputSrcs, ...[...paths.values()].flatMap((outputs) => [...outputs.values()])]);
  return { inputs: [...inputs], outputPath: (drvPath, output) => paths.get(drvPath)!.get(output)! };
}

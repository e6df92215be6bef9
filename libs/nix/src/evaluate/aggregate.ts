import { createHash } from 'node:crypto';
import {
  computeOutputPaths,
  createDerivationHasher,
  derivationPath,
  withOutputPaths,
} from '../format/derivation-hash.js';
import { derivationReferences, formatDerivation, type Derivation } from '../format/derivation.js';
import { encodeBase32 } from '../format/base32.js';
import { narOfFile } from '../format/nar.js';
import { derivationName } from '../format/store-path.js';
import { readDerivation } from '../run/inputs-of-derivation.js';
import type { ServeConnection } from '../run/serve-connection.js';
import { resolveConstituents } from './constituents.js';
import type { EvaluatedJob } from './jobs.js';

export type RewrittenDerivation = Readonly<{ drvPath: string; outputs: ReadonlyMap<string, string> }>;

/** Rewrites aggregates of one store; it remembers the hashes of derivations, so keep one for an evaluation. */
export class AggregateRewriter {
  private readonly hash = createDerivationHasher((drvPath) => readDerivation(drvPath));

  constructor(
    private readonly connection: ServeConnection,
    private readonly storeDir: string,
  ) {}

  /** Makes a derivation depend on others (on the first output of each) and puts the new .drv into the store. */
  async rewrite(drvPath: string, constituentDrvPaths: readonly string[]): Promise<RewrittenDerivation> {
    const drv = await readDerivation(drvPath);
    const inputDrvs = new Map(drv.inputDrvs);
    for (const constituent of constituentDrvPaths) {
      const first = [...(await readDerivation(constituent)).outputs.keys()].sort()[0];
      if (first === undefined) throw new Error(`derivation '${constituent}' has no outputs`);
      inputDrvs.set(constituent, [...new Set([...(inputDrvs.get(constituent) ?? []), first])]);
    }
    const hashes = new Map<string, string>();
    for (const input of inputDrvs.keys()) hashes.set(input, await this.hash(input));
    const name = derivationName(drvPath);
    const outputs = computeOutputPaths(this.storeDir, name, { ...drv, inputDrvs }, (input) => hashes.get(input)!);
    const rewritten = withOutputPaths({ ...drv, inputDrvs }, outputs);
    return { drvPath: await this.add(name, rewritten), outputs };
  }

  private async add(name: string, drv: Derivation): Promise<string> {
    const path = derivationPath(this.storeDir, name, drv);
    const text = Buffer.from(formatDerivation(drv), 'latin1');
    const nar = narOfFile(text);
    const sha256 = (bytes: Buffer): string => `sha256:${encodeBase32(createHash('sha256').update(bytes).digest())}`;
    const [references, ca] = [derivationReferences(drv), `text:${sha256(text)}`];
    await this.connection.addToStore(
      { path, deriver: undefined, references, narHash: sha256(nar), narSize: nar.length, ca, sigs: [] },
      [nar],
    );
    return path;
  }
}

/** An aggregate as it is to be built. `constituents`: derivation paths, sorted, aggregates among them already rewritten. */
export type ResolvedAggregate = RewrittenDerivation & Readonly<{ constituents: readonly string[] }>;

/**
 * Resolves every aggregate of an evaluation, by job name: named constituents become inputs of a rewritten derivation.
 * Throws EvaluationError (`aggregate`) as `resolveConstituents` does.
 */
export async function resolveAggregates(
  rewriter: AggregateRewriter,
  jobs: readonly EvaluatedJob[],
  errors: ReadonlyMap<string, string>,
): Promise<Map<string, ResolvedAggregate>> {
  const byName = new Map(jobs.map((job) => [job.attr, job]));
  const resolved = new Map<string, ResolvedAggregate>();
  for (const [name, named] of resolveConstituents(jobs, errors)) {
    const job = byName.get(name)!;
    const wanted = named.map((constituent) => resolved.get(constituent)?.drvPath ?? byName.get(constituent)!.drvPath);
    const unchanged = { drvPath: job.drvPath, outputs: new Map(Object.entries(job.outputs)) };
    const rewritten = wanted.length === 0 ? unchanged : await rewriter.rewrite(job.drvPath, wanted);
    resolved.set(name, { ...rewritten, constituents: [...new Set([...job.aggregate!.drvPaths, ...wanted])].sort() });
  }
  return resolved;
}

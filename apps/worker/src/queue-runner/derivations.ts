import { type Derivation, openLocalStore, type NixSettings, readDerivation, type ServeConnection } from '#nix';
import { mapLimited } from './map-limited.js';

/** What scheduling needs of a derivation; it never changes, so it is kept. */
export type DrvInfo = Readonly<{
  drvPath: string;
  /** output name to path */
  outputs: ReadonlyMap<string, string>;
  inputDrvs: readonly string[];
  system: string;
  features: readonly string[];
  preferLocalBuild: boolean;
  /** it says of itself that it always builds the same, which is to be checked */
  deterministic: boolean;
  /** why it cannot be built at all */
  problem?: string;
}>;

/** Derivations kept in memory: some 20 MB. */
const KEPT = 20_000;
const READS = 32;

const utf8 = (latin1: string): string => Buffer.from(latin1, 'latin1').toString();

const infoOf = (drvPath: string, drv: Derivation): DrvInfo => {
  const outputs = new Map([...drv.outputs].map(([name, { path }]) => [name, path]));
  const features = (drv.env.get('requiredSystemFeatures') ?? '').split(/\s+/).filter((feature) => feature !== '');
  return {
    drvPath,
    outputs,
    inputDrvs: [...drv.inputDrvs.keys()],
    system: utf8(drv.platform),
    features: features.map(utf8),
    preferLocalBuild: drv.env.get('preferLocalBuild') === '1',
    // Hydra's own spelling is the second one.
    deterministic: drv.env.get('isDeterministic') === '1' || drv.env.get('isDetermistic') === '1',
    ...([...outputs.values()].includes('') && {
      problem: `the outputs of '${drvPath}' have no path before they are built (content-addressed), which is not supported`,
    }),
  };
};

/** Questions to the local store, over one connection of their own, so that they never wait for a build. */
export class Derivations {
  private readonly known = new Map<string, DrvInfo>();
  private opening: Promise<ServeConnection> | undefined;

  constructor(private readonly settings: NixSettings) {}

  /** Reads derivations; one that is not there comes back with that as its problem. */
  read(drvPaths: readonly string[]): Promise<DrvInfo[]> {
    return mapLimited(drvPaths, READS, async (drvPath) => {
      const known = this.known.get(drvPath);
      if (known) return known;
      try {
        const info = infoOf(drvPath, await readDerivation(drvPath));
        this.known.set(drvPath, info);
        if (this.known.size > KEPT) this.known.delete(this.known.keys().next().value!);
        return info;
      } catch (error) {
        const problem = `the derivation cannot be read: ${(error as Error).message}`;
        return {
          drvPath,
          outputs: new Map(),
          inputDrvs: [],
          system: '',
          features: [],
          preferLocalBuild: false,
          deterministic: false,
          problem,
        };
      }
    });
  }

  /** Which of the paths are valid in the store. */
  async valid(paths: readonly string[]): Promise<ReadonlySet<string>> {
    if (paths.length === 0) return new Set();
    return new Set(await (await this.connection()).queryValidPaths(paths));
  }

  /** The connection, opened again where it broke. */
  async connection(): Promise<ServeConnection> {
    const current = await this.opening?.catch(() => undefined);
    if (current?.usable) return current;
    this.opening = openLocalStore(this.settings);
    return this.opening;
  }

  async close(): Promise<void> {
    const current = await this.opening?.catch(() => undefined);
    await current?.close();
  }
}

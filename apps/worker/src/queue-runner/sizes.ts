import type { PathInfo } from '#nix';
import type { Derivations } from './derivations.js';

type Known = Readonly<{ narSize: number; references: readonly string[] }>;

/** Paths remembered: a path's info never changes while it is valid. */
const KEPT = 50_000;

/** Sizes of closures, with one question a generation of unknown paths; what was asked once is remembered. */
export class Sizes {
  private readonly known = new Map<string, Known>();

  constructor(private readonly derivations: Pick<Derivations, 'connection'>) {}

  /** What a build told of its outputs. */
  learn(infos: Iterable<PathInfo>): void {
    for (const { path, narSize, references } of infos) this.known.set(path, { narSize, references });
    for (const path of this.known.keys()) {
      if (this.known.size <= KEPT) break;
      this.known.delete(path);
    }
  }

  /** Bytes of the paths' NARs, and of their whole runtime closure. Rejects where a path is not valid. */
  async of(paths: readonly string[]): Promise<{ size: number; closureSize: number }> {
    const closure = new Map<string, Known>();
    for (let wanted = [...new Set(paths)]; wanted.length > 0;) {
      const unknown = wanted.filter((path) => !this.known.has(path));
      const asked = new Map<string, Known>();
      if (unknown.length > 0)
        for (const info of await (await this.derivations.connection()).queryPathInfos(unknown)) {
          asked.set(info.path, info);
          this.learn([info]);
        }
      for (const path of wanted) {
        const found = asked.get(path) ?? this.known.get(path);
        if (found === undefined) throw new Error(`path '${path}' is not valid in the store`);
        closure.set(path, found);
      }
      wanted = [...new Set(wanted.flatMap((path) => closure.get(path)!.references))].filter(
        (path) => !closure.has(path),
      );
    }
    const sum = (of: Iterable<string>): number =>
      [...of].reduce((total, path) => total + closure.get(path)!.narSize, 0);
    return { size: sum(new Set(paths)), closureSize: sum(closure.keys()) };
  }
}

/**
 * What a build says about itself in `nix-support` of its outputs (hydra-reference 5.7).
 * A line of `hydra-build-products`: `TYPE SUBTYPE PATH [ENTRYPOINT]`, e.g. `doc manual "/nix/store/…/a b" index.html`.
 */
export type ProductLine = Readonly<{ type: string; subtype: string; path: string; defaultPath: string }>;

const PRODUCT = /^([a-zA-Z0-9_-]+)\s+([a-zA-Z0-9_-]+)\s+(?:"(\/[^<>"]*)"|(\/[^<>"\s]*))(?:\s+([^<>"\s]+))?\s*$/;

/** The products that a file names; lines of another form are ignored. */
export const parseProducts = (text: string): ProductLine[] =>
  text.split('\n').flatMap((line) => {
    const parts = PRODUCT.exec(line);
    if (parts === null) return [];
    return [{ type: parts[1]!, subtype: parts[2]!, path: (parts[3] ?? parts[4])!, defaultPath: parts[5] ?? '' }];
  });

export type Metric = Readonly<{ name: string; value: number; unit: string | undefined }>;

const METRIC = /^([a-zA-Z0-9._-]+)\s+([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)(?:\s+([a-zA-Z0-9._%-]+))?\s*$/;

/** The metrics of a `hydra-metrics` file, `NAME VALUE [UNIT]`; other lines are ignored, the last one of a name counts. */
export function parseMetrics(text: string): Metric[] {
  const metrics = new Map<string, Metric>();
  for (const line of text.split('\n')) {
    const parts = METRIC.exec(line);
    const value = Number(parts?.[2]);
    if (parts !== null && Number.isFinite(value)) metrics.set(parts[1]!, { name: parts[1]!, value, unit: parts[3] });
  }
  return [...metrics.values()];
}

/** The name in a `hydra-release-name` file, or undefined where it is not one. */
export const parseReleaseName = (text: string): string | undefined => /^[a-zA-Z0-9.@:_-]+$/.exec(text.trim())?.[0];

/** How a product's file is called in URLs: '' where its own name would not do. */
export const productName = (baseName: string): string => (/^[a-zA-Z0-9.@:_ -]+$/.test(baseName) ? baseName : '');

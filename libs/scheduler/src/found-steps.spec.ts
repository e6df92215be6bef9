import fc from 'fast-check';
import { foundParts, specsOf } from './found-steps.js';
import type { StepSpec } from './step.js';

const path = (name: number | string): string => `/nix/store/${String(name).padStart(32, '0')}-x.drv`;

const specs: fc.Arbitrary<StepSpec[]> = fc
  .array(
    fc.record({
      below: fc.array(fc.nat(40), { maxLength: 6 }),
      outside: fc.array(fc.nat(9), { maxLength: 3 }),
      features: fc.array(fc.constantFrom('kvm', 'größe'), { maxLength: 2 }),
      preferLocalBuild: fc.boolean(),
      retryAtMs: fc.constantFrom(0, 1_700_000_000_000),
    }),
    { maxLength: 40 },
  )
  .map((drafts) =>
    drafts.map(({ below, outside, ...spec }, at) => ({
      ...spec,
      drvPath: path(at),
      system: 'x86_64-linux',
      inputs: [
        ...new Set([...below.filter((input) => input < at).map(path), ...outside.map((n) => path(`outside${n}`))]),
      ],
    })),
  );

describe('the steps that a build brings into the graph', () => {
  it('come back from their events as they were', () => {
    fc.assert(fc.property(specs, (all) => expect(specsOf(foundParts(all).flat())).toEqual(all)));
  });

  it('fit into events of 256 KiB, however many they are and however many inputs one has', () => {
    const leaves: StepSpec[] = Array.from({ length: 20_000 }, (_, at) => ({
      drvPath: path(at),
      system: 'x86_64-linux',
      features: [],
      preferLocalBuild: false,
      inputs: [],
      retryAtMs: 0,
    }));
    const outside = Array.from({ length: 10_000 }, (_, at) => path(`outside${at}`));
    const inputs = [...leaves.map(({ drvPath }) => drvPath), ...outside];
    const all = [{ ...leaves[0]!, drvPath: path('top'), inputs }, ...leaves];
    const parts = foundParts(all);
    for (const steps of parts) expect(Buffer.byteLength(JSON.stringify(steps))).toBeLessThan(200 * 1024);
    expect(parts.length).toBeLessThan(40);
    expect(specsOf(parts.flat())).toEqual(all);
  });

  it('are one event even where a build brings none', () => {
    expect(foundParts([])).toEqual([[]]);
  });
});

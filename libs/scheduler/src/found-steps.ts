import type { FoundStep } from '#domain';
import type { StepSpec } from './step.js';

/** Most bytes of JSON of the steps in one event: an event holds 256 KiB in all. */
const PART_BYTES = 160 * 1024;
/** JSON around a step's own words. */
const FRAME_BYTES = 100;

/** At least the bytes of the text as JSON in UTF-8, without counting them. */
const bytesOf = (text: string): number => 3 * text.length + 3;

/**
 * Steps that enter the graph, as `BuildStepsFound` tells of them, divided among as many events as they need (at least one).
 * An input that enters with them is an index into all parts laid end to end. A step whose inputs are too many for one event
 * is listed again with more of them.
 */
export const foundParts = (specs: readonly StepSpec[]): readonly (readonly FoundStep[])[] => {
  const parts: FoundStep[][] = [[]];
  let room = PART_BYTES;
  const put = (step: FoundStep, bytes: number): void => {
    if (bytes > room && parts.at(-1)!.length > 0) {
      parts.push([]);
      room = PART_BYTES;
    }
    room -= bytes;
    parts.at(-1)!.push(step);
  };
  const places = new Map(specs.map(({ drvPath }, index) => [drvPath, index]));
  const rest: [FoundStep, readonly (number | string)[]][] = [];
  for (const { drvPath, system, features, preferLocalBuild, inputs, retryAtMs } of specs) {
    const named = inputs.map((path) => places.get(path) ?? path);
    const head = {
      drvPath,
      system,
      ...(features.length > 0 ? { features } : {}),
      ...(preferLocalBuild ? { preferLocalBuild: true as const } : {}),
      ...(retryAtMs > 0 ? { retryAtMs } : {}),
    };
    const [first = [], ...more] = chunks(named);
    put({ ...head, inputs: first }, stepBytes(head, features) + inputBytes(first));
    for (const inputsOfMore of more) rest.push([{ drvPath, system, inputs: [] }, inputsOfMore]);
  }
  // After all others, so that these do not shift the indexes.
  for (const [head, inputs] of rest) put({ ...head, inputs }, stepBytes(head, []) + inputBytes(inputs));
  return parts;
};

const stepBytes = ({ drvPath, system }: Pick<FoundStep, 'drvPath' | 'system'>, features: readonly string[]): number =>
  FRAME_BYTES + drvPath.length + bytesOf(system) + features.reduce((sum, feature) => sum + bytesOf(feature), 0);
/** Store paths are ASCII. */
const inputBytes = (inputs: readonly (number | string)[]): number =>
  inputs.reduce<number>((sum, input) => sum + (typeof input === 'number' ? 9 : input.length + 3), 0);

const chunks = (inputs: readonly (number | string)[]): (number | string)[][] => {
  const all: (number | string)[][] = [];
  let bytes = PART_BYTES;
  for (const input of inputs) {
    const more = typeof input === 'number' ? 9 : input.length + 3;
    if (all.length === 0 || bytes + more > PART_BYTES / 2) {
      all.push([]);
      bytes = 0;
    }
    bytes += more;
    all.at(-1)!.push(input);
  }
  return all;
};

/** The steps of a finding as they entered the graph: `steps` of all its parts laid end to end. */
export const specsOf = (steps: readonly FoundStep[]): readonly StepSpec[] => {
  const inputs = new Map<string, string[]>();
  const specs: StepSpec[] = [];
  for (const { drvPath, system, features = [], preferLocalBuild = false, inputs: named, retryAtMs = 0 } of steps) {
    const paths = named.map((input) => (typeof input === 'number' ? steps[input]!.drvPath : input));
    const known = inputs.get(drvPath);
    if (known) {
      for (const path of paths) known.push(path);
      continue;
    }
    inputs.set(drvPath, paths);
    specs.push({ drvPath, system, features, preferLocalBuild, inputs: paths, retryAtMs });
  }
  return specs;
};

import type { ResolvedInput } from '#domain';
import { storable } from './describe.js';

/** Bytes that the inputs of one evaluation may take in its event. */
const MAX_BYTES = 150 * 1024;
const MAX_VALUE = 200;

/** The inputs as one event can hold them: long values, which only texts and expressions have, are cut where all are too long. */
export const boundedInputs = (inputs: readonly ResolvedInput[]): readonly ResolvedInput[] =>
  Buffer.byteLength(JSON.stringify(inputs)) <= MAX_BYTES
    ? inputs
    : inputs.map((input) =>
        input.value.length <= MAX_VALUE ? input : { ...input, value: storable(`${input.value.slice(0, MAX_VALUE)}…`) },
      );

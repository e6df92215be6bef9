import type { ResolvedInput } from '#domain';
import { boundedInputs } from './resolved-inputs.js';

const input = (length: number): ResolvedInput => ({ name: 'i', type: 'string', value: '\u{1F600}'.repeat(length) });

describe('the inputs that an evaluation records', () => {
  it('are whole where one event can hold them', () => {
    const inputs = [input(100), input(10_000)];
    expect(boundedInputs(inputs)).toBe(inputs);
  });
  it('are cut where it cannot', () => {
    const inputs = Array.from({ length: 100 }, () => input(10_000));
    const bounded = boundedInputs(inputs);
    expect(bounded).toHaveLength(100);
    expect(Buffer.byteLength(JSON.stringify(bounded))).toBeLessThan(150 * 1024);
    expect(bounded[0]!.value.endsWith('…')).toBe(true);
  });
});

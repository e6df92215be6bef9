import { hostMemoryMb, memoryBudgetMb } from './memory-budget.js';

describe('the memory of an evaluator', () => {
  it('is what is configured where the host has room for all', () => {
    expect(memoryBudgetMb(4096, 4, 64_000)).toBe(4096);
  });
  it('is its part of the host where it has not', () => {
    expect(memoryBudgetMb(4096, 4, 8_000)).toBe(1600);
  });
  it('is never too little to work', () => {
    expect(memoryBudgetMb(4096, 100, 2_000)).toBe(256);
  });
  it('is taken of the host that this is', () => {
    expect(hostMemoryMb()).toBeGreaterThan(256);
  });
});

import { wantedDuties } from './arguments.js';

const known = ['evaluator', 'queue-builds', 'queue-runner'];

describe('the duties of a worker', () => {
  it('are all of them unless some are picked', () => {
    expect(wantedDuties([], known)).toEqual(known);
    expect(wantedDuties(['--duties', 'queue-runner,evaluator'], known)).toEqual(['evaluator', 'queue-runner']);
    expect(wantedDuties(['--duties=queue-builds'], known)).toEqual(['queue-builds']);
  });
  it('are refused by name where there is none of that name', () => {
    expect(() => wantedDuties(['--duties', 'evaluator,evalator'], known)).toThrow(
      'there is no duty "evalator"; duties are evaluator, queue-builds, queue-runner',
    );
    expect(() => wantedDuties(['--duties', ''], known)).toThrow('there is no duty ""');
    expect(() => wantedDuties(['--duties'], known)).toThrow('--duties needs a list');
    expect(() => wantedDuties(['evaluator'], known)).toThrow('unknown argument "evaluator"');
  });
});

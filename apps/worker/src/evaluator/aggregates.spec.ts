import { jobsByDerivation } from './aggregates.js';

describe('the job that a constituent is', () => {
  it('is the one with the shortest name of that derivation, then the first by letters', () => {
    const names = jobsByDerivation([
      ['longer', '/1'],
      ['bb', '/1'],
      ['ab', '/1'],
      ['other', '/2'],
    ]);
    expect(Object.fromEntries(names)).toEqual({ '/1': 'ab', '/2': 'other' });
  });
});

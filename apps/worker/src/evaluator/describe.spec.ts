import fc from 'fast-check';
import type { EvaluatedJob } from '#nix';
import { describeJob, MAX_ERROR, MAX_MAINTAINERS, MAX_TEXT, shortError } from './describe.js';

const job: EvaluatedJob = {
  attr: 'a',
  nixName: 'a-1',
  system: 'x86_64-linux',
  drvPath: '/s/a.drv',
  outputs: { out: '/s/a' },
  description: 'd',
  homepage: 'h',
  license: 'l',
  maintainers: ['m@example.org'],
  schedulingPriority: 100,
  timeout: 36_000,
  maxSilent: 3600,
  isChannel: false,
  aggregate: null,
};

describe('what a job says of itself', () => {
  it('is taken as it is where it is of reasonable size', () => {
    expect(describeJob(job)).toEqual({
      description: {
        nixName: 'a-1',
        system: 'x86_64-linux',
        description: 'd',
        homepage: 'h',
        license: 'l',
        maintainers: ['m@example.org'],
        priority: 100,
        timeout: 36_000,
        maxSilent: 3600,
        isChannel: false,
      },
      warnings: [],
    });
  });

  it('is cut where it is too long, and each cut is told', () => {
    const { description, warnings } = describeJob({
      ...job,
      description: 'x'.repeat(5000),
      maintainers: Array<string>(200).fill('m'),
    });
    expect(description.description).toBe('x'.repeat(MAX_TEXT));
    expect(description.maintainers).toHaveLength(MAX_MAINTAINERS);
    expect(warnings).toEqual([
      'warning: meta.maintainers has 200 entries; the first 100 are kept',
      'warning: meta.description has 5000 characters; the first 2000 are kept',
    ]);
  });

  it('never holds half a character or a NUL, and no text over its bound, whatever the derivation says', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('a', '\0', '\u{1F600}', '\uD83D', 'é'), { maxLength: 2 * MAX_TEXT }),
        (parts) => {
          const { description } = describeJob({ ...job, description: parts.join('') }).description;
          expect(Buffer.from(description).toString()).toBe(description);
          expect(description).not.toContain('\0');
          expect(description.length).toBeLessThanOrEqual(MAX_TEXT);
        },
      ),
    );
  });

  it('keeps the beginning and the end of a long error', () => {
    const short = shortError(`first${'.'.repeat(50_000)}last`);
    expect(short.length).toBeLessThan(MAX_ERROR + 10);
    expect(short).toMatch(/^first.*last$/s);
  });
});

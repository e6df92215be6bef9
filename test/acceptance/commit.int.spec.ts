import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { demoJobset } from '../../apps/cli/src/demo/environment.js';
import { isComplete, readRelease } from '../../apps/cli/src/demo/release.js';
import { startTestFarm, type TestFarm } from './farm.js';
import { until } from './until.js';

const release = (word: string): string => `
{ src, flag, list, word }:
{
  said = derivation {
    name = "said"; system = builtins.currentSystem; builder = "/bin/sh";
    args = [ "-c" "echo ${word} \${word} \${if flag then "yes" else "no"} \${toString (builtins.length list)} \${src.shortRev} > $out" ];
  };
}
`;

const evaluation = z.looseObject({
  jobsetevalinputs: z.record(z.string(), z.looseObject({ revision: z.string().nullish() })),
});

describe('a jobset over a git repository', () => {
  let farm: TestFarm;
  let repository: string;

  const git = (...args: string[]): string =>
    execFileSync('git', ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.org', ...args], {
      cwd: repository,
      encoding: 'utf8',
    }).trim();

  const commit = (word: string): string => {
    writeFileSync(join(repository, 'release.nix'), release(word));
    git('add', '.');
    git('commit', '-qm', word);
    return git('rev-parse', 'HEAD');
  };

  const wholeAt = (revision: string) =>
    until(
      `the evaluation of ${revision}`,
      async () => {
        const progress = await readRelease(farm.api, 'demo', 'commits');
        if (progress === null || !isComplete(progress)) return undefined;
        const { jobsetevalinputs } = await farm.api.get(`/eval/${progress.evaluationId}`, evaluation);
        return jobsetevalinputs['src']?.revision === revision && progress;
      },
      { timeoutMs: 30_000 },
    );

  beforeAll(async () => {
    farm = await startTestFarm();
    repository = join(farm.dir, 'repository');
    mkdirSync(repository);
    git('init', '-q', '-b', 'trunk');
  }, 180_000);

  afterAll(async () => farm?.stop(), 60_000);

  it('is evaluated when it is created, and again by itself when a commit arrives', async () => {
    const first = commit('one');
    const input = (type: string, value: string) => ({ type, value, emailresponsible: false });
    await farm.api.send('PUT', '/jobset/demo/commits', {
      ...demoJobset(''),
      checkinterval: 1,
      inputs: {
        src: input('git', `file://${repository} trunk`),
        flag: input('boolean', 'true'),
        list: input('nix', '[ 1 2 3 ]'),
        word: input('string', 'hello "world" $HOME'),
      },
    });
    const before = await wholeAt(first);
    expect(before.builds).toMatchObject([{ job: 'said', buildstatus: 0 }]);
    const second = commit('two');
    const after = await wholeAt(second);
    expect(after.evaluationId).toBeGreaterThan(before.evaluationId);
    expect(after.builds[0]?.id).not.toBe(before.builds[0]?.id);
  }, 90_000);

  it('says what is wrong when its branch is gone, and goes on when it is back', async () => {
    git('branch', '-m', 'trunk', 'elsewhere');
    const jobset = z.looseObject({ fetcherrormsg: z.string().nullish() });
    const error = await until(
      'the fetch error',
      async () => (await farm.api.get('/jobset/demo/commits', jobset)).fetcherrormsg || undefined,
    );
    expect(error).toMatch(/src.*trunk/s);
    git('branch', '-m', 'elsewhere', 'trunk');
    const third = commit('three');
    await wholeAt(third);
    expect((await farm.api.get('/jobset/demo/commits', jobset)).fetcherrormsg ?? '').toBe('');
  }, 90_000);
});

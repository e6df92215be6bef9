import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { demoJobset } from '../../apps/cli/src/demo/environment.js';
import { startTestFarm, type TestFarm } from './farm.js';
import { until } from './until.js';

const JOBS = 5_000;

const many = `
builtins.listToAttrs (map (n: {
  name = "job-\${toString n}";
  value = derivation {
    name = "many-\${toString n}"; system = builtins.currentSystem; builder = "/bin/sh"; args = [ "-c" "echo \${toString n} > $out" ];
  };
}) (builtins.genList (n: n) ${JOBS})) // { bad = throw "this one job is broken"; }
`;

const evaluations = z.looseObject({ evals: z.array(z.looseObject({ id: z.number() })) });
const jobset = z.looseObject({ errormsg: z.string().nullish(), fetcherrormsg: z.string().nullish() });

describe('an evaluation of 5,000 jobs beside broken jobsets', () => {
  let farm: TestFarm;
  let id = 0;

  beforeAll(async () => {
    farm = await startTestFarm();
    writeFileSync(join(farm.dir, 'source/many.nix'), many);
    writeFileSync(join(farm.dir, 'source/no-parse.nix'), '{ a = ');
    writeFileSync(join(farm.dir, 'source/throws.nix'), 'throw "nothing to see here"');
    const { inputs, ...base } = demoJobset(join(farm.dir, 'source'));
    const src = (inputs as Record<string, unknown>)['src'];
    const create = (name: string, nixexprpath: string, value: unknown = src) =>
      farm.api.send('PUT', `/jobset/demo/${name}`, { ...base, nixexprpath, inputs: { src: value } });
    await create('no-parse', 'no-parse.nix');
    await create('throws', 'throws.nix');
    await create('no-source', 'release.nix', { type: 'path', value: '/nowhere/at/all', emailresponsible: false });
    await create('many', 'many.nix');
    await farm.api.send('POST', '/api/push?jobsets=demo:many,demo:no-parse,demo:throws,demo:no-source', {});
  }, 180_000);

  afterAll(async () => farm?.stop(), 60_000);

  it('shows how far it is while it runs', async () => {
    const page = await until('jobs found so far', async () => {
      const response = await fetch(`${farm.farm.url}/jobset/demo/many`, { headers: { accept: 'text/html' } });
      const text = await response.text();
      return /evaluat/i.test(text) && /[1-9][\d,  ]*jobs/.test(text) && text;
    });
    expect(page).toMatch(/[1-9][\d,  ]*jobs/);
  }, 60_000);

  it.each([
    ['no-parse', 'errormsg', /syntax error/],
    ['throws', 'errormsg', /nothing to see here/],
    ['no-source', 'fetcherrormsg', /src.*\/nowhere\/at\/all|\/nowhere\/at\/all/s],
  ] as const)(
    'records what is wrong with the jobset %s',
    async (name, field, cause) => {
      const found = await until(`the error of ${name}`, async () => {
        const answer = await farm.api.get(
          name === 'no-source' ? `/jobset/demo/${name}` : `/jobset/demo/${name}/errors`,
          jobset,
        );
        return Boolean(answer[field]) && answer;
      });
      expect(found[field]).toMatch(cause);
    },
    60_000,
  );

  it('is whole, with the one broken job recorded', async () => {
    id = await until(
      'the evaluation',
      async () => (await farm.api.get('/jobset/demo/many/evals', evaluations)).evals[0]?.id,
      {
        timeoutMs: 150_000,
      },
    );
    const { builds } = await farm.api.get(`/eval/${id}`, z.looseObject({ builds: z.array(z.number()) }));
    expect(builds).toHaveLength(JOBS);
    const errors = await farm.api.get(`/eval/${id}/errors`, z.unknown());
    expect(JSON.stringify(errors)).toContain('this one job is broken');
  }, 180_000);

  it('has pages that answer, whose times are printed', async () => {
    const pages = ['/', '/project/demo', '/jobset/demo/many', `/eval/${id}`, '/queue', `/eval/${id}/builds`];
    const lines: string[] = [];
    for (const page of pages) {
      const accept = page.endsWith('/builds') ? 'application/json' : 'text/html';
      const times: number[] = [];
      for (let i = 0; i < 9; i += 1) {
        const start = performance.now();
        const response = await fetch(farm.farm.url + page, { headers: { accept } });
        await response.arrayBuffer();
        times.push(performance.now() - start);
        expect(response.status).toBe(200);
      }
      lines.push(`${page}: median ${times.sort((a, b) => a - b)[4]!.toFixed(0)} ms`);
    }
    process.stdout.write(`pages beside ${JOBS} queued builds that are being built\n  ${lines.join('\n  ')}\n`);
  }, 60_000);
});

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { demoJobset } from '../../apps/cli/src/demo/environment.js';
import { startTestFarm, type TestFarm } from './farm.js';
import { faultsOf, ofType, readHistory } from './history.js';
import { until } from './until.js';

const slow = `
builtins.listToAttrs (map (n: {
  name = "slow-\${toString n}";
  value = derivation {
    name = "slow-\${toString n}"; system = builtins.currentSystem; builder = "/bin/sh"; args = [ "-c" "PATH=/bin:/usr/bin; sleep 600" ];
  };
}) (builtins.genList (n: n) 20))
`;

describe('a jobset that is deleted while its builds run', () => {
  let farm: TestFarm;
  beforeAll(async () => {
    farm = await startTestFarm();
    writeFileSync(join(farm.dir, 'source/slow.nix'), slow);
  }, 180_000);
  afterAll(async () => farm?.stop(), 60_000);

  it('takes its builds with it, those that run too', async () => {
    await farm.api.send('PUT', '/jobset/demo/slow', {
      ...demoJobset(join(farm.dir, 'source')),
      nixexprpath: 'slow.nix',
      inputs: {
        src: { type: 'path', value: join(farm.dir, 'source'), emailresponsible: false },
      },
    });
    await farm.api.send('POST', '/api/push?jobsets=demo:slow', {});
    const history = () => readHistory(farm.farm.databaseUrl);
    await until('a running step', async () => ofType(await history(), 'BuildStepStarted').length > 0);
    await farm.api.send('DELETE', '/jobset/demo/slow', {});
    const events = await until('the end of everything', async () => {
      const all = await history();
      const ended = ofType(all, 'BuildStepCompleted').length;
      return (
        ofType(all, 'BuildCancelled').length === 20 &&
        ended > 0 &&
        ended === ofType(all, 'BuildStepStarted').length &&
        all
      );
    });
    expect(new Set(ofType(events, 'BuildStepCompleted').map(({ status }) => status))).toEqual(new Set(['cancelled']));
    expect(faultsOf(events).filter((fault) => fault.includes('slot'))).toEqual([]);
    expect(await farm.api.get('/queue', z.array(z.unknown()))).toEqual([]);
  }, 90_000);
});

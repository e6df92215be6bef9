import type { FoundJob, JobDescription } from '#domain';
import { addToBaseline, createReusePlanner, type Evaluated } from './reuse.js';

const description = { nixName: 'n' } as JobDescription;
const job = (name: string, out: string, drvPath = `/s/${out}.drv`): Evaluated => ({
  job: name,
  drvPath,
  outputs: { out },
  description,
});
const baselineOf = (...jobs: readonly FoundJob[]) => {
  const baseline = new Map<string, { buildId: number; drvPath: string }>();
  addToBaseline(baseline, jobs);
  return baseline;
};
const before = (name: string, out: string, buildId: number, drvPath = `/s/${out}.drv`): FoundJob => ({
  job: name,
  drvPath,
  outputs: { out },
  buildId,
});

describe('which builds are new', () => {
  it('are all of them where there was no evaluation before', () => {
    const planner = createReusePlanner(new Map());
    expect(planner.plan(job('a', 'x'))).toEqual({ job: 'a', drvPath: '/s/x.drv', outputs: { out: 'x' }, description });
    expect(planner.result()).toEqual({ jobs: 1, newBuilds: 1, hasNewBuilds: true });
  });

  it('are those whose job or first output differs; the others keep their build', () => {
    const planner = createReusePlanner(baselineOf(before('a', 'x', 1), before('b', 'y', 2)));
    expect(planner.plan(job('a', 'x'))).toEqual({ job: 'a', drvPath: '/s/x.drv', outputs: { out: 'x' }, buildId: 1 });
    expect(planner.plan(job('b', 'z'))?.buildId).toBeUndefined();
    expect(planner.plan(job('c', 'x'))?.buildId).toBeUndefined();
    expect(planner.result()).toEqual({ jobs: 3, newBuilds: 2, hasNewBuilds: true });
  });

  it('a reused build whose derivation changed is marked to be built again', () => {
    const planner = createReusePlanner(baselineOf(before('a', 'x', 1, '/s/old.drv')));
    expect(planner.plan(job('a', 'x', '/s/new.drv'))).toEqual({
      job: 'a',
      drvPath: '/s/new.drv',
      outputs: { out: 'x' },
      buildId: 1,
      replacesDrv: true,
    });
    expect(planner.result().hasNewBuilds).toBe(false);
  });

  it('the first output is the first by name', () => {
    const planner = createReusePlanner(
      baselineOf({ job: 'a', drvPath: '/s/x.drv', outputs: { dev: 'd', out: 'x' }, buildId: 1 }),
    );
    expect(
      planner.plan({ job: 'a', drvPath: '/s/x.drv', outputs: { out: 'other', dev: 'd' }, description })?.buildId,
    ).toBe(1);
  });

  it('where outputs are not known before the build, the derivation decides', () => {
    const unknown = { job: 'a', drvPath: '/s/x.drv', outputs: { out: '' } };
    const planner = createReusePlanner(baselineOf({ ...unknown, buildId: 1 }));
    expect(planner.plan({ ...unknown, description })?.buildId).toBe(1);
    const other = createReusePlanner(baselineOf({ ...unknown, buildId: 1 }));
    expect(other.plan({ ...unknown, drvPath: '/s/y.drv', description })?.buildId).toBeUndefined();
  });

  it('a job that comes twice counts once', () => {
    const planner = createReusePlanner(new Map());
    planner.plan(job('a', 'x'));
    expect(planner.plan(job('a', 'x'))).toBeUndefined();
    expect(planner.result()).toEqual({ jobs: 1, newBuilds: 1, hasNewBuilds: true });
  });

  it('fewer jobs than before is news, as many is none', () => {
    const baseline = baselineOf(before('a', 'x', 1), before('b', 'y', 2));
    const fewer = createReusePlanner(baseline);
    fewer.plan(job('a', 'x'));
    expect(fewer.result()).toEqual({ jobs: 1, newBuilds: 0, hasNewBuilds: true });
    const same = createReusePlanner(baseline);
    same.plan(job('a', 'x'));
    same.plan(job('b', 'y'));
    expect(same.result()).toEqual({ jobs: 2, newBuilds: 0, hasNewBuilds: false });
  });
});

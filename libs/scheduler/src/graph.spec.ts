import fc from 'fast-check';
import { Graph } from './graph.js';
import type { QueuedBuild, Step, StepSpec } from './step.js';

const build = (buildId: number, drvPath: string, more: Partial<QueuedBuild> = {}): QueuedBuild => ({
  buildId,
  drvPath,
  jobsetId: 1,
  globalPriority: 0,
  localPriority: 100,
  ...more,
});
const spec = (drvPath: string, inputs: string[] = []): StepSpec => ({
  drvPath,
  inputs,
  system: 's',
  features: [],
  preferLocalBuild: false,
  retryAtMs: 0,
});
const runnable = (graph: Graph): string[] =>
  [...graph.steps.values()].filter(({ phase }) => phase === 'runnable').map(({ drvPath }) => drvPath);
const diamond = [spec('top', ['left', 'right']), spec('left', ['base']), spec('right', ['base']), spec('base')];

describe('the union graph', () => {
  it('holds a derivation once, however many builds need it', () => {
    const graph = new Graph();
    graph.addBuild(build(1, 'top'), diamond);
    graph.addBuild(build(2, 'left', { jobsetId: 2 }), [spec('left', ['base']), spec('base')]);
    expect(graph.size).toEqual({ builds: 2, steps: 4 });
    expect([...graph.steps.get('base')!.jobsetIds]).toEqual([1, 2]);
    expect(graph.buildsOf(graph.steps.get('base')!)).toEqual({ direct: [], dependent: [1, 2] });
    expect(graph.buildsOf(graph.steps.get('left')!)).toEqual({ direct: [2], dependent: [1] });
  });

  it('lets a step run once all its inputs are there', () => {
    const graph = new Graph();
    graph.addBuild(build(1, 'top'), diamond);
    expect(runnable(graph)).toEqual(['base']);
    graph.succeed(graph.steps.get('base')!);
    expect(runnable(graph)).toEqual(['left', 'right']);
    graph.succeed(graph.steps.get('left')!);
    expect(runnable(graph)).toEqual(['right']);
    graph.succeed(graph.steps.get('right')!);
    expect(graph.succeed(graph.steps.get('top')!)).toEqual([1]);
    expect(graph.size).toEqual({ builds: 0, steps: 0 });
    expect(graph.runnable.size).toBe(0);
  });

  it('drops what only a removed build needed, and tells of what of it runs', () => {
    const graph = new Graph();
    graph.addBuild(build(1, 'top', { localPriority: 500, globalPriority: 3 }), diamond);
    graph.addBuild(build(2, 'base', { jobsetId: 2 }), []);
    graph.start(graph.steps.get('base')!);
    expect(graph.removeBuilds([1])).toEqual([]);
    const base = graph.steps.get('base')!;
    expect(base).toMatchObject({ phase: 'running', localPriority: 100, globalPriority: 0, lowestBuildId: 2 });
    expect([...base.jobsetIds]).toEqual([2]);
    expect(graph.size).toEqual({ builds: 1, steps: 1 });
    expect(graph.removeBuilds([2]).map(({ drvPath }) => drvPath)).toEqual(['base']);
    expect(graph.size).toEqual({ builds: 0, steps: 0 });
  });

  it('refuses a step whose input nobody knows', () => {
    expect(() => new Graph().addBuild(build(1, 'top'), [spec('top', ['missing'])])).toThrow(/missing/);
  });

  it('after any adds, bumps, builds and removals equals what the builds that are left say', () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
    const edges = fc.tuple(...names.map((_, i) => fc.subarray(names.slice(0, i))));
    const act = fc.record({
      what: fc.constantFrom('add', 'add', 'add', 'bump', 'remove', 'succeed'),
      pick: fc.nat(1000),
      jobsetId: fc.integer({ min: 1, max: 3 }),
      localPriority: fc.integer({ min: 1, max: 3 }),
    });
    fc.assert(
      fc.property(edges, fc.array(act, { maxLength: 30 }), (inputs, acts) => {
        const graph = new Graph();
        const done = new Set<string>();
        const left = new Map<number, QueuedBuild>();
        const closure = (top: string): string[] => {
          const seen = new Set([top]);
          for (const each of seen) for (const next of inputs[names.indexOf(each)]!) if (!done.has(next)) seen.add(next);
          return [...seen];
        };
        const specs = (top: string): StepSpec[] =>
          closure(top).map((name) =>
            spec(
              name,
              inputs[names.indexOf(name)]!.filter((each) => !done.has(each)),
            ),
          );
        acts.forEach(({ what, pick, ...more }, time) => {
          const ids = [...left.keys()];
          const id = ids[pick % ids.length];
          if (what === 'add') {
            const top = names[pick % names.length]!;
            if (done.has(top)) return;
            const wanted = build(time + 1, top, more);
            left.set(wanted.buildId, wanted);
            graph.addBuild(wanted, specs(top));
          } else if (what === 'bump' && id !== undefined) {
            left.set(id, { ...left.get(id)!, globalPriority: time + 1 });
            graph.bump(id, time + 1);
          } else if (what === 'remove' && id !== undefined) {
            left.delete(id);
            graph.removeBuilds([id]);
          } else if (what === 'succeed') {
            const ready = runnable(graph);
            const step = graph.steps.get(ready[pick % ready.length]!);
            if (step === undefined) return;
            done.add(step.drvPath);
            graph.start(step);
            for (const direct of graph.succeed(step)) left.delete(direct);
          }
        });
        const expected = new Map<string, Partial<Step>>();
        for (const [id, { drvPath, jobsetId, ...rank }] of left)
          for (const name of closure(drvPath)) {
            const old = expected.get(name);
            expected.set(name, {
              globalPriority: Math.max(old?.globalPriority ?? 0, rank.globalPriority),
              localPriority: Math.max(old?.localPriority ?? 0, rank.localPriority),
              lowestBuildId: Math.min(old?.lowestBuildId ?? Infinity, id),
              jobsetIds: new Set([...(old?.jobsetIds ?? []), jobsetId]),
            });
          }
        expect([...graph.steps.keys()].sort()).toEqual([...expected.keys()].sort());
        for (const [name, wanted] of expected) expect(graph.steps.get(name)).toMatchObject(wanted);
        const ready = [...expected.keys()].filter((name) => closure(name).length === 1);
        expect(runnable(graph).sort()).toEqual(ready.sort());
        expect(graph.runnable.size).toBe(ready.length);
      }),
      { numRuns: 500 },
    );
  });
});

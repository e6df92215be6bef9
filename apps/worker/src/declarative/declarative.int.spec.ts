import { setTimeout as wait } from 'node:timers/promises';
import { createIdSequences } from '#coordination';
import { isRejection, jobset, type JobsetState, jobsetStream, project, type ProjectConfiguration } from '#domain';
import { commandHandler } from '#event-store';
import { getJobset } from '#read-model';
import { silentLogger, systemClock, uuidv4 } from '#runtime';
import { createEvaluatorFarm, type EvaluatorFarm, PRELUDE } from '../../testing/evaluator-farm.js';
import type { DutyContext } from '../duty.js';
import { readState } from '../shared/apply-specification.js';
import { react } from '../shared/react.js';
import { declare } from './declare.js';
import { DECLARATIVE_EVENTS } from './declarative.duty.js';
import { applyGenerated } from './generated.js';

const PROJECT: ProjectConfiguration = {
  displayName: 'p',
  description: '',
  homepage: '',
  owner: 'u1',
  enabled: true,
  hidden: false,
  enableDynamicRunCommand: false,
};
const DECLARATION = '.jobsets';

describe('a declarative project', () => {
  let farm: EvaluatorFarm;
  const closing = new AbortController();
  let reacting: Promise<void>;
  beforeAll(async () => {
    farm = await createEvaluatorFarm();
    farm.evaluator();
    const { nextJobsetId } = createIdSequences(farm.database.pool);
    const context = {
      store: farm.store,
      database: farm.database.pool,
      clock: systemClock,
      logger: silentLogger(),
      nextJobsetId,
      nix: farm.nix.settings,
    };
    reacting = react(
      context as unknown as DutyContext,
      {
        name: 'declarative',
        types: DECLARATIVE_EVENTS,
        handle: (event) =>
          event.type.startsWith('Project') ? declare(context, event) : applyGenerated(context, event),
      },
      closing.signal,
    );
  });
  afterAll(async () => {
    closing.abort();
    await reacting;
    await farm.close();
  });

  const change = async (configuration: Partial<ProjectConfiguration>): Promise<void> => {
    const commandId = uuidv4();
    const outcome = await commandHandler(farm.store, project)(
      'project-p',
      { type: 'ChangeProject', at: systemClock.iso(), data: { configuration: { ...PROJECT, ...configuration } } },
      {
        commandId,
        actor: { kind: 'user', id: 'u1' },
        via: 'rest',
        correlationId: commandId,
        causationId: commandId,
      },
    );
    expect(isRejection(outcome)).toBe(false);
  };
  const state = (name: string): Promise<JobsetState> => readState(farm.store, jobset, jobsetStream('p', name));
  const until = async (what: string, is: () => Promise<boolean>): Promise<void> => {
    for (let waited = 0; waited < 30_000; waited += 50, await wait(50)) if (await is()) return;
    throw new Error(`it never came to pass that ${what}`);
  };
  const applied = (count: number) =>
    until(`${count} specifications are applied`, async () => {
      const events = await farm.events(DECLARATION);
      return events.filter(({ type }) => type === 'SpecificationApplied').length >= count;
    });
  const src = (dir: string) => ({ src: { type: 'path', value: dir } });
  let dir: string;
  const spec = (content: unknown) => farm.files('spec', { 'spec.json': JSON.stringify(content) });

  it('has its jobsets as a file says: those of it are created and evaluated, others disabled and hidden', async () => {
    await farm.jobset('by-hand', `let ${PRELUDE} in { a = job "by-hand"; }`);
    const source = await farm.files('declared', {
      'release.nix': `{ src }: let ${PRELUDE} in { a = job "declared"; }`,
    });
    dir = await spec({
      main: { enabled: 1, nixexprinput: 'src', nixexprpath: 'release.nix', checkinterval: 60, inputs: src(source) },
      release: { enabled: 2, nixexprinput: 'src', nixexprpath: 'release.nix', keepnr: 9, inputs: src(source) },
      flaky: { type: 1, flake: 'path:/nowhere', enabled: 0, description: 'of a flake' },
      odd: { nixexprs: 'release.nix', enabled: 1 },
    });
    await change({ declarative: { file: 'spec.json', type: 'path', value: dir } });
    await applied(1);
    const event = (await farm.events(DECLARATION)).find(({ type }) => type === 'SpecificationApplied')!;
    expect(event).toMatchObject({
      data: {
        jobsets: ['flaky', 'main', 'odd', 'release'],
        problems: ["jobset 'odd': 'nixexprs' is no field of it"],
      },
      metadata: { actor: { kind: 'system', id: 'evaluator' } },
    });
    expect(await state('main')).toMatchObject({
      status: 'present',
      configuration: { mode: 'enabled', checkInterval: 60, keepEvaluations: 3, shares: 100 },
    });
    expect(await state('flaky')).toMatchObject({
      configuration: { mode: 'disabled', source: { type: 'flake', url: 'path:/nowhere' }, description: 'of a flake' },
    });
    expect(await state('odd')).toMatchObject({ status: 'absent' });
    expect(await state('by-hand')).toMatchObject({ configuration: { mode: 'disabled', hidden: true } });
    expect(await farm.ended('main', 1)).toMatchObject({ type: 'EvaluationRan' });
    expect(await farm.ended('release', 1)).toMatchObject({ type: 'EvaluationRan' });
    await farm.projected();
    const shown = await getJobset(farm.database.pool, 'p', DECLARATION);
    expect(shown).toMatchObject({ declaredBy: 'spec.json', errorMsg: "jobset 'odd': 'nixexprs' is no field of it" });
    expect(shown?.runningEvaluationId).toBeNull();
  });

  it('does not read the same again, and never arms a one-shot again that had its evaluation', async () => {
    await farm.trigger(DECLARATION);
    expect(await farm.ended(DECLARATION, 2)).toMatchObject({ type: 'EvaluationSkipped' });
    await farm.trigger(DECLARATION, true);
    await applied(2);
    expect(await state('release')).toMatchObject({ configuration: { mode: 'disabled' }, spent: true });
    expect((await farm.events('release')).filter(({ type }) => type === 'EvaluationRan')).toHaveLength(1);
    expect((await farm.events('main')).filter(({ type }) => type === 'JobsetConfigured')).toHaveLength(0);
  });

  it('says what is wrong with the file, and leaves the jobsets as they were', async () => {
    await farm.files('spec', { 'spec.json': '{ "main": ' });
    await farm.trigger(DECLARATION);
    expect(await farm.ended(DECLARATION, 4)).toMatchObject({
      type: 'EvaluationFailed',
      data: { kind: 'evaluation', error: expect.stringContaining("specification 'spec.json': it is no JSON") },
    });
    expect(await state('main')).toMatchObject({ configuration: { mode: 'enabled', hidden: false } });
  });

  it('has its jobsets as the output of a build says, where the file tells how to make them', async () => {
    const made = JSON.stringify({
      staging: { enabled: 0, nixexprinput: 'src', nixexprpath: 'x.nix', inputs: src(dir) },
    });
    const expression = `{ declInput, projectName, ... }: let ${PRELUDE} in {
      jobsets = mk "spec.json" ("echo '" + builtins.replaceStrings [ "staging" ] [ "staging-of-\${projectName}" ] ${JSON.stringify(made)} + "' > $out"); }`;
    await farm.files('spec', {
      'make.nix': expression,
      'spec.json': JSON.stringify({
        enabled: 1,
        nixexprinput: 'here',
        nixexprpath: 'make.nix',
        schedulingshares: 7,
        inputs: { here: { type: 'path', value: dir } },
      }),
    });
    await farm.trigger(DECLARATION);
    const ran = await farm.ended(DECLARATION, 5);
    expect(ran).toMatchObject({ type: 'EvaluationRan', data: { jobs: 1, expression: { path: 'make.nix' } } });
    expect(await state(DECLARATION)).toMatchObject({
      configuration: { shares: 7, source: { type: 'declarative', file: 'spec.json' } },
    });
    const [job] = await farm.jobs(ran.data.evaluationId);
    await farm.build(job!.buildId);
    await farm.nix.nixStore('--realise', job!.drvPath);
    await farm.finish(job!.buildId);
    await applied(3);
    expect((await farm.events(DECLARATION)).findLast(({ type }) => type === 'SpecificationApplied')).toMatchObject({
      data: { buildId: job!.buildId, jobsets: ['staging-of-p'], problems: [] },
      metadata: { actor: { kind: 'system', id: 'declarative' } },
    });
    expect(await state('staging-of-p')).toMatchObject({ status: 'present' });
    expect(await state('main')).toMatchObject({ configuration: { mode: 'disabled', hidden: true } });
  });

  it('takes no other job than the one that makes the specification', async () => {
    await farm.files('spec', { 'make.nix': `{ ... }: let ${PRELUDE} in { jobsets = job "one"; more = job "two"; }` });
    const before = (await farm.events(DECLARATION)).filter(({ type }) =>
      ['EvaluationRan', 'EvaluationSkipped', 'EvaluationFailed'].includes(type),
    ).length;
    const ends = async () =>
      (await farm.events(DECLARATION)).filter(({ type }) => type === 'EvaluationFailed').at(-1)?.data as
        { error: string } | undefined;
    await farm.trigger(DECLARATION);
    await until('the evaluation fails', async () => (await ends())?.error.includes("'more'") ?? false);
    expect(before).toBeGreaterThan(0);
  });

  it('keeps its jobsets when it is declarative no more; only the reader of the specification goes', async () => {
    await change({});
    await until('.jobsets is gone', async () => (await state(DECLARATION)).status === 'deleted');
    expect(await state('staging-of-p')).toMatchObject({ status: 'present' });
    await farm.projected();
    expect(await getJobset(farm.database.pool, 'p', 'staging-of-p')).toMatchObject({ declaredBy: null });
  });
});

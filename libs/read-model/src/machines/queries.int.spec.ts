import { type DomainEvent, machineStream, type Metadata } from '#domain';
import { createTestDatabase, type TestDatabase } from '../../../../test/stack/postgres.js';
import { examples, machineConfiguration } from '../../../domain/testing/examples.js';
import { recorded } from '../../testing/log-in-memory.js';
import { projectEvents } from '../../testing/read-model.js';
import { BEGIN, Story } from '../../testing/story.js';
import { getMachine, listMachines } from '../index.js';

const by: Partial<Metadata> = { actor: { kind: 'user', id: 'u1' }, reason: 'its disk is full' };

describe('the read model of machines', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
    const story = new Story();
    const tell = (name: string, event: DomainEvent): void => void story.tell(machineStream(name), event);
    const added = (name: string, slots: number, source: 'file' | 'rest' = 'file'): DomainEvent => ({
      type: 'MachineAdded',
      data: { name, source, configuration: { ...machineConfiguration, slots } },
    });
    const failed = {
      name: 'sick',
      error: 'away',
      failures: 2,
      failedAtMs: BEGIN + 9,
      disabledUntilMs: BEGIN + 180_009,
    };
    tell('off', added('off', 1));
    tell('off', { type: 'MachineDisabled', data: { name: 'off' } });
    tell('off', { type: 'MachineChanged', data: { name: 'off', source: 'file', configuration: machineConfiguration } });
    tell('sick', added('sick', 4, 'rest'));
    tell('sick', { type: 'MachineFailed', data: failed });
    tell('well', added('well', 4));
    tell('well', { type: 'MachineFailed', data: { ...failed, name: 'well' } });
    tell('well', { type: 'MachineRecovered', data: { name: 'well' } });
    tell('gone', added('gone', 4));
    tell('gone', { type: 'MachineRemoved', data: { name: 'gone' } });
    const { drvPath, startedAtMs } = examples.BuildStepStarted.data;
    const step = { ...examples.BuildStepStarted.data, machine: 'well' };
    story.tell(`step-${drvPath}`, { type: 'BuildStepStarted', data: { ...step, drvPath: `${drvPath}1` } });
    story.tell(`step-${drvPath}`, { type: 'BuildStepStarted', data: step });
    story.tell(`step-${drvPath}`, {
      type: 'BuildStepCompleted',
      data: { ...examples.BuildStepCompleted.data, machine: 'well', startedAtMs, stoppedAtMs: startedAtMs + 7 },
    });
    for (const [drvPath, stoppedAtMs] of [
      ['/s/a.drv', 5],
      ['/s/b.drv', 7],
      ['/s/c.drv', 9],
    ] as const)
      // prettier-ignore
      story
        .stepStarted(drvPath, 77, { machine: 'off', startedAtMs: BEGIN })
        .stepCompleted(drvPath, 77, {
          ...{ machine: 'off', startedAtMs: BEGIN, stoppedAtMs: BEGIN + stoppedAtMs },
          ...(drvPath === '/s/c.drv' ? {} : { status: 'aborted', error: `${drvPath}: gone` }),
        });
    const events = recorded(story.history).map((event) =>
      event.type === 'MachineDisabled' ? { ...event, metadata: { ...event.metadata, ...by } } : event,
    );
    await projectEvents(database.url, events, 5);
  });
  afterAll(() => database.drop());

  it('lists those that are there, with what they are and why they do not work', async () => {
    const all = await listMachines(database.pool);
    expect(all.map(({ name, source, disabled, failures }) => [name, source, disabled, failures])).toEqual([
      ['off', 'file', true, 0],
      ['sick', 'rest', false, 2],
      ['well', 'file', false, 0],
    ]);
    const [off, sick, well] = all;
    expect(off).toMatchObject({ configuration: machineConfiguration, switchedBy: by.actor, switchedReason: by.reason });
    expect(sick).toMatchObject({ error: 'away', failedAtMs: BEGIN + 9, disabledUntilMs: BEGIN + 180_009, running: 0 });
    expect(well).toMatchObject({ error: 'away', disabledUntilMs: 0, running: 1 });
    expect(well!.lastStoppedAtMs).toBe(examples.BuildStepStarted.data.startedAtMs + 7);
  });

  it('tells which of its attempts came to nothing last', async () => {
    const [off, sick] = await listMachines(database.pool);
    const abort = { buildId: 77, nr: 2, drvPath: '/s/b.drv', stoppedAtMs: BEGIN + 7, error: '/s/b.drv: gone' };
    expect([off!.lastAbort, sick!.lastAbort]).toEqual([abort, null]);
  });

  it('remembers a removed one', async () => {
    expect(await getMachine(database.pool, 'gone')).toMatchObject({ removed: true, revision: 1 });
    expect(await getMachine(database.pool, 'never')).toBeUndefined();
  });
});

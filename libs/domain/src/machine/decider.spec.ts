import { machineConfiguration as configuration } from '../../testing/examples.js';
import { deciderSpec } from '../../testing/given.js';
import { machine, MACHINE_BACK_OFF_MS, type MachineCommand, SAME_FAILURE_MS } from './decider.js';
import type { MachineConfiguration, MachineEvent, MachineSource } from './events.js';

const { given } = deciderSpec(machine);
const name = 'mac1';
const at = '2026-01-02T03:04:05.000Z';
const MINUTE = 60_000;

const event = <T extends MachineEvent['type']>(type: T, more: object = {}): MachineEvent =>
  ({ type, data: { name, ...more } }) as MachineEvent;
const command = <T extends MachineCommand['type']>(type: T, more: object = {}): MachineCommand =>
  ({ type, at, data: { name, ...more } }) as MachineCommand;
const added = (source: MachineSource): MachineEvent => event('MachineAdded', { source, configuration });
const add = (source: MachineSource, change: Partial<MachineConfiguration> = {}): MachineCommand =>
  command('AddMachine', { source, configuration: { ...configuration, ...change } });
const failed = (failures: number, failedAtMs: number, disabledUntilMs: number): MachineEvent =>
  event('MachineFailed', { error: 'away', failures, failedAtMs, disabledUntilMs });
const fail = (failedAtMs: number): MachineCommand => command('FailMachine', { error: 'away', failedAtMs });

describe('a machine', () => {
  it('is added once by people; the file says again what it says, and changes what it changes', () => {
    given().when(add('rest')).then(added('rest'));
    given(added('rest')).when(add('rest')).thenRejected('machine-exists', 'name');
    given(added('file')).when(add('file')).thenNothing();
    given(added('file'))
      .when(add('file', { slots: 9 }))
      .thenTypes('MachineChanged');
    given(added('rest')).when(add('file')).thenTypes('MachineChanged');
  });

  it('that an administrator changed is not set back by the default', () => {
    given(added('rest')).when(add('default')).thenNothing();
    given(added('file')).when(add('default')).thenTypes('MachineChanged');
  });

  it('of the file is changed and removed there only', () => {
    const change = command('ChangeMachine', { source: 'rest', configuration: { ...configuration, slots: 1 } });
    given(added('file')).when(change).thenRejected('machine-in-file');
    given(added('file'))
      .when(command('RemoveMachine', { source: 'rest' }))
      .thenRejected('machine-in-file');
    given(added('rest')).when(change).thenTypes('MachineChanged');
    given(added('default')).when(change).thenTypes('MachineChanged');
    given(added('rest'))
      .when(command('RemoveMachine', { source: 'rest' }))
      .thenTypes('MachineRemoved');
    given(added('rest'))
      .when(command('RemoveMachine', { source: 'file' }))
      .thenNothing();
    given(added('file'))
      .when(command('RemoveMachine', { source: 'file' }))
      .thenTypes('MachineRemoved');
  });

  it('that is not there can be neither changed, switched nor removed', () => {
    const change = command('ChangeMachine', { source: 'rest', configuration });
    for (const each of [change, command('DisableMachine'), command('EnableMachine')])
      given(added('rest'), event('MachineRemoved')).when(each).thenRejected('machine-not-found', 'name');
    given()
      .when(command('RemoveMachine', { source: 'rest' }))
      .thenRejected('machine-not-found', 'name');
    given()
      .when(command('RemoveMachine', { source: 'file' }))
      .thenNothing();
    given().when(fail(1)).thenNothing();
  });

  it.each([
    ['name', { name: 'a b' }, {}],
    ['name', { name: '-o' }, {}],
    ['uri', {}, { uri: '-oProxyCommand=x' }],
    ['systems', {}, { systems: [] }],
    ['systems', {}, { systems: ['a,b'] }],
    ['slots', {}, { slots: 0 }],
    ['slots', {}, { slots: 1.5 }],
    ['slots', {}, { slots: 1025 }],
    ['speedFactor', {}, { speedFactor: 0 }],
    ['speedFactor', {}, { speedFactor: Number.NaN }],
    ['features', {}, { features: ['a b'] }],
    ['mandatoryFeatures', {}, { mandatoryFeatures: ['\0'] }],
  ])('with a bad %s is refused by name: %j %j', (field, more, change) => {
    const data = { source: 'rest', configuration: { ...configuration, ...change }, ...more };
    given().when(command('AddMachine', data)).thenRejected('invalid-machine', field);
  });

  it('is disabled and enabled once each, and stays disabled through changes and removal', () => {
    given(added('file')).when(command('DisableMachine')).then(event('MachineDisabled'));
    given(added('file'), event('MachineDisabled')).when(command('DisableMachine')).thenNothing();
    given(added('file')).when(command('EnableMachine')).thenNothing();
    const disabled = given(added('file'), event('MachineDisabled'), event('MachineRemoved'), added('file'));
    expect(disabled.state.disabled).toBe(true);
    disabled.when(command('EnableMachine')).then(event('MachineEnabled'));
  });

  it('rests after a failure, each time in a row three times as long, up to 27 minutes', () => {
    const history: MachineEvent[] = [added('file')];
    let now = 0;
    for (const minutes of [1, 3, 9, 27, 27]) {
      const failures = Math.min(history.length, 4);
      const disabledUntilMs = now + minutes * MINUTE;
      given(...history)
        .when(fail(now))
        .then(failed(failures, now, disabledUntilMs));
      history.push(failed(failures, now, disabledUntilMs));
      now = disabledUntilMs;
    }
    expect(MACHINE_BACK_OFF_MS).toBe(MINUTE);
  });

  it('fails once where several of its slots fail together', () => {
    const once = given(added('file'), failed(1, 1000, 61_000));
    once.when(fail(1000 + SAME_FAILURE_MS)).thenNothing();
    once.when(fail(1001 + SAME_FAILURE_MS)).thenTypes('MachineFailed');
  });

  it('is as good as new after it answered, or was enabled or changed by somebody', () => {
    const sick = [added('file'), failed(2, 0, 180_000)];
    given(...sick)
      .when(command('RecoverMachine'))
      .then(event('MachineRecovered'));
    given(added('file')).when(command('RecoverMachine')).thenNothing();
    for (const mended of [
      event('MachineRecovered'),
      event('MachineEnabled'),
      event('MachineChanged', { source: 'file', configuration }),
    ])
      expect(given(...sick, mended).state).toMatchObject({ failures: 0, disabledUntilMs: 0 });
  });
});

import { existsSync } from 'node:fs';
import type { MachineConfiguration } from '#domain';
import { type TestRemote, withRemoteStore } from '../../../../../libs/nix/testing/remote.js';
import { shDerivation, type TestStore, withTestStore } from '../../../../../libs/nix/testing/store.js';
import type { MachineSlot, StepOutcome } from '../machine-slots.js';
import { createRemoteSlots } from './remote-slots.js';

const configuration: MachineConfiguration = {
  uri: 'ssh://other',
  systems: ['x86_64-linux'],
  slots: 2,
  speedFactor: 1,
  features: [],
  mandatoryFeatures: [],
};

describe('slots of another machine', () => {
  let store: TestStore;
  let there: TestRemote;
  beforeAll(async () => {
    store = await withTestStore();
    there = await withRemoteStore(store);
  });
  afterAll(async () => {
    await there.remove();
    await store.remove();
  });

  const request = async (name: string, script: string, onBuilt = (): void => undefined) => ({
    drvPath: (await store.instantiate(shDerivation(name, script)))[0]!,
    limits: { maxSilentSecs: 60, timeoutSecs: 60, maxLogBytes: 0 },
    repeats: 0,
    onLog: () => undefined,
    signal: new AbortController().signal,
    onBuilt,
  });
  const context = () => ({ nix: store.settings, now: () => Date.now() });

  it('share how the machine is reached, and let go of it with the last one', async () => {
    let [reached, removed] = [0, 0];
    const open = createRemoteSlots(async () => {
      reached += 1;
      return { command: there.command, remove: async () => void (removed += 1) };
    });
    const slots = [1, 2].map(() => open({ name: 'other', configuration }, context()));
    const outcomes = await Promise.all(
      slots.map(async (slot, n) => slot.build(await request(`shared-${n}`, 'echo > $out'))),
    );
    expect(outcomes.map(({ kind }) => kind)).toEqual(['succeeded', 'succeeded']);
    await slots[0]!.close();
    expect([reached, removed]).toEqual([1, 0]);
    await slots[1]!.close();
    expect([reached, removed]).toEqual([1, 1]);
  });

  it('are closed when the outputs that they still fetch are here', async () => {
    const open = createRemoteSlots(async () => ({ command: there.command, remove: async () => undefined }));
    const slot: MachineSlot = open({ name: 'other', configuration }, context());
    let closing: Promise<void> | undefined;
    const large = 'dd if=/dev/zero of=$out bs=1M count=32 2>/dev/null';
    const outcome: StepOutcome = await slot.build(await request('closed', large, () => (closing = slot.close())));
    expect(outcome).toMatchObject({ kind: 'succeeded' });
    expect(outcome.machineFault).toBeUndefined();
    expect(existsSync(outcome.outputs.get('out')!.path)).toBe(true);
    await closing;
  });

  it('say of a machine that has no address why it is not used, and try again', async () => {
    let broken = true;
    const open = createRemoteSlots(async () => {
      if (broken) throw new Error('no such key');
      return { command: there.command, remove: async () => undefined };
    });
    const slot = open({ name: 'other', configuration }, context());
    const first = await slot.build(await request('again', 'echo > $out'));
    expect(first).toMatchObject({ kind: 'misc-failure', machineFault: 'no such key', retryable: true });
    broken = false;
    expect(await slot.build(await request('again', 'echo > $out'))).toMatchObject({ kind: 'succeeded' });
    await slot.close();
  });
});

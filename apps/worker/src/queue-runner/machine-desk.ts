import {
  isRejection,
  machine as decider,
  type MachineCommand,
  type MachineConfiguration,
  type MachineSource,
  type MachineState,
  machineStream,
} from '#domain';
import type { Clock, Logger } from '#runtime';
import type { Machines } from '#scheduler';
import type { Journal, Memo } from './journal.js';

export type MachineDeskParts = Readonly<{
  /** as heard from the log */
  machines: Machines;
  journal: Journal;
  /** resolves when all that is in the log now was heard */
  caughtUp: () => Promise<void>;
  clock: Clock;
  logger: Logger;
}>;

/**
 * Says what becomes of machines. What it writes counts when it is heard, like what administrators write: then there is one
 * order for both. Each method resolves once that is so.
 */
export class MachineDesk {
  constructor(private readonly parts: MachineDeskParts) {}

  /**
   * Makes the machines of a source those that are wanted: adds and changes them, and removes others that the default or a
   * machines file brought. Those of administrators stay. Throws where a configuration is refused.
   */
  async keep(source: Exclude<MachineSource, 'rest'>, wanted: ReadonlyMap<string, MachineConfiguration>): Promise<void> {
    const { machines } = this.parts;
    for (const [name, configuration] of wanted)
      await this.execute({ type: 'AddMachine', data: { name, source, configuration } });
    for (const { machine } of machines.all()) {
      const { name } = machine;
      const from = machines.state(name)?.source;
      if (wanted.has(name) || from === undefined || from === 'rest') continue;
      await this.execute({ type: 'RemoveMachine', data: { name, source: from } });
    }
    await this.parts.caughtUp();
  }

  /** It could not be used. */
  async failed(name: string, error: string): Promise<void> {
    const { clock, caughtUp, logger } = this.parts;
    logger.warn({ machine: name, error }, 'machine failed');
    const wrote = await this.execute({ type: 'FailMachine', data: { name, error, failedAtMs: clock.now() } });
    if (wrote) await caughtUp();
  }

  /** It was used well, by an attempt that began at `sinceMs` (Unix milliseconds). */
  async answered(name: string, sinceMs: number): Promise<void> {
    const state = this.parts.machines.state(name);
    if (state === undefined || state.failures === 0 || state.failedAtMs >= sinceMs) return;
    if (await this.execute({ type: 'RecoverMachine', data: { name } }))
      this.parts.logger.info({ machine: name }, 'machine answers again');
  }

  /** Whether anything was written. */
  private async execute(command: Omit<MachineCommand, 'at'>): Promise<boolean> {
    const { journal, clock } = this.parts;
    const memo: Memo<MachineState> = { revision: 'no-stream', state: decider.initial };
    const target = { stream: machineStream(command.data.name), memo };
    // Administrators write there too: what is remembered would often be stale.
    await journal.refresh(decider, target);
    const own = journal.nextId(command.type, target);
    const at = { ...command, at: clock.iso() } as MachineCommand;
    const done = await journal.execute(decider, target, at, { eventId: own, correlationId: own });
    if (!isRejection(done)) return done.length > 0;
    const { rejected, field = '', detail = '' } = done;
    throw new Error(`machine '${command.data.name}' was refused: ${[rejected, field, detail].join(' ').trim()}`);
  }
}

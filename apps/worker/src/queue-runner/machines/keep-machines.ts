import type { MachineConfiguration, MachineSource } from '#domain';
import { createNotices } from '#coordination';
import type { Logger } from '#runtime';
import { LOCALHOST } from '#scheduler';
import { localMachine } from '../localhost.js';
import { MachinesFiles } from './machines-file.js';

/** Under this name what is wrong with the machines file stands among the notices. */
export const MACHINES_FILE_NOTICE = 'machines-file';

export type KeepMachinesParts = Readonly<{
  /** `queue_runner.machines_file`; none: this host builds, alone or beside what administrators add */
  files: readonly string[];
  /** of this host, where it is the default */
  slots: number;
  /** settings of Nix */
  settings: Readonly<Record<string, string>>;
  /** Makes the machines of a source those that are wanted (`MachineDesk.keep`). */
  keep: (source: Exclude<MachineSource, 'rest'>, machines: ReadonlyMap<string, MachineConfiguration>) => Promise<void>;
  database: Parameters<typeof createNotices>[0];
  logger: Logger;
  onFailure: (error: Error) => void;
}>;

/** This host as it takes part where no machines file says otherwise. */
export const defaultConfiguration = (
  slots: number,
  settings: Readonly<Record<string, string>>,
): MachineConfiguration => {
  const { systems, features, mandatoryFeatures, speedFactor } = localMachine(slots, settings);
  return { uri: LOCALHOST, systems, slots, speedFactor, features, mandatoryFeatures };
};

/**
 * Sees to it that the farm has the machines that this host is configured with, as long as it leads. Resolves when they are
 * known; a broken machines file leaves them as they were and is told in the log and among the notices. `close` ends it.
 */
export const keepMachines = async (parts: KeepMachinesParts): Promise<{ close: () => Promise<void> }> => {
  const { files, slots, settings, keep, database, logger, onFailure } = parts;
  const notices = createNotices(database);
  const local = defaultConfiguration(slots, settings);
  if (files.length === 0) {
    await keep('default', new Map([[LOCALHOST, local]]));
    await notices.clear(MACHINES_FILE_NOTICE);
    return { close: async () => undefined };
  }
  return MachinesFiles.open({
    files,
    system: local.systems[0]!,
    keep: (machines) => keep('file', machines),
    report: (problem) =>
      problem === undefined ? notices.clear(MACHINES_FILE_NOTICE) : notices.set(MACHINES_FILE_NOTICE, problem),
    logger,
    onFailure,
  });
};

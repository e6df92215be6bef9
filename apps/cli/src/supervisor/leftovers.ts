import { sleep } from '#runtime';
import type { Logger } from '#runtime';
import type { Program } from './app.js';
import type { PidFiles } from './pid-files.js';
import { commandOf, sendSignal } from './running.js';

/** Apps whose supervisor was killed end by themselves, in their own time; then they are killed. */
const GRACE_MS = 12_000;

/**
 * Waits for the apps that an earlier supervisor of this data folder left behind: two workers at once would do no harm to
 * the log, but the port is still theirs.
 */
export const endLeftovers = async (programs: readonly Program[], pids: PidFiles, logger: Logger): Promise<void> => {
  const end = async ({ name, args }: Program): Promise<void> => {
    const pid = pids.read(name);
    const lives = (): boolean => pid !== undefined && args[0] !== undefined && commandOf(pid).includes(args[0]);
    if (pid === undefined || !lives()) return;
    logger.info({ process: name, pid }, `an earlier ${name} still runs and is asked to end`);
    sendSignal(pid, 'SIGTERM');
    for (let waited = 0; waited < GRACE_MS && lives(); waited += 50) await sleep(50);
    if (lives()) sendSignal(-pid, 'SIGKILL');
  };
  await Promise.all(programs.map(end));
};

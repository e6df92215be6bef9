import { Command, CommanderError } from 'commander';
import { ConfigError } from '#runtime';
import { auditCommand } from './commands/audit.js';
import { configCommand } from './commands/config.js';
import { demoCommand } from './commands/demo.js';
import { logCommand } from './commands/log.js';
import { parkedCommand } from './commands/parked.js';
import { projectionsCommand } from './commands/projections.js';
import { s3BackupCommand } from './commands/s3-backup.js';
import { s3CollectGarbageCommand } from './commands/s3-backup-collect-garbage.js';
import { replayCommand } from './commands/replay.js';
import { startCommand } from './commands/start.js';
import { updateGcRootsCommand } from './commands/update-gc-roots.js';
import { userCommand } from './commands/user.js';
import { BadInputError } from './errors.js';

/** The whole command line. Exit codes: 0 done, 1 failed, 2 asked for wrongly. */
const program = new Command('iolaus')
  .description('A continuous build system for Nix')
  .showHelpAfterError('(iolaus --help lists the commands)')
  // Set before the commands are added, which inherit it.
  .exitOverride()
  .allowExcessArguments(false);

for (const command of [
  startCommand(),
  demoCommand(),
  projectionsCommand(),
  logCommand(),
  parkedCommand(),
  configCommand(),
  replayCommand(),
  s3BackupCommand(),
  s3CollectGarbageCommand(),
  updateGcRootsCommand(),
  userCommand(),
  auditCommand(),
]) {
  command.copyInheritedSettings(program);
  command.commands.forEach((sub) => sub.copyInheritedSettings(program));
  program.addCommand(command);
}

try {
  await program.parseAsync(process.argv);
} catch (error) {
  process.exitCode = report(error);
}

/** Says what went wrong in one line; commander has said it already where it refused the arguments. */
function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  process.stderr.write(`iolaus: ${error instanceof Error ? error.message : String(error)}\n`);
  return error instanceof ConfigError || error instanceof BadInputError ? 2 : 1;
}

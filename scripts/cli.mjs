// Runs the command line in this process, so that Ctrl-C reaches it and nothing stands between; builds it first when stale.
import { build } from './build.mjs';

export const runCli = async (args) => {
  build();
  process.setSourceMapsEnabled(true);
  process.argv = [process.argv[0], 'iolaus', ...args];
  await import('../dist/apps/cli/src/main.js');
};

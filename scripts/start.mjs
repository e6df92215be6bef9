// `npm start`: brings up everything on a fresh clone.
import { bootstrap } from './bootstrap.mjs';
import { runCli } from './cli.mjs';

bootstrap();
await runCli(['start', ...process.argv.slice(2)]);

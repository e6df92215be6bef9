// `npm run demo`: brings up everything and takes the example release through it.
import { bootstrap } from './bootstrap.mjs';
import { runCli } from './cli.mjs';

bootstrap();
await runCli(['demo', ...process.argv.slice(2)]);

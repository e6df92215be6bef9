#!/usr/bin/env node
// The command line: `npx iolaus --help`.
import { bootstrapModules } from '../scripts/bootstrap.mjs';
import { runCli } from '../scripts/cli.mjs';

bootstrapModules();
await runCli(process.argv.slice(2));

#!/usr/bin/env -S node --max-semi-space-size=64
// The command line: `npx iolaus --help`. What it reads through is short-lived: a larger nursery makes a replay a third faster.
import { bootstrapModules } from '../scripts/bootstrap.mjs';
import { runCli } from '../scripts/cli.mjs';

bootstrapModules();
await runCli(process.argv.slice(2));

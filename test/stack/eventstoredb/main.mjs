#!/usr/bin/env node
/** The test server as a process: `node main.mjs [--port N] [--file PATH] [--no-batch-append]`. Prints its address as one line when it serves. */
import { parseArgs } from 'node:util';
import { startEventStoreDbServer } from './server.mjs';

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    file: { type: 'string' },
    'no-batch-append': { type: 'boolean', default: false },
  },
});
const { port, file } = values;
const server = await startEventStoreDbServer({ port: Number(port), file, batchAppend: !values['no-batch-append'] });
process.stdout.write(`${server.url}\n`);
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    server.stop();
    process.exit(0);
  });
}

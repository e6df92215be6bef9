import { startEventStoreDbProcess } from '../../../../test/stack/eventstoredb/process.js';
import { startEventStoreDbServer } from '../../../../test/stack/eventstoredb/server.mjs';
import { describeEventStore, type Harness, type LogUnderTest } from '../../testing/contract.js';
import { describeDecisions, describeRestoredLogs } from '../../testing/contract-decisions.js';
import { describeOutages } from '../../testing/contract-outage.js';
import { testRegistry } from '../../testing/events.js';
import type { EventStore } from '../port.js';
import { createEventStoreDbEventStore } from './index.js';

const logAt = (connectionString: string, end: () => Promise<void>): LogUnderTest => {
  const stores: EventStore[] = [];
  return {
    connect: (registry = testRegistry) => {
      const store = createEventStoreDbEventStore({ ...registry, connectionString });
      stores.push(store);
      return store;
    },
    close: async () => {
      await Promise.all(stores.map((store) => store.close()));
      await end();
    },
  };
};

const withServer = (options: { batchAppend: boolean }): Required<Harness> => ({
  open: async () => {
    const server = await startEventStoreDbServer(options);
    return logAt(server.url, async () => server.stop());
  },
  openKillable: async () => {
    const server = await startEventStoreDbProcess(options);
    return { ...logAt(server.url, server.stop), kill: server.kill, start: server.start };
  },
});

const given = process.env['IOLAUS_TEST_ESDB_URL'];
if (given) {
  const harness = { open: async () => logAt(given, async () => undefined) };
  describeEventStore('the EventStoreDB of IOLAUS_TEST_ESDB_URL', harness);
  describeDecisions('the EventStoreDB of IOLAUS_TEST_ESDB_URL', harness);
} else {
  describeEventStore('EventStoreDB', withServer({ batchAppend: true }));
  describeOutages('EventStoreDB', withServer({ batchAppend: true }));
  describeDecisions('EventStoreDB', withServer({ batchAppend: true }));
  describeRestoredLogs('EventStoreDB', withServer({ batchAppend: true }));
  describeOutages('EventStoreDB without BatchAppend', withServer({ batchAppend: false }));
}

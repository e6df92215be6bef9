import { createTestDatabase, startPostgres } from '../../../../test/stack/postgres.js';
import { describeEventStore, type LogUnderTest } from '../../testing/contract.js';
import { describeDecisions, describeRestoredLogs } from '../../testing/contract-decisions.js';
import { describeOutages } from '../../testing/contract-outage.js';
import { testRegistry } from '../../testing/events.js';
import { createPostgresEventStore, migrate } from './index.js';
import pg from 'pg';
import type { EventStore } from '../port.js';

const logAt = async (url: string, end: () => Promise<void>): Promise<LogUnderTest> => {
  const pool = new pg.Pool({ connectionString: url });
  await migrate(pool);
  await pool.end();
  const stores: EventStore[] = [];
  return {
    connect: (registry = testRegistry) => {
      const store = createPostgresEventStore({ ...registry, connectionString: url });
      stores.push(store);
      return store;
    },
    close: async () => {
      await Promise.all(stores.map((store) => store.close()));
      await end();
    },
  };
};

const harness = {
  open: async () => {
    const database = await createTestDatabase();
    return logAt(database.url, database.drop);
  },
  openKillable: async () => {
    const server = await startPostgres();
    return { ...(await logAt(server.url, server.stop)), kill: server.kill, start: server.start };
  },
};

describeEventStore('PostgreSQL', harness);
describeOutages('PostgreSQL', harness);
describeDecisions('PostgreSQL', harness);
describeRestoredLogs('PostgreSQL', harness);

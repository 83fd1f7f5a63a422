import { EventStoreDBEventStore } from '../../src/event-store/eventstoredb/eventstoredb-event-store.js';
import { startEventStoreDB, type EventStoreDBServer } from '../support/eventstoredb/index.js';
import { describeEventStore } from './event-store.contract.js';
import type { OpenStore } from './event-store-support.js';

describe('the EventStoreDB event store', () => {
  let server: EventStoreDBServer;
  beforeAll(async () => {
    server = await startEventStoreDB();
  });
  afterAll(() => server.stop());

  const open: OpenStore = ({ schemas } = {}) =>
    EventStoreDBEventStore.open({ url: server.connectionString, ...(schemas ? { schemas } : {}) });
  const reclaim = () => {
    server.scavenge();
    return Promise.resolve(true);
  };
  // The server keeps the time.
  const clock = { now: () => new Date(), advance: (ms: number) => server.advanceTime(ms) };

  describeEventStore({ open, reclaim, ageing: () => Promise.resolve({ open, clock }) });
});

const url = process.env.OPENOMS_TEST_ESDB;
if (url) {
  describe('the event store on the server that OPENOMS_TEST_ESDB names', () => {
    const open: OpenStore = ({ schemas } = {}) => EventStoreDBEventStore.open({ url, ...(schemas ? { schemas } : {}) });
    // A scavenge leaves alone the part of the log that is being written.
    describeEventStore({ open, reclaim: () => Promise.resolve(false) });
  });
}

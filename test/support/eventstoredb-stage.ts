import { randomUUID } from 'node:crypto';
import { EventStoreUnavailable, type NewEvent, type RecordedEvent } from '../../src/event-store/event-store.port.js';
import {
  EventStoreDBEventStore,
  type EventStoreDBOptions,
} from '../../src/event-store/eventstoredb/eventstoredb-event-store.js';
import { startEventStoreDB, type EventStoreDBServer } from './eventstoredb/index.js';

export const numbered = (n: number, data: object = {}): NewEvent => ({
  id: randomUUID(),
  type: 'Happened',
  data: { n, ...data },
  metadata: { correlationId: 'c', actor: 'tester', schemaVersion: 1 },
});

export const numberIn = ({ data }: RecordedEvent): number => ('n' in data ? Number(data.n) : NaN);

/** The numbers from `from` to below `to`. */
export const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, at) => from + at);

/** An event for each number from `from` to below `to`. */
export const numberedRange = (from: number, to: number, data: object = {}): NewEvent[] =>
  range(from, to).map((n) => numbered(n, data));

/** A server and the stores that talk to it, made anew for each test of the `describe` that this is called in. */
export class EventStoreDBStage {
  private running: EventStoreDBServer | undefined;
  private readonly stores: EventStoreDBEventStore[] = [];

  constructor() {
    beforeEach(async () => {
      this.running = await startEventStoreDB();
    });
    afterEach(async () => {
      this.server.faults.clear();
      await Promise.all(this.stores.splice(0).map((store) => store.close()));
      await this.server.stop();
    });
  }

  get server(): EventStoreDBServer {
    if (this.running === undefined) throw new Error('The server runs only within a test');
    return this.running;
  }

  async open(options: Partial<EventStoreDBOptions> = {}): Promise<EventStoreDBEventStore> {
    const store = await EventStoreDBEventStore.open({
      url: this.server.connectionString,
      timeoutMs: 5_000,
      ...options,
    });
    this.stores.push(store);
    return store;
  }
}

/** Appends as a caller does whose work must arrive: again, with the same id, for as long as the store is out of reach. */
export async function appendSurely(store: EventStoreDBEventStore, stream: string, event: NewEvent): Promise<bigint> {
  for (;;) {
    try {
      return (await store.append(stream, 'any', [event])).position;
    } catch (error) {
      if (!(error instanceof EventStoreUnavailable)) throw error;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}

import { randomUUID } from 'node:crypto';
import type { EventEmitter } from 'node:events';
import {
  EventStoreDBClient,
  jsonEvent,
  type AllStreamSubscription,
  type JSONEventType,
  type StreamSubscription,
} from '@eventstore/db-client';
import { startEventStoreDB, type EventStoreDBOptions, type EventStoreDBServer } from './index.js';

export type TestEvent = JSONEventType<string, { readonly n: number }>;

/** A JSON event with a number in it, and an id of its own. */
export const event = (n = 0, id: string = randomUUID(), type = 'Happened') =>
  jsonEvent<TestEvent>({ id, type, data: { n }, metadata: { of: n } });

export const events = (count: number, from = 0) => Array.from({ length: count }, (_, at) => event(from + at));

/** A server and its clients, made anew for each test of the `describe` that this is called in. */
export class StoreUnderTest {
  private running: EventStoreDBServer | undefined;
  private readonly clients: EventStoreDBClient[] = [];
  private first: EventStoreDBClient | undefined;

  constructor(options: EventStoreDBOptions = {}) {
    beforeEach(async () => {
      this.running = await startEventStoreDB(options);
      this.first = this.connect();
    });
    afterEach(async () => {
      await Promise.all(this.clients.splice(0).map((client) => client.dispose()));
      await this.running?.stop();
    });
  }

  get server(): EventStoreDBServer {
    if (this.running === undefined) throw new Error('The server runs only within a test');
    return this.running;
  }

  get client(): EventStoreDBClient {
    return this.first ?? this.connect();
  }

  /** One client more; `parameters` go into the connection string. */
  connect(parameters = '', connectionString = this.server.connectionString): EventStoreDBClient {
    const client = EventStoreDBClient.connectionString`${connectionString}&defaultDeadline=5000${parameters}`;
    this.clients.push(client);
    return client;
  }

  /** The numbers in the events of a stream. */
  async numbers(stream: string, options: Parameters<EventStoreDBClient['readStream']>[1] = {}): Promise<number[]> {
    const found: number[] = [];
    for await (const { event: read } of this.client.readStream<TestEvent>(stream, options))
      if (read !== undefined) found.push(read.data.n);
    return found;
  }

  /** `revision@stream` of everything in `$all`. */
  async all(options: Parameters<EventStoreDBClient['readAll']>[0] = {}): Promise<string[]> {
    const found: string[] = [];
    for await (const { event: read } of this.client.readAll(options))
      if (read !== undefined) found.push(`${read.revision}@${read.streamId}`);
    return found;
  }
}

/** Keeps what a subscription delivers, in order: `<revision>@<stream>`, and `caughtUp`, `fellBehind`. */
export const record = (subscription: AllStreamSubscription | StreamSubscription) => {
  const seen: string[] = [];
  subscription.on('caughtUp', () => seen.push('caughtUp'));
  subscription.on('fellBehind', () => seen.push('fellBehind'));
  subscription.on('data', ({ event: read }: { event?: { revision: bigint; streamId: string } }) => {
    if (read !== undefined) seen.push(`${read.revision}@${read.streamId}`);
  });
  return seen;
};

/** The error that a subscription ends with. */
export const failureOf = (subscription: AllStreamSubscription | StreamSubscription): Promise<unknown> =>
  nextOf(subscription, 'error');

/** What the next event of this name comes with. */
export const nextOf = <T>(emitter: EventEmitter, name: string): Promise<T> =>
  new Promise((resolve) => emitter.once(name, resolve));

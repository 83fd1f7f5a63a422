import { setMaxListeners } from 'node:events';
import type { DomainEvent } from '../../kernel/domain-event.js';
import { hasEnded } from '../../kernel/has-ended.js';
import { silentLog, type Log } from '../../kernel/log.js';
import { EventStore, EventStoreUnavailable } from '../event-store.port.js';
import type {
  Appended,
  ExpectedRevision,
  NewEvent,
  RecordedEvent,
  StreamSlice,
  SubscriptionBatch,
} from '../event-store.port.js';
import { EventSchemas } from '../upcast.js';
import { validateAppend, validateMaxAge, validateStream } from '../validate-append.js';
import { BatchAppender } from './batch-appender.js';
import { decodeEvent, encodeEvent, isRemovalMark } from './codec.js';
import { connectionStringProblem, parseConnectionString } from './connection-string.js';
import { Connection } from './connection.js';
import { follow, type FollowContext } from './follow.js';
import { Reader } from './reader.js';
import { firstContact } from './first-contact.js';
import { StreamWriter } from './stream-writer.js';

export interface EventStoreDBOptions {
  /** `esdb://`, `esdb+discover://`, `kurrentdb://` or `kurrentdb+discover://`, with credentials and TLS. */
  readonly url: string;
  readonly schemas?: EventSchemas;
  readonly log?: Log;
  /** How long any one answer may take; `defaultDeadline` in the string goes before it. */
  readonly timeoutMs?: number;
  /** How long the first contact may take. */
  readonly connectTimeoutMs?: number;
  /** How long a subscription looks for a store that is out of reach before its reader is told. */
  readonly unreachableAfterMs?: number;
  /** How long a subscription hears nothing before it asks how far the log is. */
  readonly quietMs?: number;
  /** Appends on their way, and the bytes of their events: beyond either, appends are refused. */
  readonly maxPending?: number;
  readonly maxPendingBytes?: number;
}

const DEFAULTS = {
  timeoutMs: 10_000,
  connectTimeoutMs: 15_000,
  unreachableAfterMs: 5_000,
  quietMs: 500,
  maxPending: 100_000,
  maxPendingBytes: 256 * 1024 * 1024,
};

/**
 * EventStoreDB (or KurrentDB, its later name), version 22.10 or later; live followers hear soonest from 23.10 on. What the
 * engine does differently from the port's words:
 * - Deleted and expired events stay in the log, and on disk, until the server scavenges.
 * - A repeat without expectation (`any`) is recognized only among the last appends of the server since it started.
 * - An append that expects the last revision from before a deletion begins the stream again, too.
 * - A maximum age that is set after a deletion undoes it in that the stream is there again, without its events.
 */
export class EventStoreDBEventStore extends EventStore {
  private readonly connection: Connection;
  private readonly reader: Reader;
  private readonly appender: BatchAppender;
  private readonly writer: StreamWriter;
  private readonly schemas: EventSchemas;
  private readonly following: FollowContext;
  private readonly ending = new AbortController();
  private readonly accepted = new Set<Promise<unknown>>();
  private closing: Promise<void> | undefined;

  private constructor({ url, schemas, log, ...options }: EventStoreDBOptions) {
    super();
    const settings = parseConnectionString(url);
    const bounds = { ...DEFAULTS, ...options };
    const timeoutMs = settings.deadlineMs ?? bounds.timeoutMs;
    this.connection = new Connection(settings);
    this.reader = new Reader(this.connection, timeoutMs);
    this.appender = new BatchAppender(this.connection, { ...bounds, timeoutMs });
    this.writer = new StreamWriter(this.connection, this.appender, this.reader, timeoutMs);
    this.schemas = schemas ?? new EventSchemas();
    const { connection, reader } = this;
    this.following = { ...bounds, timeoutMs, connection, reader, schemas: this.schemas, log: log ?? silentLog };
    setMaxListeners(0, this.ending.signal);
  }

  /**
   * Resolves once the store has answered. Rejects with a plain error that tells what is wrong with the string or a file it
   * names, and with `EventStoreUnavailable`, naming host, port and trouble, when the store does not answer within
   * `connectTimeoutMs`; at once when waiting cannot help: wrong credentials, wrong certificate, something else at its port.
   */
  static async open(options: EventStoreDBOptions, signal?: AbortSignal): Promise<EventStoreDBEventStore> {
    const problem = connectionStringProblem(options.url);
    if (problem !== undefined) throw new Error(problem);
    const store = new EventStoreDBEventStore(options);
    try {
      const timeoutMs = options.connectTimeoutMs ?? DEFAULTS.connectTimeoutMs;
      await store.accept(() => firstContact(store.connection, store.reader, timeoutMs, signal));
      return store;
    } catch (error) {
      await store.close();
      throw error;
    }
  }

  override async append(stream: string, expected: ExpectedRevision, events: readonly NewEvent[]): Promise<Appended> {
    validateAppend(stream, events);
    const encoded = events.map(encodeEvent);
    const ids = events.map(({ id }) => id);
    return this.accept(() => this.writer.append(stream, expected, encoded, ids));
  }

  override async read<E extends DomainEvent = DomainEvent>(stream: string): Promise<StreamSlice<E>> {
    const { events, revision } = await this.accept(() => this.reader.stream(stream));
    const decoded = events.filter((event) => !isRemovalMark(event)).map((event) => decodeEvent<E>(event, this.schemas));
    return { events: decoded, revision: revision ?? 'no-stream' };
  }

  /** A subscription that ends at the head: a read that finds little tells no more of its progress than one that is dead. */
  override async *readAll(
    from: bigint | undefined,
    prefixes: readonly string[] = [],
  ): AsyncGenerator<RecordedEvent, void, undefined> {
    const head = await this.head();
    if (head === undefined || (from !== undefined && from >= head)) return;
    for await (const batch of follow(this.following, from, prefixes, this.ending.signal)) {
      yield* batch.events;
      if (batch.position >= head) return;
    }
    this.assertOpen();
  }

  override async *subscribeAll(
    from: bigint | undefined,
    prefixes: readonly string[],
    signal: AbortSignal,
  ): AsyncGenerator<SubscriptionBatch, void, undefined> {
    if (hasEnded(signal)) return;
    this.assertOpen();
    yield* follow(this.following, from, prefixes, AbortSignal.any([signal, this.ending.signal]));
    if (!hasEnded(signal)) this.assertOpen();
  }

  override head(): Promise<bigint | undefined> {
    return this.accept(() => this.reader.head());
  }

  override async setMaxAge(stream: string, seconds: number): Promise<void> {
    validateStream(stream);
    validateMaxAge(seconds);
    await this.accept(() => this.writer.setMaxAge(stream, seconds));
  }

  /** What the stream held can be read from the log, and from the disk, until the server scavenges; none of it afterwards. */
  override async delete(stream: string): Promise<void> {
    await this.accept(() => this.writer.delete(stream));
  }

  override async close(): Promise<void> {
    await (this.closing ??= this.shutDown());
  }

  private async shutDown(): Promise<void> {
    // Bounded: every call has its own timeout.
    await Promise.allSettled(this.accepted);
    this.ending.abort();
    this.appender.close();
    this.connection.close();
  }

  private async accept<T>(work: () => Promise<T>): Promise<T> {
    this.assertOpen();
    const working = work();
    this.accepted.add(working);
    try {
      return await working;
    } finally {
      this.accepted.delete(working);
    }
  }

  private assertOpen(): void {
    if (this.closing) throw new EventStoreUnavailable('The event store is closed');
  }
}

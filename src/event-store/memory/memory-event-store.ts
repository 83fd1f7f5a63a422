import { SystemClock } from '../../kernel/clock.js';
import type { Clock } from '../../kernel/clock.js';
import type { DomainEvent } from '../../kernel/domain-event.js';
import { followLog, readLog } from '../chunked-log.js';
import { EventStore } from '../event-store.port.js';
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
import { MemoryLog } from './memory-log.js';

export interface MemoryEventStoreOptions {
  readonly clock?: Clock;
  readonly schemas?: EventSchemas;
}

/** The whole log in memory, for unit tests and throw-away services. */
export class MemoryEventStore extends EventStore {
  private readonly log: MemoryLog;

  constructor({ clock, schemas }: MemoryEventStoreOptions = {}) {
    super();
    this.log = new MemoryLog(clock ?? new SystemClock(), schemas ?? new EventSchemas());
  }

  // Every method is async so that a refusal is a rejection, as from a store at the other end of a wire.
  override async append(stream: string, expected: ExpectedRevision, events: readonly NewEvent[]): Promise<Appended> {
    validateAppend(stream, events);
    const { revision, position } = this.log.append(stream, expected, events);
    await Promise.resolve();
    return { revision: BigInt(revision), position: BigInt(position) };
  }

  override async read<E extends DomainEvent = DomainEvent>(stream: string): Promise<StreamSlice<E>> {
    await Promise.resolve();
    return this.log.read<E>(stream);
  }

  override readAll(from: bigint | undefined, prefixes: readonly string[] = []): AsyncIterable<RecordedEvent> {
    return readLog(this.log, from, prefixes);
  }

  override subscribeAll(
    from: bigint | undefined,
    prefixes: readonly string[],
    signal: AbortSignal,
  ): AsyncIterable<SubscriptionBatch> {
    return followLog(this.log, from, prefixes, signal);
  }

  override async head(): Promise<bigint | undefined> {
    await Promise.resolve();
    this.log.assertOpen();
    return this.log.head > 0 ? BigInt(this.log.head) : undefined;
  }

  override async setMaxAge(stream: string, seconds: number): Promise<void> {
    await Promise.resolve();
    validateStream(stream);
    validateMaxAge(seconds);
    this.log.setMaxAge(stream, seconds);
  }

  override async delete(stream: string): Promise<void> {
    await Promise.resolve();
    this.log.delete(stream);
  }

  override async close(): Promise<void> {
    await Promise.resolve();
    this.log.close();
  }
}

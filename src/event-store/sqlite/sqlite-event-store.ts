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
import { encodedBytes, encodeEvent } from './codec.js';
import { GroupCommit } from './group-commit.js';
import type { GroupCommitBounds } from './group-commit.js';
import { SqliteLog } from './sqlite-log.js';

export interface SqliteEventStoreOptions extends Partial<GroupCommitBounds> {
  /** The one file of the log; its folder is made when it is missing. */
  readonly file: string;
  readonly clock?: Clock;
  readonly schemas?: EventSchemas;
  /** How often a bounded part of the log is searched for expired events, and left-overs of deletions are removed. */
  readonly upkeepIntervalMs?: number;
}

const DEFAULTS = {
  maxBatch: 1000,
  maxPending: 100_000,
  maxPendingBytes: 256 * 1024 * 1024,
  upkeepIntervalMs: 1000,
};
const SMALL = { events: 1, bytes: 0 };

/** The embedded default: the whole log in one SQLite file, for one process. */
export class SqliteEventStore extends EventStore {
  private readonly group: GroupCommit;
  private readonly upkeep: NodeJS.Timeout;
  private closed = false;

  private constructor(
    private readonly log: SqliteLog,
    bounds: GroupCommitBounds & { readonly upkeepIntervalMs: number },
  ) {
    super();
    this.group = new GroupCommit(log, bounds);
    this.upkeep = setInterval(() => {
      log.tidy();
      // A pass that fails leaves expired events where no one reads them; the next one tries again.
      if (log.hasExpiringStreams) this.removeExpired().catch(() => undefined);
    }, bounds.upkeepIntervalMs).unref();
  }

  /** Opens or creates the file. Throws `EventStoreUnavailable` when another process has it or a newer release wrote it. */
  static open({ file, clock, schemas, ...bounds }: SqliteEventStoreOptions): SqliteEventStore {
    const log = SqliteLog.open(file, clock ?? new SystemClock(), schemas ?? new EventSchemas());
    return new SqliteEventStore(log, { ...DEFAULTS, ...bounds });
  }

  override async append(stream: string, expected: ExpectedRevision, events: readonly NewEvent[]): Promise<Appended> {
    validateAppend(stream, events);
    const encoded = events.map(encodeEvent);
    const weight = { events: encoded.length, bytes: encoded.reduce((sum, event) => sum + encodedBytes(event), 0) };
    const { revision, position } = await this.group.submit(weight, () => this.log.append(stream, expected, encoded));
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
    validateStream(stream);
    validateMaxAge(seconds);
    await this.group.submit(SMALL, () => this.log.setMaxAge(stream, seconds));
  }

  override async delete(stream: string): Promise<void> {
    await this.group.submit(SMALL, () => this.log.delete(stream));
  }

  /** Searches one bounded part of the log for expired events and removes them; answers how many. Runs by itself, too. */
  async removeExpired(): Promise<number> {
    return this.group.submit(SMALL, () => this.log.removeExpired());
  }

  override async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    clearInterval(this.upkeep);
    this.group.close();
    // Those who wait for their appends hear of them before the subscriptions end.
    await Promise.resolve();
    this.log.close();
  }
}

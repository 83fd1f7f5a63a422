import type { DomainEvent, EventMetadata } from '../kernel/domain-event.js';

/** An event on its way into a stream. `id` is a UUID: appending the same ids again is a no-op. */
export type NewEvent<E extends DomainEvent = DomainEvent> = E & {
  readonly id: string;
  readonly metadata: EventMetadata;
};

/** An event as it was stored. */
export type RecordedEvent<E extends DomainEvent = DomainEvent> = E & {
  readonly id: string;
  readonly stream: string;
  /** Place in its stream; the first event has revision 0n. */
  readonly revision: bigint;
  /** Place in the whole log: strictly ascending, gaps allowed. */
  readonly position: bigint;
  readonly metadata: EventMetadata;
};

/** `bigint`: the stream's last event has exactly this revision. `no-stream`: nothing is there. `any`: no expectation. */
export type ExpectedRevision = bigint | 'no-stream' | 'any';

export interface Appended {
  /** Revision of the last event appended. */
  readonly revision: bigint;
  /** Position of the last event appended; a view that has passed it shows the write. */
  readonly position: bigint;
}

export interface StreamSlice<E extends DomainEvent> {
  readonly events: readonly RecordedEvent<E>[];
  /** Revision of the last event, or `no-stream`: what to expect in the append that follows. */
  readonly revision: bigint | 'no-stream';
}

export interface SubscriptionBatch {
  /** In log order; empty when only the position moved on, because what came since matches no prefix. */
  readonly events: readonly RecordedEvent[];
  /** All that matches up to here has been yielded: the checkpoint to keep once `events` are dealt with. */
  readonly position: bigint;
}

/** The stream moved on: load again and decide again. The only conflict an adapter reports. */
export class WrongRevision extends Error {
  override readonly name = 'WrongRevision';

  constructor(
    readonly stream: string,
    readonly expected: ExpectedRevision,
    readonly actual: bigint | 'no-stream',
  ) {
    super(`Stream ${stream} is at ${actual}, expected ${expected}`);
  }
}

/** The store cannot be reached or does not answer in time; whether a write arrived is unknown. Trying again is safe. */
export class EventStoreUnavailable extends Error {
  override readonly name = 'EventStoreUnavailable';
}

/**
 * Every event of a service, in one totally ordered log of streams. Held to `test/contracts/event-store.contract.ts`.
 * All methods reject with `EventStoreUnavailable` when the store is closed or out of reach.
 */
export abstract class EventStore {
  /**
   * Appends all events or none, durably when it resolves.
   * Rejects with `WrongRevision` when the expectation does not hold, unless exactly these event ids already stand at the
   * place they were meant for (`any`: anywhere in the stream): then it answers where they are. An empty list is a bug.
   * A deleted stream counts as `no-stream` and may begin again; its revisions go on after those it had.
   */
  abstract append(stream: string, expected: ExpectedRevision, events: readonly NewEvent[]): Promise<Appended>;

  /** The whole stream in order, upcast to current shapes; empty with `no-stream` when there is none. */
  abstract read<E extends DomainEvent = DomainEvent>(stream: string): Promise<StreamSlice<E>>;

  /**
   * The log in order, after `from` (undefined: from the beginning), up to where it ended when reading started or later.
   * Lazy: pulled in bounded chunks. With `prefixes` only streams whose name starts with one of them; an empty list is
   * every stream. Deleted and expired events may still be seen until the engine reclaims their space.
   */
  abstract readAll(from: bigint | undefined, prefixes?: readonly string[]): AsyncIterable<RecordedEvent>;

  /**
   * The log after `from`, then live, without gap, duplicate or reordering across the border. Pulled: memory stays bounded
   * however slow the reader is. Yields batches, so that a reader can commit many events at once.
   * Ends without error when the signal aborts.
   */
  abstract subscribeAll(
    from: bigint | undefined,
    prefixes: readonly string[],
    signal: AbortSignal,
  ): AsyncIterable<SubscriptionBatch>;

  /**
   * Position of the newest event, deleted or not; undefined for a log that never had one. No position that a subscription
   * tells is beyond it.
   */
  abstract head(): Promise<bigint | undefined>;

  /**
   * Events of the stream older than this many seconds are no longer read from it, and may be removed; revisions go on. Also
   * for a stream that is yet to begin.
   */
  abstract setMaxAge(stream: string, seconds: number): Promise<void>;

  /**
   * Removes the stream and what it holds for good (secrets included). Deleting an absent stream succeeds. On an engine that
   * reclaims space later, a log reader may still see the events, and the disk holds them, until it does.
   */
  abstract delete(stream: string): Promise<void>;

  /** Refuses new work, finishes what was accepted, frees everything. */
  abstract close(): Promise<void>;
}

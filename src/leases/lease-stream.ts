import {
  EventStoreUnavailable,
  type EventStore,
  type ExpectedRevision,
  type NewEvent,
} from '../event-store/event-store.port.js';
import { timeOrderedId } from '../kernel/ids.js';
import type { MonotonicTime } from '../kernel/monotonic-time.js';
import { leaseStream, LEASE_EVENT_SCHEMAS, type LeaseEvent } from './lease.events.js';

/** Where the stream of a lease stands. */
export interface LeaseState {
  readonly revision: bigint | 'no-stream';
  /** The last event, unless it is too old to be read. */
  readonly last: LeaseEvent | undefined;
}

/** Events of a lease are read no more after so many times its life: a look at it stays small. */
const KEPT_LIVES = 5;

/** The stream of one lease, as one process reads and writes it. Every call ends within half of the lease's life. */
export class LeaseStream {
  private readonly stream: string;
  private limited = false;

  constructor(
    private readonly store: EventStore,
    readonly name: string,
    readonly owner: string,
    readonly ttlMs: number,
    private readonly time: MonotonicTime,
  ) {
    this.stream = leaseStream(name);
  }

  async look(): Promise<LeaseState> {
    const { events, revision } = await this.inTime(this.store.read<LeaseEvent>(this.stream));
    return { revision, last: events.at(-1) };
  }

  event(type: LeaseEvent['type']): NewEvent<LeaseEvent> {
    const metadata = {
      correlationId: this.stream,
      actor: this.owner,
      schemaVersion: LEASE_EVENT_SCHEMAS[type].version,
    };
    return { id: timeOrderedId(), type, data: { owner: this.owner, ttlMs: this.ttlMs }, metadata };
  }

  /** Answers the new revision. Appending the same event again is safe; so is giving up on an append that arrives later. */
  async append(expected: ExpectedRevision, event: NewEvent<LeaseEvent>): Promise<bigint> {
    return (await this.inTime(this.store.append(this.stream, expected, [event]))).revision;
  }

  /** Sees to it, once, that the stream stays small. */
  async limit(): Promise<void> {
    if (this.limited) return;
    await this.inTime(this.store.setMaxAge(this.stream, Math.ceil((this.ttlMs * KEPT_LIVES) / 1000)));
    this.limited = true;
  }

  private async inTime<T>(answer: Promise<T>): Promise<T> {
    let callOff: (() => void) | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      callOff = this.time.after(this.ttlMs / 2, () =>
        reject(new EventStoreUnavailable(`The event store did not answer in time for the lease ${this.name}`)),
      );
    });
    try {
      return await Promise.race([answer, late]);
    } finally {
      callOff?.();
    }
  }
}

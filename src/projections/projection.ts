import type { DomainEvent } from '../kernel/domain-event.js';
import type { RecordedEvent } from '../event-store/event-store.port.js';
import type { ReadStore } from '../read-store/read-store.js';

/** One handler per event type: a new type does not compile until it is handled. */
export type EventHandlers<E extends DomainEvent, Context, Result> = {
  readonly [T in E['type']]: (event: RecordedEvent<Extract<E, { type: T }>>, context: Context) => Result;
};

/**
 * A read model folded from the log. The handlers run inside the transaction that also commits the checkpoint, so they are
 * synchronous and see each event exactly once. Its tables belong to it alone; a higher `version` drops and refills them.
 */
export interface Projection<E extends DomainEvent = DomainEvent> {
  readonly name: string;
  readonly version: number;
  /** Streams it follows, by the start of their name. */
  readonly prefixes: readonly string[];
  /** Table name -> the SQL that creates it (indexes included), separated by semicolons. */
  readonly tables: Readonly<Record<string, string>>;
  readonly on: EventHandlers<E, ReadStore, void>;
}

/**
 * Reacts to events with work outside the read store. Every event is handled at least once, in order; the checkpoint moves
 * on after the handler resolved, so handlers are idempotent. A failing handler is tried again, never skipped.
 */
export interface Reactor<E extends DomainEvent = DomainEvent> {
  readonly name: string;
  readonly prefixes: readonly string[];
  readonly on: EventHandlers<E, AbortSignal, Promise<void>>;
}

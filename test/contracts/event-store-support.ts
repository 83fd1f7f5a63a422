import { randomUUID } from 'node:crypto';
import type { Clock } from '../../src/kernel/clock.js';
import type { EventStore, NewEvent, RecordedEvent } from '../../src/event-store/event-store.port.js';
import type { EventSchemas } from '../../src/event-store/upcast.js';

export const metadata = { correlationId: 'c-1', causationId: 'k-1', actor: 'tester', schemaVersion: 1 };

/** A new event of type `Happened`, unless told otherwise. */
export const happened = (data: object = {}, id: string = randomUUID(), type = 'Happened'): NewEvent => ({
  ...{ id, type, data, metadata },
});

export interface OpenOptions {
  readonly clock?: Clock;
  readonly schemas?: EventSchemas;
}
export type OpenStore = (options?: OpenOptions) => Promise<EventStore>;

export const stream = (category = 'thing'): string => `${category}-${randomUUID()}`;

export const collect = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
};

export const numbersOf = (events: readonly RecordedEvent[]): number[] =>
  events.map(({ data }) => ('n' in data && typeof data.n === 'number' ? data.n : NaN));

/** 0 to `count` - 1. */
export const upTo = (count: number): number[] => [...Array(count).keys()];

/** Follows a store until `enough` says so; answers what came. */
export async function followUntil(
  store: EventStore,
  prefixes: readonly string[],
  enough: (events: readonly RecordedEvent[], position: bigint) => boolean,
  from?: bigint,
): Promise<RecordedEvent[]> {
  const stop = new AbortController();
  const seen: RecordedEvent[] = [];
  for await (const { events, position } of store.subscribeAll(from, prefixes, stop.signal)) {
    seen.push(...events);
    if (enough(seen, position)) stop.abort();
  }
  return seen;
}

export interface Ageing {
  /** Opens a store whose time the test moves; undefined where the server keeps the time. */
  readonly open: OpenStore;
  readonly clock: Clock & { advance(ms: number): void };
}

/**
 * Makes the engine take out of the log what is deleted or expired. False where a test cannot: what was there stays in sight
 * of those who read the log.
 */
export type Reclaim = () => Promise<boolean>;

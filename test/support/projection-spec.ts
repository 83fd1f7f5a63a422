import type { RecordedEvent } from '../../src/event-store/event-store.port.js';
import type { DomainEvent } from '../../src/kernel/domain-event.js';
import { FollowedProjection } from '../../src/projections/followed-projection.js';
import type { Projection } from '../../src/projections/projection.js';
import { ReadStore, type SqlValue } from '../../src/read-store/read-store.js';

/** An event and the stream it stands in. */
export interface Given<E extends DomainEvent> {
  readonly stream: string;
  readonly event: E;
}

/** Numbers events as a log would: positions from 1, revisions from 0 in each stream. */
export function recorded<E extends DomainEvent>(given: readonly Given<E>[]): RecordedEvent<E>[] {
  const revisions = new Map<string, bigint>();
  return given.map(({ stream, event }, index) => {
    const revision = revisions.get(stream) ?? 0n;
    revisions.set(stream, revision + 1n);
    const place = { id: `event-${index + 1}`, stream, revision, position: BigInt(index + 1) };
    return { ...event, ...place, metadata: { correlationId: 'test', actor: 'test', schemaVersion: 1 } };
  });
}

/** Folds the events into a read store in memory, in one transaction. The caller closes the store. */
export function project<E extends DomainEvent>(projection: Projection<E>, given: readonly Given<E>[]): ReadStore {
  const views = new ReadStore(':memory:');
  const followed = new FollowedProjection(projection, views);
  followed.open();
  followed.apply(recorded(given), BigInt(given.length));
  return views;
}

/**
 * Given events, then rows: `const given = describeProjection(theProjection)` and
 * `given({ stream, event }, ...).then('SELECT ...', rows, ...params)`.
 */
export const describeProjection =
  <E extends DomainEvent>(projection: Projection<E>) =>
  (...given: readonly Given<E>[]) => ({
    then: (sql: string, rows: readonly object[], ...params: readonly SqlValue[]): void => {
      const views = project(projection, given);
      try {
        expect(views.all(sql, ...params)).toEqual(rows);
      } finally {
        views.close();
      }
    },
  });

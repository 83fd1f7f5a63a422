import type { EventStore } from '../../event-store/event-store.port.js';
import type { Clock } from '../../kernel/clock.js';
import { timeOrderedId } from '../../kernel/ids.js';
import { OUTCOME_FEED_EVENT_SCHEMAS, OUTCOME_FEED_STREAMS, type SyncOutcomesPublished } from './outcome-feed.events.js';

type StreamName = (typeof OUTCOME_FEED_STREAMS)[number];

/** A place in the log; undefined is before its first event. */
export type LogPosition = bigint | undefined;

const isAfter = (one: LogPosition, other: LogPosition): boolean =>
  one !== undefined && (other === undefined || one > other);

/**
 * How far outcomes are published, for all processes: kept in the event store, so that whoever goes on, on whatever machine,
 * goes on from there, and a log that is restored from a backup brings its own. The newest position counts, whoever wrote
 * it. It is kept in one of two streams, and both are short: a full one is removed when the other one holds a position.
 */
export class OutcomeCheckpoint {
  private current: StreamName = OUTCOME_FEED_STREAMS[0];
  private kept = 0;

  constructor(
    private readonly store: EventStore,
    private readonly clock: Clock,
    /** Positions in one stream. */
    private readonly limit = 500,
  ) {}

  /** The last position saved, or `never`. */
  async load(): Promise<{ readonly position: LogPosition } | 'never'> {
    let newest: { position: LogPosition; stream: StreamName; kept: number } | undefined;
    for (const stream of OUTCOME_FEED_STREAMS) {
      const { events } = await this.store.read<SyncOutcomesPublished>(stream);
      for (const { data } of events) {
        const position = data.upTo === null ? undefined : BigInt(data.upTo);
        if (newest === undefined || isAfter(position, newest.position))
          newest = { position, stream, kept: events.length };
      }
    }
    if (newest === undefined) return 'never';
    this.current = newest.stream;
    this.kept = newest.kept;
    return { position: newest.position };
  }

  async save(position: LogPosition): Promise<void> {
    const full = this.kept >= this.limit ? this.current : undefined;
    if (full !== undefined) {
      this.current = OUTCOME_FEED_STREAMS[full === OUTCOME_FEED_STREAMS[0] ? 1 : 0];
      // What is left there is older: a removal that was cut short is made up for.
      await this.store.delete(this.current);
      this.kept = 0;
    }
    await this.append(position);
    if (full !== undefined) await this.store.delete(full);
  }

  private async append(position: LogPosition): Promise<void> {
    const id = timeOrderedId();
    const data = { upTo: position === undefined ? null : String(position), at: this.clock.now().toISOString() };
    const schemaVersion = OUTCOME_FEED_EVENT_SCHEMAS.SyncOutcomesPublished.version;
    const metadata = { correlationId: id, actor: 'worker', schemaVersion };
    await this.store.append(this.current, 'any', [{ id, type: 'SyncOutcomesPublished', data, metadata }]);
    this.kept++;
  }
}

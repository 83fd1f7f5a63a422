import type Database from 'better-sqlite3';
import type { Clock } from '../../kernel/clock.js';
import type { DomainEvent } from '../../kernel/domain-event.js';
import type { LogChunk } from '../chunked-log.js';
import type { RecordedEvent, StreamSlice } from '../event-store.port.js';
import { currentRevision, NO_STREAM } from '../expectation.js';
import type { StreamState } from '../expectation.js';
import type { EventSchemas } from '../upcast.js';
import { decodeEvent } from './codec.js';
import type { EventRow } from './codec.js';
import type { Kinds } from './kinds.js';

/** Events one chunk holds at most, the bytes after which it ends, and the positions it looks at. */
const CHUNK_EVENTS = 512;
const CHUNK_BYTES = 8 * 1024 * 1024;
const CHUNK_WINDOW = 4096;

const COLUMNS = 'e.position, e.revision, e.kind, e.id, e.data, e.metadata, s.name';
const ALIVE = '(s.max_age_ms IS NULL OR e.recorded_at > :now - s.max_age_ms)';
const WINDOW = `e.position > :after AND e.position <= :until AND ${ALIVE}`;
/** CROSS JOIN fixes the order of the loops: along the log, and the stream only for events that match. */
const LOG = `SELECT ${COLUMNS} FROM events e CROSS JOIN streams s ON s.id = e.stream WHERE ${WINDOW}`;
const IN_ORDER = `ORDER BY e.position LIMIT ${CHUNK_EVENTS}`;

interface Window {
  readonly after: number;
  readonly until: number;
  readonly now: number;
}

/** All reading of the file, in bounded bites. */
export class SqliteReader {
  private readonly selectStream: Database.Statement<[string], StreamState & { readonly id: number }>;
  private readonly selectEvents: Database.Statement<[{ stream: number; now: number }], EventRow>;
  private readonly selectChunk: Database.Statement<[Window], EventRow>;
  private readonly selectKinds: Database.Statement<[Window & { kinds: string }], EventRow>;
  private readonly selectNext: Database.Statement<[number], number | null>;

  constructor(
    db: Database.Database,
    private readonly kinds: Kinds,
    private readonly clock: Clock,
    private readonly schemas: EventSchemas,
  ) {
    this.selectStream = db.prepare('SELECT id, next, base FROM streams WHERE name = ?');
    this.selectEvents = db.prepare<[{ stream: number; now: number }], EventRow>(
      `SELECT ${COLUMNS} FROM streams s CROSS JOIN events e ON e.stream = s.id
       WHERE s.id = :stream AND ${ALIVE} ORDER BY e.position`,
    );
    this.selectEvents.raw();
    this.selectChunk = db.prepare<[Window], EventRow>(`${LOG} ${IN_ORDER}`).raw();
    this.selectKinds = db
      .prepare<[Window & { kinds: string }], EventRow>(
        `${LOG} AND e.kind IN (SELECT value FROM json_each(:kinds)) ${IN_ORDER}`,
      )
      .raw();
    this.selectNext = db
      .prepare<[number], number | null>('SELECT min(position) FROM events WHERE position > ?')
      .pluck();
  }

  read<E extends DomainEvent>(name: string): StreamSlice<E> {
    const stream = this.selectStream.get(name);
    if (!stream) return { events: [], revision: currentRevision(NO_STREAM) };
    const rows = this.selectEvents.all({ stream: stream.id, now: this.now() });
    return { events: rows.map((row) => this.decode<E>(row)), revision: currentRevision(stream) };
  }

  /** The next bite of the log after `after`, which is below `head`. */
  chunk(after: number, head: number, prefixes: readonly string[]): LogChunk {
    const next = this.selectNext.get(after);
    if (next === null || next === undefined || next > head) return { events: [], position: head };
    const until = Math.min(head, next - 1 + CHUNK_WINDOW);
    const window = { after, until, now: this.now() };
    const rows =
      prefixes.length === 0
        ? this.selectChunk.iterate(window)
        : this.selectKinds.iterate({ ...window, kinds: this.kinds.matching(prefixes) });
    return this.take(rows, until, prefixes);
  }

  private take(rows: Iterable<EventRow>, until: number, prefixes: readonly string[]): LogChunk {
    const events: RecordedEvent[] = [];
    let count = 0;
    let bytes = 0;
    for (const row of rows) {
      const [position, , , , data, , stream] = row;
      if (matches(stream, prefixes)) events.push(this.decode(row));
      bytes += data.length;
      if (++count === CHUNK_EVENTS || bytes >= CHUNK_BYTES) return { events, position };
    }
    return { events, position: until };
  }

  private decode<E extends DomainEvent>(row: EventRow): RecordedEvent<E> {
    return decodeEvent<E>(row, this.kinds.typeOf(row[2]), this.schemas);
  }

  private now(): number {
    return this.clock.now().getTime();
  }
}

const matches = (stream: string, prefixes: readonly string[]): boolean =>
  prefixes.length === 0 || prefixes.some((prefix) => stream.startsWith(prefix));

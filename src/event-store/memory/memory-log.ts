import type { Clock } from '../../kernel/clock.js';
import type { DomainEvent, EventMetadata } from '../../kernel/domain-event.js';
import type { ChunkedLog, LogChunk } from '../chunked-log.js';
import { CommitSignal } from '../commit-signal.js';
import { EventStoreUnavailable } from '../event-store.port.js';
import type { ExpectedRevision, NewEvent, RecordedEvent, StreamSlice } from '../event-store.port.js';
import { currentRevision, judgeAppend, NO_STREAM } from '../expectation.js';
import type { Place, StreamState } from '../expectation.js';
import type { EventSchemas } from '../upcast.js';

const CHUNK = 512;

/** An event as it would be on disk: its content as JSON, so that nobody can change it through a reference. */
interface Stored extends Place {
  readonly id: string;
  readonly stream: string;
  readonly type: string;
  readonly json: string;
  readonly recordedAt: number;
}

interface Stream extends StreamState {
  readonly events: Stored[];
  readonly byId: Map<string, Stored>;
  readonly maxAgeMs: number;
}

const newStream = (): Stream => ({ ...NO_STREAM, events: [], byId: new Map<string, Stored>(), maxAgeMs: Infinity });

/** The log itself, synchronous; positions start at 1. */
export class MemoryLog implements ChunkedLog {
  readonly commits = new CommitSignal();
  private readonly streams = new Map<string, Stream>();
  private log: Stored[] = [];
  private lastPosition = 0;
  private closed = false;

  constructor(
    private readonly clock: Clock,
    private readonly schemas: EventSchemas,
  ) {}

  get head(): number {
    return this.lastPosition;
  }

  assertOpen(): void {
    if (this.closed) throw new EventStoreUnavailable('The event store is closed');
  }

  append(name: string, expected: ExpectedRevision, events: readonly NewEvent[]): Place {
    this.assertOpen();
    const stream = this.streams.get(name) ?? newStream();
    const places = events.map(({ id }) => stream.byId.get(id));
    const repeat = judgeAppend(name, expected, stream, places);
    if (repeat) return repeat;
    const recordedAt = this.clock.now().getTime();
    const stored = events.map(({ id, type, data, metadata }, index) => ({
      ...{ id, stream: name, type, recordedAt, json: JSON.stringify({ data, metadata }) },
      ...{ revision: stream.next + index, position: this.lastPosition + 1 + index },
    }));
    for (const event of stored) {
      stream.events.push(event);
      stream.byId.set(event.id, event);
      this.log.push(event);
    }
    this.lastPosition += stored.length;
    this.streams.set(name, { ...stream, next: stream.next + stored.length });
    this.commits.notify();
    return { revision: stream.next + stored.length - 1, position: this.lastPosition };
  }

  read<E extends DomainEvent>(name: string): StreamSlice<E> {
    this.assertOpen();
    const stream = this.streams.get(name) ?? newStream();
    const events = stream.events.filter((event) => this.isAlive(event)).map((event) => this.decode<E>(event));
    return { events, revision: currentRevision(stream) };
  }

  chunk(after: number, prefixes: readonly string[]): LogChunk {
    this.assertOpen();
    const start = this.indexAfter(after);
    const scanned = this.log.slice(start, start + CHUNK);
    const events = scanned
      .filter((event) => matches(event.stream, prefixes) && this.isAlive(event))
      .map((event) => this.decode(event));
    const atEnd = start + CHUNK >= this.log.length;
    return { events, position: (atEnd ? undefined : scanned.at(-1)?.position) ?? this.lastPosition };
  }

  setMaxAge(name: string, seconds: number): void {
    this.assertOpen();
    this.streams.set(name, { ...(this.streams.get(name) ?? newStream()), maxAgeMs: seconds * 1000 });
  }

  delete(name: string): void {
    this.assertOpen();
    const stream = this.streams.get(name);
    if (!stream) return;
    this.log = this.log.filter((event) => event.stream !== name);
    this.streams.set(name, { ...newStream(), next: stream.next, base: stream.next });
  }

  close(): void {
    this.closed = true;
    this.commits.close();
  }

  private isAlive({ stream, recordedAt }: Stored): boolean {
    const maxAgeMs = this.streams.get(stream)?.maxAgeMs ?? Infinity;
    return recordedAt > this.clock.now().getTime() - maxAgeMs;
  }

  private decode<E extends DomainEvent>({ id, type, stream, revision, position, json }: Stored): RecordedEvent<E> {
    const content = JSON.parse(json) as { data: object; metadata: EventMetadata };
    const current = this.schemas.upcast({ type, data: content.data }, content.metadata);
    // The caller of `read` names the events of the stream; here is the one border where that is taken on trust.
    return { id, type, stream, revision: BigInt(revision), position: BigInt(position), ...current } as RecordedEvent<E>;
  }

  /** Index of the first event after `position`: a binary search, since deletions leave gaps. */
  private indexAfter(position: number): number {
    let low = 0;
    let high = this.log.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.log[middle]?.position ?? Infinity) <= position) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

const matches = (stream: string, prefixes: readonly string[]): boolean =>
  prefixes.length === 0 || prefixes.some((prefix) => stream.startsWith(prefix));

import { NO_EVENTS, TOMBSTONE_REVISION, type StoredEvent } from './stored-event.js';
import { isSoftDeleted, NO_METADATA, type StreamMetadata } from './stream-metadata.js';

export interface StreamPage {
  readonly events: readonly StoredEvent[];
  readonly next: number;
  readonly isEnd: boolean;
}

/** The events of one stream, by revision, and what may be read of them. */
export class StreamIndex {
  /** Without gaps; scavenging takes from the front only, and never the last. */
  private events: StoredEvent[] = [];
  metadata: StreamMetadata = NO_METADATA;
  /** The metadata as written, to keep settings that the server does not know. */
  rawMetadata: Uint8Array = new Uint8Array();
  last = NO_EVENTS;

  constructor(readonly name: string) {}

  get isTombstoned(): boolean {
    return this.last === TOMBSTONE_REVISION;
  }

  get isSoftDeleted(): boolean {
    return isSoftDeleted(this.metadata);
  }

  /** To a reader there is no such stream. */
  get isAbsent(): boolean {
    return this.last === NO_EVENTS || this.isSoftDeleted;
  }

  get newest(): StoredEvent | undefined {
    return this.events.at(-1);
  }

  add(event: StoredEvent): void {
    this.last = event.revision;
    this.events.push(event);
  }

  get(revision: number): StoredEvent | undefined {
    const first = this.events[0];
    const event = first && this.events[revision - first.revision];
    return event?.revision === revision ? event : undefined;
  }

  /** The lowest revision that may be read now. */
  firstReadable(now: number): number {
    const { maxAgeMs, maxCount, truncateBefore } = this.metadata;
    let first = this.events[0]?.revision ?? 0;
    if (maxCount !== undefined) first = Math.max(first, this.last - maxCount + 1);
    if (truncateBefore !== undefined) first = Math.max(first, truncateBefore);
    return maxAgeMs === undefined ? first : Math.max(first, this.firstCreatedAfter(now - maxAgeMs));
  }

  readForwards(from: number, maxCount: number, now: number): StreamPage {
    const start = Math.max(from, this.firstReadable(now));
    const first = this.events[0]?.revision ?? 0;
    const events = start > this.last ? [] : this.events.slice(start - first, start - first + maxCount);
    const next = start + events.length;
    return { events, next, isEnd: next > this.last };
  }

  /** Newest first, from `from` down. */
  readBackwards(from: number, maxCount: number, now: number): readonly StoredEvent[] {
    const lowest = this.firstReadable(now);
    const first = this.events[0]?.revision ?? 0;
    const end = Math.min(from, this.last);
    const start = Math.max(lowest, end - maxCount + 1);
    return start > end ? [] : this.events.slice(start - first, end - first + 1).reverse();
  }

  /** The lowest revision to keep: all that may be read, and the last event in any case, so that revisions go on. */
  scavengeFrom(now: number): number {
    if (this.isTombstoned) return TOMBSTONE_REVISION;
    return Math.min(this.last, this.firstReadable(now));
  }

  dropBelow(revision: number): void {
    this.events = this.events.filter((event) => event.revision >= revision);
  }

  /** Times of creation ascend with the revisions, so half of what is left drops out at each look. */
  private firstCreatedAfter(time: number): number {
    let low = 0;
    let high = this.events.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.events[middle]?.created ?? 0) <= time) low = middle + 1;
      else high = middle;
    }
    return (this.events[0]?.revision ?? 0) + low;
  }
}

import type { StoredEvent } from './stored-event.js';

/** A place in the log. Ordered by commit, then prepare; an event stands at (p, p). */
export interface LogPosition {
  readonly commit: number;
  readonly prepare: number;
}

export const at = (position: number): LogPosition => ({ commit: position, prepare: position });
export const comparePositions = (a: LogPosition, b: LogPosition): number =>
  a.commit - b.commit || a.prepare - b.prepare;

/** Decides whether a reader wants an event. */
export type EventFilter = (event: StoredEvent) => boolean;

export interface ForwardPage {
  readonly events: readonly StoredEvent[];
  /** Where the next page begins: after the last record looked at, before the one that follows. */
  readonly next: LogPosition;
  readonly considered: number;
  readonly isEnd: boolean;
}

/** Lowest index whose position is not below `position`. */
const indexFrom = (count: number, positionAt: (index: number) => number, position: number): number => {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (positionAt(middle) < position) low = middle + 1;
    else high = middle;
  }
  return low;
};

/** Every event in the order of its commit, each at the byte offset that its record would have. */
export class EventLog {
  private events: StoredEvent[] = [];
  /** Where records ever began, also those scavenged: the only places one may read from. */
  private readonly starts: number[] = [];
  private readonly waiting = new Set<() => void>();
  private wakeScheduled = false;
  /** Where the next record will begin. */
  end = 0;
  /** Changes when events are taken out, and indexes with them. */
  generation = 0;

  get length(): number {
    return this.events.length;
  }

  /** Position of the last event ever appended, -1 before there is one. */
  get lastPosition(): number {
    return this.starts.at(-1) ?? -1;
  }

  get(index: number): StoredEvent | undefined {
    return this.events[index];
  }

  append(event: StoredEvent, recordBytes: number): void {
    this.events.push(event);
    this.starts.push(event.position);
    this.end = event.position + recordBytes;
    this.scheduleWake();
  }

  /** Takes out what `keep` does not want; positions stay as they are. */
  scavenge(keep: (event: StoredEvent) => boolean): number {
    const before = this.events.length;
    this.events = this.events.filter(keep);
    this.generation++;
    return before - this.events.length;
  }

  /** True for the start of a record, and for anything from the end on. */
  isReadable(commit: number): boolean {
    if (commit >= this.end) return true;
    const index = indexFrom(this.starts.length, (i) => this.starts[i] ?? 0, commit);
    return this.starts[index] === commit;
  }

  /** Index of the first event at or after the position. */
  indexOf(position: LogPosition): number {
    const index = indexFrom(this.events.length, (i) => this.events[i]?.position ?? 0, position.commit);
    const event = this.events[index];
    return event?.position === position.commit && position.prepare > event.position ? index + 1 : index;
  }

  /** Events from `from` on, inclusive. Looks at no more than `window` of them, answers no more than `maxCount`. */
  readForwards(from: LogPosition, maxCount: number, window: number, filter?: EventFilter): ForwardPage {
    const events: StoredEvent[] = [];
    let index = this.indexOf(from);
    let considered = 0;
    let next = from;
    while (events.length < maxCount && considered < window) {
      const event = this.events[index++];
      if (event === undefined) return { events, next, considered, isEnd: true };
      considered++;
      if (filter === undefined || filter(event)) events.push(event);
      next = { commit: this.events[index]?.position ?? this.end, prepare: 0 };
    }
    return { events, next, considered, isEnd: false };
  }

  /** Events before `from`, newest first. */
  readBackwards(from: LogPosition, maxCount: number, filter?: EventFilter): Omit<ForwardPage, 'considered'> {
    const events: StoredEvent[] = [];
    let index = this.indexOf(from);
    let next = from;
    while (events.length < maxCount) {
      const event = this.events[--index];
      if (event === undefined) return { events, next, isEnd: true };
      if (filter === undefined || filter(event)) events.push(event);
      next = at(event.position);
    }
    return { events, next, isEnd: false };
  }

  /** Calls back once, soon after the next append. The answer takes it back. */
  onceAppended(callback: () => void): () => void {
    this.waiting.add(callback);
    return () => void this.waiting.delete(callback);
  }

  /** Appends of one turn wake the waiting only once. */
  private scheduleWake(): void {
    if (this.wakeScheduled || this.waiting.size === 0) return;
    this.wakeScheduled = true;
    setImmediate(() => {
      this.wakeScheduled = false;
      const callbacks = [...this.waiting];
      this.waiting.clear();
      for (const callback of callbacks) callback();
    });
  }
}

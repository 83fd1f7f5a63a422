import type { Database } from './database.js';
import { at, comparePositions, type EventFilter, type LogPosition } from './event-log.js';
import type { EventSender } from './event-sender.js';
import type { StoredEvent } from './stored-event.js';

/** How many events the real server reads at once, and how many it keeps for a subscriber that is slow. */
export const READ_BATCH = 32;

export interface SubscriptionFilter {
  readonly matches: EventFilter;
  /** Events looked at per page. */
  readonly window: number;
  /** Events looked at per checkpoint. */
  readonly checkpointInterval: number;
}

const BEFORE_ALL: LogPosition = at(-1);
/** Behind the event at this position, before any other. */
const after = (position: number): LogPosition => ({ commit: position, prepare: Infinity });
const later = (a: LogPosition, b: LogPosition) => (comparePositions(a, b) < 0 ? b : a);

/**
 * A subscription to `$all`: catches up page by page, then lives on what is committed, and goes back to catching up when
 * its reader is too slow. Checkpoints are sent only with a filter.
 */
export class AllSubscription {
  /** The last event or checkpoint sent: what follows it is still to be sent. */
  private checkpoint = BEFORE_ALL;
  /** Up to here the log has been looked at. */
  private next: LogPosition = at(0);
  private considered = 0;
  private lastSent: LogPosition | undefined;

  constructor(
    private readonly database: Database,
    private readonly sender: EventSender,
    private readonly filter?: SubscriptionFilter,
  ) {}

  /** Runs until the call ends. `from` is exclusive; undefined: from the beginning. */
  async run(subscriptionId: string, from: LogPosition | 'end' | undefined): Promise<never> {
    const last = at(this.database.log.lastPosition);
    this.checkpoint = from === 'end' ? last : (from ?? BEFORE_ALL);
    await this.sender.confirmation(subscriptionId);
    if (comparePositions(this.checkpoint, last) >= 0) {
      this.next = after(last.commit);
      await this.live();
    }
    for (;;) {
      await this.catchUp();
      await this.live();
    }
  }

  private get interval(): number {
    return this.filter?.checkpointInterval ?? Infinity;
  }

  /** Ends when the end of the log is reached. */
  private async catchUp(): Promise<void> {
    const { log } = this.database;
    this.considered = 0;
    this.next = later(this.checkpoint, at(0));
    for (;;) {
      const pageStart = this.next;
      const page = log.readForwards(pageStart, READ_BATCH, this.filter?.window ?? READ_BATCH, this.filter?.matches);
      this.next = page.next;
      for (const event of page.events) {
        if (!this.isAfterCheckpoint(event)) continue;
        await this.sender.event(event);
        this.checkpoint = at(event.position);
      }
      this.considered += page.considered;
      // A checkpoint is the last event sent or the start of the page, never the end of what this page has looked at.
      if (page.isEnd || this.considered >= this.interval) {
        this.considered %= this.interval;
        await this.sendCheckpoint(later(this.checkpoint, pageStart));
      }
      if (page.isEnd) return;
    }
  }

  /** Ends when the reader has fallen behind. */
  private async live(): Promise<void> {
    const { log } = this.database;
    this.considered = 0;
    await this.sender.caughtUp();
    for (;;) {
      let index = log.indexOf(this.next);
      const { generation } = log;
      for (let event = log.get(index); event !== undefined; event = log.get(index)) {
        index++;
        this.next = after(event.position);
        const wait = this.sendLive(event);
        if (wait === undefined) continue;
        await wait;
        if (log.generation !== generation) break;
        if (log.length - index > READ_BATCH) return this.fallBehind();
      }
      if (log.indexOf(this.next) >= log.length) await this.sender.outlet.waitFor((wake) => log.onceAppended(wake));
    }
  }

  /** Undefined: the next may follow at once. */
  private sendLive(event: StoredEvent): Promise<void> | undefined {
    let wait: Promise<void> | undefined;
    if (this.isAfterCheckpoint(event) && this.filter?.matches(event) !== false) {
      wait = this.sender.event(event);
      this.checkpoint = at(event.position);
    }
    if (++this.considered < this.interval) return wait;
    this.considered = 0;
    const checkpoint = this.sendCheckpoint(later(this.checkpoint, at(event.position)));
    return wait === undefined ? checkpoint : Promise.all([wait, checkpoint]).then(() => undefined);
  }

  private isAfterCheckpoint(event: StoredEvent): boolean {
    return comparePositions(at(event.position), this.checkpoint) > 0;
  }

  private async fallBehind(): Promise<void> {
    await this.sender.fellBehind();
    await this.sendCheckpoint(this.checkpoint);
  }

  /** Not the same twice, and none before there is one. */
  private sendCheckpoint(position: LogPosition): Promise<void> | undefined {
    if (this.filter === undefined || position.commit < 0) return undefined;
    this.checkpoint = position;
    if (this.lastSent !== undefined && comparePositions(position, this.lastSent) <= 0) return undefined;
    this.lastSent = position;
    return this.sender.checkpoint(position);
  }
}

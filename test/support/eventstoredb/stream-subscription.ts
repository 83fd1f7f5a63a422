import { READ_BATCH } from './all-subscription.js';
import type { Database } from './database.js';
import type { EventSender } from './event-sender.js';
import { streamDeleted } from './rpc-error.js';
import { NO_EVENTS, TOMBSTONE_REVISION } from './stored-event.js';

/** A subscription to one stream. It may begin before the stream does, and ends with the stream's tombstone. */
export class StreamSubscription {
  constructor(
    private readonly database: Database,
    private readonly sender: EventSender,
    private readonly stream: string,
  ) {}

  /** Runs until the call ends. `from` is exclusive; undefined: from the beginning. */
  async run(subscriptionId: string, from: number | 'end' | undefined): Promise<never> {
    const last = this.last();
    await this.sender.confirmation(subscriptionId);
    let checkpoint = from === 'end' ? last : (from ?? NO_EVENTS);
    if (checkpoint >= last && last !== TOMBSTONE_REVISION) checkpoint = await this.live(checkpoint);
    for (;;) {
      checkpoint = await this.catchUp(checkpoint);
      checkpoint = await this.live(checkpoint);
    }
  }

  private last(): number {
    return this.database.isTombstoned(this.stream)
      ? TOMBSTONE_REVISION
      : (this.database.stream(this.stream)?.last ?? NO_EVENTS);
  }

  private async catchUp(from: number): Promise<number> {
    let checkpoint = from;
    for (;;) {
      if (this.database.isTombstoned(this.stream)) throw streamDeleted(this.stream);
      const stream = this.database.stream(this.stream);
      if (stream === undefined || stream.isAbsent) return checkpoint;
      const page = stream.readForwards(checkpoint + 1, READ_BATCH, this.database.now());
      for (const event of page.events) {
        await this.sender.event(event);
        checkpoint = event.revision;
      }
      if (checkpoint >= stream.last || page.events.length === 0) return checkpoint;
    }
  }

  /** Answers the revision from which to catch up again. */
  private async live(from: number): Promise<number> {
    await this.sender.caughtUp();
    let checkpoint = from;
    for (;;) {
      // As committed: what expires meanwhile is still sent.
      const event = this.database.stream(this.stream)?.get(checkpoint + 1);
      if (event !== undefined) {
        const wait = this.sender.event(event);
        checkpoint = event.revision;
        if (wait === undefined) continue;
        await wait;
        if (Number.isFinite(this.last()) && this.last() - checkpoint > READ_BATCH) {
          await this.sender.fellBehind();
          return checkpoint;
        }
        continue;
      }
      if (this.database.isTombstoned(this.stream)) await this.sendTombstone();
      // Scavenged before they were sent: what is left is found by reading.
      if (this.last() > checkpoint) return checkpoint;
      await this.sender.outlet.waitFor((wake) => this.database.log.onceAppended(wake));
    }
  }

  private async sendTombstone(): Promise<never> {
    const tombstone = this.database.stream(this.stream)?.newest;
    if (tombstone?.revision === TOMBSTONE_REVISION) await this.sender.event(tombstone);
    throw streamDeleted(this.stream);
  }
}

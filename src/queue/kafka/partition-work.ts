import { setMaxListeners } from 'node:events';
import { OffsetLedger } from '../../kernel/offset-ledger.js';
import type { DeliveredMessage } from '../queue.port.js';

/** A message to handle, or the last offset of a stretch in which there is none. */
type Entry = DeliveredMessage | { readonly offset: bigint; readonly body?: undefined };

/** Work of one partition that this process has: what was fetched, what is in hand, and up to where all is settled. */
export class PartitionWork {
  /** The next offset to take from the broker; undefined until it is known where the group left off. */
  next: bigint | undefined;
  /** True once the partition is another consumer's: nothing is settled here any more. */
  lost = false;
  paused = false;
  /** Where the log goes on behind a gap that was seen once; seen twice, it is a real one. */
  gapEnd: bigint | undefined;
  /** Everything before it is settled and committed, as far as this process knows. */
  committed: bigint | undefined;
  bufferedBytes = 0;
  /** Fetched and not settled. */
  openMessages = 0;
  openWeight = 0;
  private readonly ledger = new OffsetLedger();
  private readonly inHand = new Map<bigint, AbortController>();
  private buffer: Entry[] = [];
  private head = 0;

  constructor(readonly partition: number) {}

  get buffered(): number {
    return this.buffer.length - this.head;
  }

  get inFlight(): number {
    return this.inHand.size;
  }

  /** The offset to commit: everything before it is settled. Undefined when there is nothing new. */
  get toCommit(): bigint | undefined {
    const { settledTo, committed } = this;
    return this.lost || settledTo === committed ? undefined : settledTo;
  }

  /** Everything before it is settled. */
  get settledTo(): bigint | undefined {
    const { committable } = this.ledger;
    const reached = committable === undefined ? this.committed : committable + 1n;
    return this.committed !== undefined && reached !== undefined && reached < this.committed ? this.committed : reached;
  }

  /** Takes what was fetched; `last` is the last offset that was looked at, with or without a message. */
  add(messages: readonly DeliveredMessage[], last: bigint): void {
    for (const message of messages) {
      if (this.next !== undefined && message.offset < this.next) continue;
      this.buffer.push(message);
      this.bufferedBytes += message.body.length;
      this.openMessages++;
      this.openWeight += message.weight;
      this.next = message.offset + 1n;
    }
    if (this.next !== undefined && last < this.next) return;
    this.buffer.push({ offset: last });
    this.next = last + 1n;
  }

  /** The next message to handle, if it is not too far ahead of the oldest one that is open; stretches without any are passed. */
  take(window: number): DeliveredMessage | undefined {
    for (;;) {
      const entry = this.buffer[this.head];
      if (!entry || this.ledger.window >= window) return undefined;
      this.advance();
      this.ledger.take(entry.offset);
      if (entry.body) {
        this.bufferedBytes -= entry.body.length;
        return entry;
      }
      this.ledger.settle(entry.offset);
    }
  }

  /** The signal for the handler of a message that was taken. */
  begin({ offset }: DeliveredMessage): AbortSignal {
    const controller = new AbortController();
    setMaxListeners(0, controller.signal);
    this.inHand.set(offset, controller);
    return controller.signal;
  }

  /** The handler of a message has ended. */
  end({ offset, weight }: DeliveredMessage, settled: boolean): void {
    this.inHand.delete(offset);
    if (!settled || this.lost) return;
    this.ledger.settle(offset);
    this.openMessages--;
    this.openWeight -= weight;
  }

  /** Tells the handlers to end. */
  abort(reason: Error): void {
    for (const controller of this.inHand.values()) controller.abort(reason);
  }

  /** Forgets what was fetched and not taken. */
  drop(): void {
    this.buffer = [];
    this.head = 0;
    this.bufferedBytes = 0;
  }

  private advance(): void {
    if (++this.head < 256 || this.head * 2 < this.buffer.length) return;
    this.buffer.splice(0, this.head);
    this.head = 0;
  }
}

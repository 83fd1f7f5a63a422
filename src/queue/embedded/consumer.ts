import { setMaxListeners } from 'node:events';
import { OffsetLedger } from '../../kernel/offset-ledger.js';
import { backoffMs, wait } from '../../kernel/retry.js';
import type { DeliveredMessage, Handled } from '../queue.port.js';
import { deliver, type DeliveryRules, type Handle } from '../delivery.js';

type Refusal = Extract<Handled, { kind: 'dead' }>;

/** What the consumer asks of its queue. */
export interface Source {
  /** Durable messages after the offset, oldest first. */
  readonly after: (offset: bigint, limit: number, maxBytes: number) => DeliveredMessage[];
  /** Told when the file could not be read. */
  readonly unreadable: (error: unknown) => void;
  /** Moves the message to the dead letters; resolves when that is durable. */
  readonly bury: (message: DeliveredMessage, refusal: Refusal) => Promise<void>;
  /** The message is settled; up to `committable` there is nothing left to do. */
  readonly settled: (message: DeliveredMessage, committable: bigint | undefined) => void;
}

const FETCH_LIMIT = 256;
const READ_AGAIN_MS = 1_000;
const FETCH_BYTES = 8 * 1024 * 1024;
// How far one slow message may hold back the commit, in messages per handler.
const WINDOW_PER_HANDLER = 16;

/** Hands messages to handlers, many at once, in offset order, and knows up to where all are settled. */
export class Consumer {
  /** Resolves when the consumer was stopped and the handlers in flight have ended. */
  readonly ended: Promise<void>;
  private end!: () => void;
  private readonly ledger = new OffsetLedger();
  private readonly stopping = new AbortController();
  private ready: DeliveredMessage[] = [];
  private nextReady = 0;
  private readyBytes = 0;
  private inFlight = 0;
  private seesAll = false;
  private readAgain: NodeJS.Timeout | undefined;

  constructor(
    private cursor: bigint,
    private readonly maxInFlight: number,
    private readonly handle: Handle,
    private readonly rules: DeliveryRules,
    private readonly source: Source,
  ) {
    if (!Number.isInteger(maxInFlight) || maxInFlight < 1) throw new Error(`maxInFlight must be at least 1`);
    setMaxListeners(0, this.stopping.signal);
    this.ended = new Promise((resolve) => (this.end = resolve));
  }

  /** True when it has taken everything durable so far: what comes next can be handed over without reading it back. */
  get wantsHandOver(): boolean {
    return this.seesAll && !this.stopping.signal.aborted;
  }

  /** A message that has just become durable; in offset order, and only while `wantsHandOver`. */
  handOver(message: DeliveredMessage): void {
    if (this.ready.length - this.nextReady >= FETCH_LIMIT || this.readyBytes >= FETCH_BYTES) {
      this.seesAll = false; // full: the rest is read from the file when there is room
      return;
    }
    this.ready.push(message);
    this.readyBytes += message.body.length;
    this.cursor = message.offset;
  }

  /** Starts as many handlers as the bounds allow. */
  pump(): void {
    const { ledger, maxInFlight } = this;
    while (this.inFlight < maxInFlight && ledger.window < maxInFlight * WINDOW_PER_HANDLER) {
      if (this.stopping.signal.aborted) return;
      const message = this.next();
      if (!message) return;
      ledger.take(message.offset);
      this.inFlight++;
      void this.process(message);
    }
  }

  /** Delivers nothing more and tells the handlers; `ended` says when they are done. */
  stop(): void {
    this.stopping.abort();
    clearTimeout(this.readAgain);
    this.ready = [];
    if (this.inFlight === 0) this.end();
  }

  private next(): DeliveredMessage | undefined {
    if (this.nextReady === this.ready.length) this.refill();
    const message = this.ready[this.nextReady];
    if (!message) return undefined;
    if (++this.nextReady >= FETCH_LIMIT) {
      this.ready.splice(0, this.nextReady); // under a steady load it would never be empty, and never let go
      this.nextReady = 0;
    }
    this.readyBytes -= message.body.length;
    return message;
  }

  private refill(): void {
    this.ready = [];
    this.nextReady = 0;
    this.readyBytes = 0;
    if (this.seesAll) return;
    try {
      this.ready = this.source.after(this.cursor, FETCH_LIMIT, FETCH_BYTES);
    } catch (error) {
      this.pumpLater(error);
      return;
    }
    for (const { body } of this.ready) this.readyBytes += body.length;
    this.cursor = this.ready.at(-1)?.offset ?? this.cursor;
    this.seesAll = this.ready.length === 0;
  }

  /** The file could not be read: nothing is skipped, it is read again after a while. */
  private pumpLater(error: unknown): void {
    this.source.unreadable(error);
    if (this.readAgain) return;
    this.readAgain = setTimeout(() => {
      this.readAgain = undefined;
      this.pump();
    }, READ_AGAIN_MS);
  }

  private async process(message: DeliveredMessage): Promise<void> {
    const { signal } = this.stopping;
    const handled = await deliver(message, this.handle, this.rules, signal);
    if (handled && (handled.kind === 'done' || (await this.bury(message, handled, signal)))) {
      this.ledger.settle(message.offset);
      this.source.settled(message, this.ledger.committable);
    }
    this.inFlight--;
    if (!signal.aborted) this.pump();
    else if (this.inFlight === 0) this.end();
  }

  /** Tries until the dead letter is durable; false when the signal aborted before: then the message is delivered again. */
  private async bury(message: DeliveredMessage, refusal: Refusal, signal: AbortSignal): Promise<boolean> {
    for (let attempt = 1; ; attempt++) {
      try {
        await this.source.bury(message, refusal);
        return true;
      } catch {
        const delayed = wait(backoffMs(this.rules.retry, attempt), signal);
        if (
          !(await delayed.then(
            () => true,
            () => false,
          ))
        )
          return false;
      }
    }
  }
}

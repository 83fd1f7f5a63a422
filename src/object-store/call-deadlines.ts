import { Readable } from 'node:stream';
import { Deadline, orAborted } from './deadline.js';
import type { ListingPages, Proceed, ProceedPages, StoreCall } from './intercept-store.js';
import { type OpenedObject, StoreError } from './object-store.port.js';
import { discard } from './opened-object.js';
import { PassingBody } from './passing-body.js';

export interface DeadlineOptions {
  /** A response must begin within this time, counted from the last byte sent. */
  readonly requestTimeoutMs: number;
  /** A body must not stand still longer than this, in either direction. */
  readonly idleTimeoutMs: number;
}

/** The slowest tolerated transfer of a body in memory, whose progress cannot be seen: 64 bytes a millisecond. */
export const SLOWEST_BYTES_PER_MS = 64;

export const timedOut = (what: string): StoreError =>
  new StoreError('timeout', what, { backendCode: 'RequestTimeout' });

/** Keeps the time of calls: no call and no body can hang, and what takes too long fails with `timeout`. */
export class CallDeadlines {
  constructor(private readonly options: DeadlineOptions) {}

  /** Every call but `open` and listings. */
  async call<T>(call: StoreCall, signal: AbortSignal, proceed: Proceed<T>): Promise<T> {
    const { requestTimeoutMs } = this.options;
    const sendingMs = Buffer.isBuffer(call.body) ? call.body.length / SLOWEST_BYTES_PER_MS : 0;
    const deadline = new Deadline(signal, requestTimeoutMs + sendingMs);
    const { body } = call;
    const timed = body instanceof Readable ? { ...call, body: new SendingBody(body, deadline, this.options) } : call;
    try {
      return await orAborted(proceed(timed, deadline.signal), deadline);
    } catch (error) {
      throw deadline.expired ? timedOut(`No answer to ${call.operation} in time`) : error;
    } finally {
      deadline.close();
    }
  }

  async open(call: StoreCall, signal: AbortSignal, proceed: Proceed<OpenedObject>): Promise<OpenedObject> {
    const collectingMs = (call.collectUpTo ?? 0) / SLOWEST_BYTES_PER_MS;
    const deadline = new Deadline(signal, this.options.requestTimeoutMs + collectingMs);
    try {
      const opening = proceed(call, deadline.signal).then((opened) => {
        if (deadline.signal.aborted) discard(opened); // nobody waits any more
        return opened;
      });
      const opened = await orAborted(opening, deadline);
      if (opened.content !== undefined) {
        deadline.close();
        return opened;
      }
      deadline.disarm();
      const { info, body } = opened;
      return { info, body: new ReceivedBody(body, deadline, this.options.idleTimeoutMs) };
    } catch (error) {
      deadline.close();
      throw deadline.expired ? timedOut('No answer to open in time') : error;
    }
  }

  async *pages(after: string | undefined, signal: AbortSignal, proceed: ProceedPages): ListingPages {
    const deadline = new Deadline(signal, this.options.requestTimeoutMs);
    deadline.disarm();
    const pages = proceed(after, deadline.signal)[Symbol.asyncIterator]();
    try {
      for (;;) {
        // Only our waiting counts, not what the caller does with a page meanwhile.
        deadline.arm();
        const step = await orAborted(pages.next(), deadline);
        deadline.disarm();
        if (step.done === true) return;
        yield step.value;
      }
    } catch (error) {
      throw deadline.expired ? timedOut('No page of the listing in time') : error;
    } finally {
      deadline.close();
      void pages.return?.().catch(() => undefined);
    }
  }
}

/** A body on its way to us: the time runs while the reader waits for more. */
class ReceivedBody extends PassingBody {
  constructor(
    inner: Readable,
    private readonly deadline: Deadline,
    private readonly idleTimeoutMs: number,
  ) {
    super(inner);
    const { signal } = deadline;
    deadline.whenAborted(() => {
      this.destroy(deadline.expired ? timedOut('The body stood still for too long') : (signal.reason as Error));
    });
  }

  protected override demanded(): void {
    this.deadline.arm(this.idleTimeoutMs);
  }
  protected override passed(): void {
    this.deadline.arm(this.idleTimeoutMs);
  }
  protected override sated(): void {
    this.deadline.disarm();
  }
  protected override ended(): undefined {
    this.deadline.close();
  }
  protected override settled(): void {
    this.deadline.close();
  }
}

/** A body on its way to a store: the time runs while the store takes nothing, and anew for its answer after the end. */
class SendingBody extends PassingBody {
  constructor(
    inner: Readable,
    private readonly deadline: Deadline,
    private readonly times: DeadlineOptions,
  ) {
    super(inner);
  }

  protected override demanded(): void {
    this.deadline.disarm(); // what is waited for now is the source's, which has a time of its own
  }
  protected override passed(): void {}
  protected override sated(): void {
    this.deadline.arm(this.times.idleTimeoutMs);
  }
  protected override ended(): undefined {
    this.deadline.arm(this.times.requestTimeoutMs);
  }
  protected override settled(): void {}
}

import type { RetryPolicy } from '../../src/kernel/retry.js';
import type { DeliveredMessage, Handled, Queue, QueueMessage } from '../../src/queue/queue.port.js';

export interface QueueSettings {
  readonly maxUnsettledWeight: number;
  readonly retry: RetryPolicy;
}

/** How an adapter is put on trial. A place is where a queue keeps its messages; opening it again finds them. */
export interface QueueCase {
  readonly newPlace: () => Promise<string>;
  readonly open: (place: string, settings: QueueSettings) => Queue | Promise<Queue>;
  /**
   * What was published before the queue was opened is counted by its offsets: each message weighs one, and an offset without a
   * message, as a transaction leaves one, counts until it is passed.
   */
  readonly countsByOffset?: boolean;
  /** Path of a module with a function `openQueue(place)`, for the processes that are killed. */
  readonly childModule: string;
}

export const message = (id: string, { key = 'k', weight = 1, text = id } = {}): QueueMessage => ({
  id,
  key,
  weight,
  headers: {},
  body: Buffer.from(text),
});

export const messages = (count: number): QueueMessage[] =>
  Array.from({ length: count }, (_, n) => message(`m${n}`, { key: `k${n % 7}` }));

export const DONE: Handled = { kind: 'done' };

type Handler = (message: DeliveredMessage, signal: AbortSignal) => Handled | Promise<Handled>;

/** A consumer that can be asked what it got and waited for. */
export class Consumption {
  readonly delivered: DeliveredMessage[] = [];
  readonly ended: Promise<void>;
  private readonly stopping = new AbortController();
  private readonly watchers = new Set<() => void>();

  constructor(queue: Queue, handler: Handler = () => DONE, maxInFlight = 8) {
    const handle = async (each: DeliveredMessage, signal: AbortSignal) => {
      this.delivered.push(each);
      for (const watcher of this.watchers) watcher();
      return handler(each, signal);
    };
    this.ended = queue.consume({ maxInFlight }, handle, this.stopping.signal);
    this.ended.catch(() => undefined); // who waits for it sees it
  }

  get ids(): string[] {
    return this.delivered.map(({ id }) => id);
  }

  /** Resolves once this many deliveries began. */
  async reached(count: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const watcher = () => {
        if (this.delivered.length < count) return;
        this.watchers.delete(watcher);
        resolve();
      };
      this.watchers.add(watcher);
      watcher();
    });
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.ended;
  }
}

/** A door that handlers wait at until the test opens it. */
export class Gate {
  readonly opened: Promise<void>;
  open!: () => void;

  constructor() {
    this.opened = new Promise((resolve) => (this.open = resolve));
  }
}

/** A handler that ends only when it is told to stop. */
export const untilAborted = (_message: DeliveredMessage, signal: AbortSignal): Promise<Handled> =>
  new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('stopped'))));

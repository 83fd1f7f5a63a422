import type { ReactorHost } from '../projections/reactor-host.js';
import type { LedgerCloser } from './ledger-closer.js';
import type { ObjectListWriter } from './object-list-writer.js';
import type { TaskStorePool } from './task-stores.js';

/** What takes messages from the queue until the signal aborts, and resolves when the ones in flight have ended. */
export interface EventConsumer {
  run(signal: AbortSignal): Promise<void>;
}

/** Last lists are written within this time at a stop; what is late is written after the next start. */
const LAST_LISTS_MS = 5000;

/** The worker role of a process: consumer, reactors and list writer, started and stopped together. */
export class SyncWorker {
  private readonly stopTaking = new AbortController();
  private readonly stopLists = new AbortController();
  private consuming: Promise<void> = Promise.resolve();
  private writing: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly consumer: EventConsumer,
    private readonly reactors: ReactorHost,
    private readonly lists: ObjectListWriter,
    /** Only where sync events expire. */
    private readonly closer: LedgerCloser | undefined,
    private readonly stores: TaskStorePool,
    /** Ends copies in flight; aborted when a stop has taken too long. */
    private readonly hardStop: AbortController,
    private readonly onFailure: (error: unknown) => void,
  ) {}

  start(): void {
    this.reactors.start();
    const failed = (error: unknown) => this.onFailure(error);
    this.consuming = this.consumer.run(this.stopTaking.signal).catch(failed);
    const { signal } = this.stopLists;
    this.writing = Promise.all([this.lists.run(signal), this.closer?.run(signal)]).catch(failed);
  }

  /**
   * Takes no new work, lets what is in flight end for at most `timeoutMs`, then abandons it: it stays in the queue and is
   * done again after the next start. Writes the last lists.
   */
  async stop(timeoutMs: number): Promise<void> {
    const timer = setTimeout(() => this.hardStop.abort(new Error('The service stops')), timeoutMs);
    this.stopTaking.abort();
    await this.consuming;
    clearTimeout(timer);
    this.stopLists.abort();
    await this.writing;
    await this.lists.flush(AbortSignal.timeout(LAST_LISTS_MS));
    await this.reactors.stop();
    await this.stores.close();
  }
}

import type { LeasedWork, Leases } from '../leases/leases.js';
import { SYNC_DUTIES, type SyncDuties } from './sync-duties.js';
import type { TaskStorePool } from './task-stores.js';

/** What takes messages from the queue until the signal aborts, and resolves when the ones in flight have ended. */
export interface EventConsumer {
  run(signal: AbortSignal): Promise<void>;
}

/** The lease under which outcomes are published for other programs. */
const SYNC_OUTCOMES = 'sync-outcomes';

/** Last lists are written within this time at a stop; what is late is written after the next start. */
const LAST_LISTS_MS = 5000;

/** The worker role of a process: it always takes events, and does the duties of all workers while it has their lease. */
export class SyncWorker {
  private readonly stopTaking = new AbortController();
  private readonly stopDuties = new AbortController();
  private consuming: Promise<void> = Promise.resolve();
  private holding: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly consumer: EventConsumer,
    private readonly leases: Leases,
    private readonly duties: SyncDuties,
    private readonly stores: TaskStorePool,
    /** Ends copies in flight; aborted when a stop has taken too long. */
    private readonly hardStop: AbortController,
    private readonly onFailure: (error: unknown) => void,
    /** Only where outcomes are published. */
    private readonly publishOutcomes?: LeasedWork,
  ) {}

  start(): void {
    this.consuming = this.consumer.run(this.stopTaking.signal).catch((error: unknown) => this.onFailure(error));
    const { signal } = this.stopDuties;
    this.holding = Promise.all([
      this.leases.hold(SYNC_DUTIES, (held) => this.duties.run(held), signal),
      this.publishOutcomes && this.leases.hold(SYNC_OUTCOMES, this.publishOutcomes, signal),
    ]);
  }

  /**
   * Takes no new work, lets what is in flight end for at most `timeoutMs`, then abandons it: it stays in the queue and is
   * done again after the next start or by another process. Writes the last lists and gives the duties away.
   */
  async stop(timeoutMs: number): Promise<void> {
    const timer = setTimeout(() => this.hardStop.abort(new Error('The service stops')), timeoutMs);
    this.stopTaking.abort();
    await this.consuming;
    clearTimeout(timer);
    await this.duties.writeLists(LAST_LISTS_MS);
    this.stopDuties.abort(new Error('The service stops'));
    await this.holding;
    await this.stores.close();
  }
}

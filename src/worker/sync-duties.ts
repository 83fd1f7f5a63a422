import { hasEnded } from '../kernel/has-ended.js';
import type { ReactorHost } from '../projections/reactor-host.js';
import type { LedgerCloser } from './ledger-closer.js';
import type { ObjectListRepair } from './object-list-repair.js';
import type { ObjectListWriter } from './object-list-writer.js';

/** The lease under which they are done. */
export const SYNC_DUTIES = 'sync-duties';

/** What one worker at a time does for all: reacts to starts and deletions, writes the lists, closes the ledgers. */
export class SyncDuties {
  private signal: AbortSignal | undefined;

  constructor(
    private readonly reactors: ReactorHost,
    private readonly lists: ObjectListWriter,
    /** Only where sync events expire. */
    private readonly closer: LedgerCloser | undefined,
    /** Only where another process may have written lists before. */
    private readonly repair: ObjectListRepair | undefined,
  ) {}

  /** Does them until the signal aborts, and resolves when all has ended. May be run again, not twice at once. */
  async run(signal: AbortSignal): Promise<void> {
    const failed = new AbortController();
    const until = AbortSignal.any([signal, failed.signal]);
    this.signal = until;
    this.reactors.start();
    const parts = [this.lists, this.closer, this.repair]
      .filter((part) => part !== undefined)
      .map((part) => part.run(until));
    try {
      await Promise.all(parts);
    } finally {
      failed.abort();
      this.signal = undefined;
      await Promise.allSettled(parts);
      await this.reactors.stop();
    }
  }

  /** Writes all pending lines now, within `timeoutMs`, if the duties are done here. */
  async writeLists(timeoutMs: number): Promise<void> {
    if (this.signal === undefined || hasEnded(this.signal)) return;
    await this.lists.flush(AbortSignal.any([this.signal, AbortSignal.timeout(timeoutMs)]));
  }
}

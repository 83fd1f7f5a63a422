import type { ReactorHost } from '../../projections/reactor-host.js';

/** One of the works of the duties: until the signal aborts. */
export interface Duty {
  run(signal: AbortSignal): Promise<void>;
}

/** What one worker at a time does for all migration tasks and their groups. */
export class MigrationDuties {
  constructor(
    private readonly reactors: ReactorHost,
    private readonly duties: readonly Duty[],
  ) {}

  /** Does them until the signal aborts, and resolves when all has ended. May be run again, not twice at once. */
  async run(signal: AbortSignal): Promise<void> {
    const failed = new AbortController();
    const until = AbortSignal.any([signal, failed.signal]);
    this.reactors.start();
    const parts = this.duties.map((duty) => duty.run(until));
    try {
      await Promise.all(parts);
    } finally {
      failed.abort();
      await Promise.allSettled(parts);
      await this.reactors.stop();
    }
  }
}

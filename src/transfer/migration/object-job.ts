import type { TransferFailure, TransferOutcome } from '../sync-object.js';
import type { Job, JobPool } from './job-pool.js';
import type { MigratedObject, SourceEntry } from './migration.js';
import type { ObjectMover } from './object-mover.js';
import { failed, refuseToGoOn, skipped, succeeded } from './outcomes.js';
import type { PageInFlight } from './page-in-flight.js';
import type { Work } from './plan-page.js';
import type { Archived, Restores } from './restores.js';
import type { TargetLanes } from './target-lanes.js';

/** What all jobs of a migration share. */
export interface JobParts {
  readonly pool: JobPool;
  readonly lanes: TargetLanes;
  readonly mover: ObjectMover;
  readonly restores: Restores;
  readonly signal: AbortSignal;
}

/** One object of a page, from its turn to its end. */
export class ObjectJob implements Job, Archived {
  waitedMs: number | undefined = undefined;
  private readonly entry: SourceEntry;

  constructor(
    private readonly parts: JobParts,
    private readonly page: PageInFlight,
    private readonly work: Work,
    private readonly target: string,
  ) {
    this.entry = page.entry(work.index);
  }

  /** Another entry of the same name at the destination may be on its way: then this one gets its turn after that. */
  run(): Promise<void> {
    if (!this.parts.lanes.enter(this.target, this)) return Promise.resolve();
    return this.work.how === 'copy' ? this.copy() : this.look();
  }

  get key(): string {
    return this.entry.key;
  }

  async copy(): Promise<void> {
    const { mover, signal } = this.parts;
    return this.moved(await mover.copy(this.entry, this.target, signal));
  }

  fail(failure: TransferFailure): void {
    this.settle(endOf(this.entry, failure));
  }

  private async look(): Promise<void> {
    const { mover, signal } = this.parts;
    return this.moved(await mover.look(this.entry, this.target, this.page.plan.ownSinceMs, signal));
  }

  private moved(outcome: TransferOutcome): Promise<void> | void {
    const { restores } = this.parts;
    if (restores.areOn && outcome.outcome === 'failed' && outcome.reason === 'SOURCE_ARCHIVED')
      return restores.wait(this, outcome);
    this.settle(endOf(this.entry, outcome));
  }

  private settle(object: MigratedObject): void {
    const { mover, lanes, pool } = this.parts;
    mover.ended(this.target);
    this.page.settle(this.work.index, object);
    const next = lanes.leave(this.target);
    if (next !== undefined) pool.addFirst(next);
  }
}

/** Throws when the failure is that of all. */
function endOf(entry: SourceEntry, outcome: TransferOutcome): MigratedObject {
  switch (outcome.outcome) {
    case 'synced':
      return succeeded(entry, outcome.size, outcome.proof);
    case 'ignored':
      return skipped(entry, outcome.size, outcome.reason);
    case 'failed':
      refuseToGoOn(outcome);
      return failed(entry, outcome);
  }
}

import type { SourceStore } from '../../object-store/object-store.port.js';
import type { TransferFailure, TransferOutcome } from '../sync-object.js';
import type { Bell } from './bell.js';
import { JobPool } from './job-pool.js';
import type { MigratedObject, MigrationOptions, SourceEntry } from './migration.js';
import type { ObjectMover } from './object-mover.js';
import { failed, refuseToGoOn, skipped, succeeded } from './outcomes.js';
import { PageInFlight } from './page-in-flight.js';
import { type PlannedPage, targetKeyOf, type Work } from './plan-page.js';
import { Restores } from './restores.js';
import { TargetLanes } from './target-lanes.js';

/**
 * Works through pages: their objects in order, a bounded number at once, whatever page they are of. Entries with the same name
 * at the destination are done one after the other.
 */
export class PageCopier {
  private readonly pool: JobPool;
  private readonly restores: Restores;
  private readonly lanes = new TargetLanes();

  constructor(
    source: SourceStore,
    private readonly mover: ObjectMover,
    private readonly options: MigrationOptions,
    private readonly bell: Bell,
    onFailure: (error: unknown) => void,
    private readonly signal: AbortSignal,
  ) {
    this.pool = new JobPool(options.objectsInFlight, bell, onFailure);
    this.restores = new Restores(source, options.copy, this.pool, onFailure, signal);
  }

  begin(plan: PlannedPage): PageInFlight {
    const page = new PageInFlight(plan, this.bell);
    for (const work of this.largeFirst(plan)) this.pool.add(() => this.inTurn(page, work));
    return page;
  }

  /** Begins nothing any more. */
  stop(): void {
    this.pool.stop();
  }

  /** Resolves when nothing is under way. */
  idle(): Promise<void> {
    return this.pool.idle();
  }

  /** Those that take longest first, so that a page does not end with one of them alone. */
  private largeFirst({ entries, work }: PlannedPage): readonly Work[] {
    const { multipartThresholdBytes } = this.options.copy.limits;
    const size = ({ index }: Work): number => entries[index]?.listed?.size ?? 0;
    const large = work.filter((each) => size(each) >= multipartThresholdBytes).sort((a, b) => size(b) - size(a));
    return large.length === 0 ? work : [...large, ...work.filter((each) => size(each) < multipartThresholdBytes)];
  }

  private async inTurn(page: PageInFlight, work: Work): Promise<void> {
    const target = targetKeyOf(page.entry(work.index), this.options.savePrefix);
    const settle = (object: MigratedObject): void => {
      page.settle(work.index, object);
      const next = this.lanes.leave(target);
      if (next !== undefined) this.pool.addFirst(next);
    };
    const move = (): Promise<void> => this.move(page, work, settle);
    if (this.lanes.enter(target, move)) await move();
  }

  private async move(
    page: PageInFlight,
    { index, how }: Work,
    settle: (object: MigratedObject) => void,
  ): Promise<void> {
    const entry = page.entry(index);
    const copy = (): Promise<TransferOutcome> => this.mover.copy(entry, this.signal);
    const outcome = await (how === 'copy' ? copy() : this.mover.look(entry, page.plan.ownSinceMs, this.signal));
    if (!this.isWorthRestoring(outcome)) {
      settle(endOf(entry, outcome));
      return;
    }
    const fail = (failure: TransferFailure): void => settle(endOf(entry, failure));
    const archived = {
      key: entry.key,
      fail,
      copy: async (): Promise<void> => {
        const again = await copy();
        if (this.isWorthRestoring(again)) await this.restores.wait(archived, again);
        else settle(endOf(entry, again));
      },
    };
    await this.restores.wait(archived, outcome);
  }

  private isWorthRestoring(outcome: TransferOutcome): outcome is TransferFailure {
    return this.restores.areOn && outcome.outcome === 'failed' && outcome.reason === 'SOURCE_ARCHIVED';
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

import type { SourceStore } from '../../object-store/object-store.port.js';
import type { Bell } from './bell.js';
import { JobPool } from './job-pool.js';
import type { MigrationOptions } from './migration.js';
import { type JobParts, ObjectJob } from './object-job.js';
import type { ObjectMover } from './object-mover.js';
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
  private readonly parts: JobParts;

  constructor(
    source: SourceStore,
    mover: ObjectMover,
    private readonly options: MigrationOptions,
    private readonly bell: Bell,
    onFailure: (error: unknown) => void,
    signal: AbortSignal,
  ) {
    const pool = new JobPool(options.objectsInFlight, bell, onFailure);
    const restores = new Restores(source, options.copy, pool, onFailure, signal);
    this.pool = pool;
    this.parts = { pool, lanes: new TargetLanes(), mover, restores, signal };
  }

  begin(plan: PlannedPage): PageInFlight {
    const page = new PageInFlight(plan, this.bell);
    for (const work of this.largeFirst(plan)) {
      const target = targetKeyOf(page.entry(work.index), this.options.savePrefix);
      this.pool.add(new ObjectJob(this.parts, page, work, target));
    }
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
}

import type { CommandBus } from '@nestjs/cqrs';
import type { CommandRunner } from '../event-store/command-runner.js';
import type { EventStore, RecordedEvent } from '../event-store/event-store.port.js';
import type { Clock } from '../kernel/clock.js';
import { wait } from '../kernel/retry.js';
import type { ProjectionHost } from '../projections/projection-host.js';
import type { ReadStore } from '../read-store/read-store.js';
import type { StatisticsRow, SyncStatistics } from '../statistics/sync-statistics.js';
import { syncStatisticsProjection } from '../statistics/sync-statistics.projection.js';
import { SYNC_EVENT_STREAMS, type SyncEventEvent } from '../sync-tasks/sync-event.events.js';
import { CloseSyncLedger } from '../sync-tasks/sync-task.commands.js';
import { syncTaskDecider } from '../sync-tasks/sync-task.decider.js';
import { syncTaskStream, type LedgerBucket } from '../sync-tasks/sync-task.events.js';

const EVERY_MS = 15 * 60_000;
/** A day is closed this long after its end, when no event of it can be on its way any more. */
const GRACE_MS = 60 * 60_000;
const DAY_MS = 86_400_000;

/** Writes the figures of each past day into the log, so that they outlive sync events that expire. */
export class LedgerCloser {
  constructor(
    private readonly events: EventStore,
    private readonly commands: CommandRunner,
    private readonly bus: CommandBus,
    private readonly projections: ProjectionHost,
    private readonly views: ReadStore,
    private readonly statistics: SyncStatistics,
    private readonly clock: Clock,
    private readonly onFailure: (error: unknown) => void,
  ) {}

  /** Closes what is due, now and every quarter of an hour, until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.closeDue().catch((error: unknown) => this.onFailure(error));
      await wait(EVERY_MS, signal).catch(() => undefined);
    }
  }

  /** Closes every day of every task that is over and has figures; none while the view of this process lacks any of them. */
  async closeDue(): Promise<void> {
    const today = Math.floor((this.clock.now().getTime() - GRACE_MS) / DAY_MS) * DAY_MS;
    if (!(await this.showsAllBefore(today))) return;
    const tasks = this.views.all<{ id: string; project_id: string }>('SELECT id, project_id FROM sync_tasks');
    for (const { id, project_id } of tasks) {
      const { state } = await this.commands.load(syncTaskDecider, syncTaskStream(id));
      if (state.status === 'absent') continue;
      for (const day of this.statistics.days(id, state.closedDay, today)) {
        const buckets = this.statistics.day(id, day).map(bucketOf);
        const context = { correlationId: `${id}/${day}`, actor: 'worker' };
        await this.bus.execute(new CloseSyncLedger(project_id, id, day, buckets, context));
      }
    }
  }

  /** Times follow positions but for the differences of clocks, which the grace covers. */
  private async showsAllBefore(endMs: number): Promise<boolean> {
    const view = this.projections.status().find(({ name }) => name === syncStatisticsProjection.name);
    for await (const event of this.events.readAll(view?.position, [SYNC_EVENT_STREAMS]))
      return Date.parse((event as RecordedEvent<SyncEventEvent>).data.at) >= endMs;
    return true;
  }
}

const bucketOf = (row: StatisticsRow): LedgerBucket => ({
  startMs: row.bucket_ms,
  requested: row.requested,
  synced: row.synced,
  failed: row.failed,
  ignored: row.ignored,
  syncedBytes: row.synced_bytes,
  failedBytes: row.failed_bytes,
  ignoredBytes: row.ignored_bytes,
});

import { Injectable } from '@nestjs/common';
import { ReadStore } from '../read-store/read-store.js';
import { totalsOf } from '../sync-tasks/outcome-totals.js';
import { FIVE_MINUTES_MS, ONE_DAY_MS, ONE_HOUR_MS, type StatisticsRow } from './sync-statistics.projection.js';

/** The published bound of data points per type; a longer range is answered in hours. */
const MAX_POINTS = 1000;

export type { StatisticsRow } from './sync-statistics.projection.js';

export interface StatisticsSeries {
  readonly bucket: 'FIVE_MINUTES' | 'ONE_HOUR';
  /** Ascending; buckets in which nothing happened are left out. */
  readonly rows: readonly StatisticsRow[];
}

const SUMS = `SUM(requested) requested, SUM(synced) synced, SUM(failed) failed, SUM(ignored) ignored,
  SUM(synced_bytes) synced_bytes, SUM(failed_bytes) failed_bytes, SUM(ignored_bytes) ignored_bytes`;

/** The first millisecond of the UTC month of `atMs` and of the month after. */
export function monthOf(atMs: number): { startMs: number; endMs: number } {
  const date = new Date(atMs);
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
  return { startMs: Date.UTC(year, month), endMs: Date.UTC(year, month + 1) };
}

/** Answers from the statistics view; times in milliseconds since the epoch, UTC. */
@Injectable()
export class SyncStatistics {
  constructor(private readonly views: ReadStore) {}

  /**
   * The buckets that overlap `startMs`..`endMs`, both inclusive; hours when five minutes would give more points than the
   * API carries. Even in hours at most the newest 1,000 buckets with data are answered.
   */
  series(syncTaskId: string, startMs: number, endMs: number): StatisticsSeries {
    const points = Math.floor(endMs / FIVE_MINUTES_MS) - Math.floor(startMs / FIVE_MINUTES_MS) + 1;
    const bucket = points > MAX_POINTS ? 'ONE_HOUR' : 'FIVE_MINUTES';
    const widthMs = bucket === 'ONE_HOUR' ? ONE_HOUR_MS : FIVE_MINUTES_MS;
    const rows = this.views.all<StatisticsRow>(
      `SELECT (bucket_ms / ?) * ? bucket_ms, ${SUMS} FROM sync_statistics
       WHERE task_id = ? AND bucket_ms >= ? AND bucket_ms <= ? GROUP BY 1 ORDER BY 1 DESC LIMIT ?`,
      widthMs,
      widthMs,
      syncTaskId,
      Math.floor(startMs / widthMs) * widthMs,
      endMs,
      MAX_POINTS,
    );
    return { bucket, rows: rows.reverse() };
  }

  /** The days (`yyyy-MM-dd`, UTC) after `afterDay` and before `beforeMs` on which something happened, oldest first. */
  days(syncTaskId: string, afterDay: string, beforeMs: number): readonly string[] {
    const rows = this.views.all<{ day: string }>(
      `SELECT DISTINCT date(bucket_ms / 1000, 'unixepoch') day FROM sync_statistics
       WHERE task_id = ? AND bucket_ms < ? AND date(bucket_ms / 1000, 'unixepoch') > ? ORDER BY day`,
      syncTaskId,
      beforeMs,
      afterDay,
    );
    return rows.map(({ day }) => day);
  }

  /** All buckets of a day, `yyyy-MM-dd`. */
  day(syncTaskId: string, day: string): readonly StatisticsRow[] {
    const startMs = Date.parse(day);
    return this.views.all<StatisticsRow>(
      'SELECT * FROM sync_statistics WHERE task_id = ? AND bucket_ms >= ? AND bucket_ms < ? ORDER BY bucket_ms',
      syncTaskId,
      startMs,
      startMs + ONE_DAY_MS,
    );
  }

  /** The sums of the calendar month (UTC) in which `atMs` lies. */
  month(syncTaskId: string, atMs: number): Omit<StatisticsRow, 'bucket_ms'> {
    const { startMs, endMs } = monthOf(atMs);
    const row = this.views.get<StatisticsRow>(
      `SELECT ${SUMS} FROM sync_statistics WHERE task_id = ? AND bucket_ms >= ? AND bucket_ms < ? GROUP BY task_id`,
      syncTaskId,
      startMs,
      endMs,
    );
    return row ?? { requested: 0, ...totalsOf([]) };
  }
}

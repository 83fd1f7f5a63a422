import { project, type Given } from '../../test/support/projection-spec.js';
import { SyncStatistics } from '../statistics/sync-statistics.js';
import { syncStatisticsProjection } from '../statistics/sync-statistics.projection.js';
import type { ObjectOutcome, SyncEventEvent } from './sync-event.events.js';
import { syncLedgerProjection } from './sync-ledger.projection.js';
import type { LedgerBucket, SyncTaskEvent } from './sync-task.events.js';
import { balances, SyncTaskQueries } from './sync-tasks.queries.js';

type LedgerEvent = SyncEventEvent | SyncTaskEvent;

const day1 = '2026-01-15T08:09:10.000Z';
const day2 = '2026-01-16T00:00:00.000Z';
const created = (id: string, keys: string[], at = day1): Given<LedgerEvent> => ({
  stream: `syncEvent-${id}`,
  event: { type: 'SyncEventCreated', data: { syncTaskId: 't', keys, at } },
});
const settled = (id: string, outcomes: ObjectOutcome[], at = day1): Given<LedgerEvent> => ({
  stream: `syncEvent-${id}`,
  event: { type: 'SyncEventSettled', data: { syncTaskId: 't', outcomes, at } },
});
const synced = (key: string, size: number): ObjectOutcome => ({ key, outcome: 'synced', size, proof: 'md5' });
const ignored = (key: string, size: number): ObjectOutcome => ({ key, outcome: 'ignored', size, reason: 'UP_TO_DATE' });
const failed = (key: string): ObjectOutcome => ({ key, outcome: 'failed', reason: 'X', code: 'Y', cause: 'z' });

const ledgerOf = (...given: Given<LedgerEvent>[]) => {
  const views = project(syncLedgerProjection, given);
  const ledger = new SyncTaskQueries(views).ledger('t');
  const totals = new SyncTaskQueries(views).totals();
  views.close();
  return { ...ledger, balanced: balances(ledger), unbalanced: totals.unbalanced };
};

describe('the ledger', () => {
  it('balances before anything happened', () => {
    expect(ledgerOf()).toMatchObject({ pending: 0, balanced: true, unbalanced: 0 });
  });

  it('counts what is pending from the open events', () => {
    expect(ledgerOf(created('a', ['1', '2']), created('b', ['3']))).toMatchObject({
      row: { requested: 3, synced: 0 },
      pending: 3,
      position: '2',
      balanced: true,
      unbalanced: 0,
    });
  });

  it('moves every object of a settled event into its column, with its bytes', () => {
    const given = [created('a', ['1', '2', '3']), settled('a', [synced('1', 10), ignored('2', 5), failed('3')], day2)];
    expect(ledgerOf(...given)).toMatchObject({
      row: { requested: 3, synced: 1, ignored: 1, failed: 1, synced_bytes: 10, ignored_bytes: 5, failed_bytes: 0 },
      pending: 0,
      balanced: true,
    });
  });

  it('tells when it does not balance', () => {
    // Cannot happen through the decider; the ledger must notice all the same.
    const given = [created('a', ['1']), settled('a', [synced('1', 1), synced('2', 1)])];
    expect(ledgerOf(...given)).toMatchObject({ balanced: false, unbalanced: 1 });
  });
});

describe('ledger and statistics after events have expired', () => {
  const expired = [created('a', ['1', '2']), settled('a', [synced('1', 10), failed('2')])];
  const open = created('open', ['9']);
  const today = [created('c', ['1'], day2), settled('c', [synced('1', 7)], day2)];
  const statisticsOf = (given: readonly Given<LedgerEvent>[]) => {
    const views = project(syncStatisticsProjection, given);
    const statistics = new SyncStatistics(views);
    const all = views.all('SELECT * FROM sync_statistics ORDER BY bucket_ms');
    const day = statistics.day('t', '2026-01-15');
    views.close();
    return { all, day };
  };
  const before = statisticsOf([...expired, open, ...today]);
  const closed: Given<LedgerEvent> = {
    stream: 'syncTask-t',
    event: {
      type: 'SyncLedgerClosed',
      data: {
        syncTaskId: 't',
        day: '2026-01-15',
        buckets: before.day.map((row): LedgerBucket => ({
          startMs: row.bucket_ms,
          requested: row.requested,
          synced: row.synced,
          failed: row.failed,
          ignored: row.ignored,
          syncedBytes: row.synced_bytes,
          failedBytes: row.failed_bytes,
          ignoredBytes: row.ignored_bytes,
        })),
        at: day2,
      },
    },
  };

  it.each([
    ['all events of the closed day are gone', [open, ...today, closed]],
    ['some events of the closed day are gone', [expired[1]!, open, ...today, closed]],
    ['none is gone yet', [...expired, open, ...today, closed]],
  ])('are what they were when %s', (_when, given) => {
    const { row, pending, balanced } = ledgerOf(...expired, open, ...today);
    expect(ledgerOf(...given)).toMatchObject({ row, pending, balanced });
    expect(statisticsOf(given).all).toEqual(before.all);
  });
});

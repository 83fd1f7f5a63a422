import type { TaskTotals } from '../../tasks/task.events.js';
import type { MigratedObject, PageReport } from '../../transfer/migration/migration.js';

const COUNTERS = {
  succeeded: ['succeededNum', 'succeededSize'],
  skipped: ['skippedNum', 'skippedSize'],
  failed: ['failedNum', 'failedSize'],
} as const satisfies Record<MigratedObject['outcome'], readonly [keyof TaskTotals, keyof TaskTotals]>;

export const OUTCOMES = ['succeeded', 'skipped', 'failed'] as const satisfies readonly MigratedObject['outcome'][];

/** Objects and bytes that are dealt with. */
export const doneOf = (totals: TaskTotals): { readonly num: number; readonly size: number } => ({
  num: totals.succeededNum + totals.skippedNum + totals.failedNum,
  size: totals.succeededSize + totals.skippedSize + totals.failedSize,
});

export const countOf = (totals: TaskTotals, outcome: MigratedObject['outcome']): number => totals[COUNTERS[outcome][0]];

/** The totals of a run after one more page. */
export function totalsAfter(before: TaskTotals, { objects, scannedNum, scannedSize }: PageReport): TaskTotals {
  const totals: { -readonly [K in keyof TaskTotals]: number } = { ...before, scannedNum, scannedSize };
  for (const { outcome, size } of objects) {
    const [num, bytes] = COUNTERS[outcome];
    totals[num]++;
    totals[bytes] += Math.max(0, size);
  }
  return totals;
}

import type { ObjectOutcome } from './sync-event.events.js';

/** Objects, and bytes as far as they are known. */
export interface OutcomeTotals {
  synced: number;
  failed: number;
  ignored: number;
  synced_bytes: number;
  failed_bytes: number;
  ignored_bytes: number;
}

/** Sums the outcomes of one settlement. */
export function totalsOf(outcomes: readonly ObjectOutcome[]): OutcomeTotals {
  const totals = { synced: 0, failed: 0, ignored: 0, synced_bytes: 0, failed_bytes: 0, ignored_bytes: 0 };
  for (const { outcome, size = 0 } of outcomes) {
    totals[outcome] += 1;
    totals[`${outcome}_bytes`] += size;
  }
  return totals;
}

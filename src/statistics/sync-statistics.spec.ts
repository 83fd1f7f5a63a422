import { monthOf } from './sync-statistics.js';

describe('a month of the statistics', () => {
  it('is a calendar month in UTC', () => {
    expect(monthOf(Date.UTC(2026, 1, 28, 23, 59, 59, 999))).toEqual({
      startMs: Date.UTC(2026, 1, 1),
      endMs: Date.UTC(2026, 2, 1),
    });
  });

  it('knows December', () => {
    expect(monthOf(Date.UTC(2026, 11, 31))).toEqual({ startMs: Date.UTC(2026, 11, 1), endMs: Date.UTC(2027, 0, 1) });
  });
});

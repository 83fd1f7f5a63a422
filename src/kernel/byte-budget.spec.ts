import { ByteBudget } from './byte-budget.js';

describe('a byte budget', () => {
  it('gives what fits and nothing beyond', () => {
    const budget = new ByteBudget(10);
    expect(budget.take(6)).toBeDefined();
    expect(budget.take(5)).toBeUndefined();
    expect(budget.take(4)).toBeDefined();
    expect(budget.inUse).toBe(10);
  });

  it('takes bytes back once', () => {
    const budget = new ByteBudget(10);
    const release = budget.take(10);
    release?.();
    release?.();
    expect(budget.inUse).toBe(0);
  });
});

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

describe('waiting for a byte budget', () => {
  const never = new AbortController().signal;

  it('is in turn, and who does not wait gets nothing meanwhile', async () => {
    const budget = new ByteBudget(10);
    const first = await budget.acquire(10, never);
    const order: string[] = [];
    const large = budget.acquire(8, never).then((release) => (order.push('large'), release));
    const small = budget.acquire(2, never).then((release) => (order.push('small'), release));
    expect(budget.take(0)).toBeUndefined();
    first();
    (await large)();
    (await small)();
    expect(order).toEqual(['large', 'small']);
    expect(budget.inUse).toBe(0);
    expect(budget.take(10)).toBeDefined();
  });

  it('gives the whole budget to who wants more', async () => {
    const budget = new ByteBudget(10);
    const release = await budget.acquire(1000, never);
    expect(budget.inUse).toBe(10);
    release();
    expect(budget.inUse).toBe(0);
  });

  it('ends with the signal, and lets the next one go', async () => {
    const budget = new ByteBudget(10);
    const held = budget.take(6);
    const stop = new AbortController();
    const large = budget.acquire(10, stop.signal);
    const small = budget.acquire(4, never);
    stop.abort(new Error('stop'));
    await expect(large).rejects.toThrow('stop');
    (await small)();
    held?.();
    await expect(budget.acquire(1, stop.signal)).rejects.toThrow('stop');
    expect(budget.inUse).toBe(0);
  });
});

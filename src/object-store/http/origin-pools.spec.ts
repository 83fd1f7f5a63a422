import { setTimeout as sleep } from 'node:timers/promises';
import { buildConnector } from 'undici';
import { OriginPools } from './origin-pools.js';

const { signal } = new AbortController();

describe('pools by origin', () => {
  let pools: OriginPools;
  afterEach(() => pools.close());

  const open = (maxOrigins: number, keepMs = 60_000) =>
    (pools = new OriginPools({
      connector: buildConnector({}),
      connectionsPerOrigin: 1,
      requestTimeoutMs: 1000,
      idleTimeoutMs: 1000,
      maxOrigins,
      keepMs,
    }));
  const origin = (name: string): string => `http://${name}.test`;

  it('are shared by origin', async () => {
    open(2);
    const [a, again, b] = [
      await pools.acquire(origin('a'), signal),
      await pools.acquire(origin('a'), signal),
      await pools.acquire(origin('b'), signal),
    ] as const;
    expect(again.pool).toBe(a.pool);
    expect(b.pool).not.toBe(a.pool);
    expect(pools.size).toBe(2);
  });

  it('give up the origin unused for longest when another one comes', async () => {
    open(2);
    const a = await pools.acquire(origin('a'), signal);
    const b = await pools.acquire(origin('b'), signal);
    a.release();
    b.release();
    (await pools.acquire(origin('a'), signal)).release();
    await pools.acquire(origin('c'), signal);
    expect(pools.size).toBe(2);
    expect(b.pool.destroyed).toBe(true);
    expect(a.pool.destroyed).toBe(false);
  });

  it('let wait while all are in use, everyone until the origin he wants is there or one is free', async () => {
    open(1);
    const a = await pools.acquire(origin('a'), signal);
    const waiting = Promise.all(
      ['b', 'c', 'b'].map(async (name) => (await pools.acquire(origin(name), signal)).release()),
    );
    a.release();
    await waiting;
    expect(pools.size).toBe(1);
  });

  it('end a wait with the reason of its signal', async () => {
    open(1);
    await pools.acquire(origin('a'), signal);
    const stop = new AbortController();
    const waiting = pools.acquire(origin('b'), stop.signal);
    const reason = new Error('stopped');
    stop.abort(reason);
    await expect(waiting).rejects.toBe(reason);
  });

  it('close what nobody has used for a while, and not before', async () => {
    open(2, 20);
    const a = await pools.acquire(origin('a'), signal);
    (await pools.acquire(origin('b'), signal)).release();
    while (pools.size > 1) await sleep(5);
    expect(a.pool.destroyed).toBe(false);
    a.release();
    while (pools.size > 0) await sleep(5);
    expect(a.pool.destroyed).toBe(true);
  });

  it('count a lease that is released twice once', async () => {
    open(1);
    const first = await pools.acquire(origin('a'), signal);
    const second = await pools.acquire(origin('a'), signal);
    first.release();
    first.release();
    const stop = new AbortController();
    const waiting = pools.acquire(origin('b'), stop.signal);
    stop.abort(new Error('still in use'));
    await expect(waiting).rejects.toThrow('still in use');
    second.release();
  });

  it('refuse everyone once they are closed', async () => {
    open(1);
    await pools.acquire(origin('a'), signal);
    const waiting = pools.acquire(origin('b'), signal);
    await pools.close();
    await expect(waiting).rejects.toMatchObject({ name: 'StoreError', kind: 'connection' });
    await expect(pools.acquire(origin('a'), signal)).rejects.toMatchObject({ kind: 'connection' });
    expect(pools.size).toBe(0);
  });
});

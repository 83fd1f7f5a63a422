import { Semaphore } from './semaphore.js';

const settle = (): Promise<void> => new Promise(setImmediate);

describe('a semaphore', () => {
  it('gives its permits at once while there are some, then in the order of asking', async () => {
    const semaphore = new Semaphore(2);
    expect([semaphore.take(), semaphore.take(), semaphore.take()]).toEqual([true, true, false]);
    const served: string[] = [];
    for (const name of ['a', 'b', 'c']) void semaphore.acquire().then(() => served.push(name));
    semaphore.release();
    semaphore.release();
    await settle();
    expect(served).toEqual(['a', 'b']);
    expect(semaphore.inUse).toBe(2);
    for (let at = 0; at < 3; at++) semaphore.release();
    await settle();
    expect(served).toEqual(['a', 'b', 'c']);
    expect(semaphore.inUse).toBe(0);
  });

  it.each(['first', 'middle', 'last'])('passes over who stopped waiting: the %s', async (who) => {
    const semaphore = new Semaphore(1);
    semaphore.take();
    const stop = new AbortController();
    const ends = ['first', 'middle', 'last'].map((name) =>
      semaphore.acquire(name === who ? stop.signal : undefined).then(
        () => name,
        (error: unknown) => error,
      ),
    );
    const stopped = new Error('stopped');
    stop.abort(stopped);
    await settle();
    for (let at = 0; at < 3; at++) semaphore.release();
    expect(await Promise.all(ends)).toEqual(['first', 'middle', 'last'].map((name) => (name === who ? stopped : name)));
    expect(semaphore.inUse).toBe(0);
  });

  it('serves a wait whose signal aborts afterwards, and refuses one that aborted before', async () => {
    const semaphore = new Semaphore(1);
    semaphore.take();
    const stop = new AbortController();
    const waiting = semaphore.acquire(stop.signal);
    semaphore.release();
    stop.abort(new Error('stopped'));
    await waiting;
    await expect(semaphore.acquire(stop.signal)).rejects.toThrow('stopped');
    await expect(semaphore.run(() => Promise.resolve(), stop.signal)).rejects.toThrow('stopped');
    expect(semaphore.inUse).toBe(1);
  });

  it('runs no more at once than it has permits, and goes on after a failure', async () => {
    const semaphore = new Semaphore(2);
    let most = 0;
    const work = async (at: number): Promise<number> => {
      most = Math.max(most, semaphore.inUse);
      await settle();
      if (at === 1) throw new Error('failed');
      return at;
    };
    const ends = await Promise.allSettled([0, 1, 2, 3, 4].map((at) => semaphore.run(() => work(at))));
    expect(ends.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled', 'fulfilled']);
    expect([most, semaphore.inUse]).toEqual([2, 0]);
  });

  it.each([0, -1, 1.5, NaN])('cannot have %p permits', (permits) => {
    expect(() => new Semaphore(permits)).toThrow('at least one permit');
  });
});

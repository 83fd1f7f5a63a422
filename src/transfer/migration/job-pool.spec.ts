import { Bell } from './bell.js';
import { type Job, JobPool } from './job-pool.js';

const failures: unknown[] = [];
const poolOf = (atOnce: number): JobPool => new JobPool(atOnce, new Bell(), (error) => failures.push(error));
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('a pool of jobs', () => {
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const job = (name: string): Job => ({
    run: () => {
      begun.push(name);
      return new Promise<void>((resolve) => ends.set(name, resolve));
    },
  });

  beforeEach(() => {
    begun.length = 0;
    failures.length = 0;
  });

  it('begins them in order, those that are urgent before the others, and no more at once than it may', async () => {
    const pool = poolOf(2);
    for (const name of ['a', 'b', 'c', 'd']) pool.add(job(name));
    pool.addFirst(job('e'));
    expect([begun, pool.running]).toEqual([['a', 'b'], 2]);
    ends.get('a')?.();
    await settled();
    expect(begun).toEqual(['a', 'b', 'e']);
    for (const name of ['b', 'e']) ends.get(name)?.();
    await settled();
    pool.addFirst(job('f'));
    for (const name of ['c', 'd']) ends.get(name)?.();
    await settled();
    ends.get('f')?.();
    await pool.idle();
    expect([begun.join(''), pool.running]).toEqual(['abecdf', 0]);
  });

  it('begins nothing any more once it is stopped, and tells when all have ended', async () => {
    const pool = poolOf(1);
    pool.add(job('a'));
    pool.add(job('b'));
    pool.stop();
    pool.add(job('c'));
    let isIdle = false;
    const idle = pool.idle().then(() => (isIdle = true));
    await settled();
    expect([begun, isIdle]).toEqual([['a'], false]);
    ends.get('a')?.();
    await idle;
    expect(begun).toEqual(['a']);
  });

  it('tells of those that fail, and goes on', async () => {
    const pool = poolOf(1);
    const error = new Error('Broken');
    pool.add({ run: () => Promise.reject(error) });
    pool.add(job('a'));
    await settled();
    expect([failures, begun]).toEqual([[error], ['a']]);
    ends.get('a')?.();
    await pool.idle();
  });
});

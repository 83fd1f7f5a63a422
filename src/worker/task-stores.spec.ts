import { ManualTime } from '../../test/support/manual-time.js';
import { settings } from '../../test/support/sync-task-settings.js';
import { MemoryBuckets } from '../object-store/memory/memory-buckets.js';
import { MemoryStore } from '../object-store/memory/memory-store.js';
import type { SyncTaskCredentials } from '../sync-tasks/sync-task.events.js';
import { TaskStorePool } from './task-stores.js';

const keys = (n: number): SyncTaskCredentials => ({
  source: { ref: `s${n}`, fingerprint: '' },
  destination: { ref: `d${n}`, fingerprint: '' },
});
const task = (n = 1) => ({ settings, credentials: keys(n) });

/** A pool over memory stores that tells what was opened and closed. */
function poolOf(maxIdle = 64) {
  const told: string[] = [];
  const time = new ManualTime();
  const buckets = new MemoryBuckets(['from', 'to']);
  const vault = { open: (ref: string) => Promise.resolve({ accessKey: ref, secretKey: 'x' }) };
  const pool = new TaskStorePool(
    vault,
    ({ bucket }, { accessKey }) => {
      told.push(`open ${accessKey}`);
      const store = new MemoryStore(buckets, bucket);
      return Object.assign(Object.create(store) as MemoryStore, {
        close: () => {
          told.push(`close ${accessKey}`);
          return Promise.resolve();
        },
      });
    },
    maxIdle,
    time,
  );
  return { pool, told, time };
}
const nothing = () => Promise.resolve();

describe('the stores of tasks', () => {
  it('are opened once and kept for the next user', async () => {
    const { pool, told } = poolOf();
    await pool.use(task(), nothing);
    await pool.use(task(), nothing);
    expect(told).toEqual(['open s1', 'open d1']);
  });

  it('are others for other keys', async () => {
    const { pool, told } = poolOf();
    await pool.use(task(1), nothing);
    await pool.use(task(2), nothing);
    expect(told).toEqual(['open s1', 'open d1', 'open s2', 'open d2']);
  });

  it('are closed, least recently used first, when more are idle than the bound', async () => {
    const { pool, told } = poolOf(1);
    await pool.use(task(1), nothing);
    await pool.use(task(2), nothing);
    expect(told.slice(4)).toEqual(['close s1', 'close d1']);
  });

  it('are closed when nobody used them for a minute, and not while somebody does', async () => {
    const { pool, told, time } = poolOf();
    await pool.use(task(2), nothing);
    await pool.use(task(1), async () => {
      await time.advance(300_000);
      expect(told.slice(4)).toEqual(['close s2', 'close d2']);
    });
    await time.advance(50_000);
    await pool.use(task(1), nothing);
    await time.advance(50_000);
    expect(told.slice(6)).toEqual([]);
    await time.advance(30_000);
    expect(told.slice(6)).toEqual(['close s1', 'close d1']);
    await pool.close();
  });

  it('are closed when their keys are forgotten', async () => {
    const { pool, told } = poolOf();
    await pool.use(task(), nothing);
    await pool.forget(['d1']);
    expect(told.slice(2)).toEqual(['close s1', 'close d1']);
  });

  it('serve whoever has them to the end, also when their keys are forgotten meanwhile', async () => {
    const { pool, told } = poolOf();
    await pool.use(task(), async () => {
      await pool.forget(['s1']);
      expect(told).toEqual(['open s1', 'open d1']);
    });
    expect(told.slice(2)).toEqual(['close s1', 'close d1']);
    await pool.use(task(), nothing);
    expect(told.slice(4)).toEqual(['open s1', 'open d1']);
  });

  it('are all closed with the pool', async () => {
    const { pool, told } = poolOf();
    await pool.use(task(), nothing);
    await pool.close();
    expect(told.slice(2)).toEqual(['close s1', 'close d1']);
  });
});

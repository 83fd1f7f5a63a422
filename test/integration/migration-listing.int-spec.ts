import { setTimeout as sleep } from 'node:timers/promises';
import { MigrationApi } from '../support/migration-api.js';
import { peakMemoryOf } from '../support/memory-of.js';
import { ServiceStage } from '../support/service-stage.js';
import { GeneratedBucket, SyntheticProcess, type GeneratedPlan } from '../support/synthetic/index.js';

const KEYS = 10_000_000;
const PAGE = 1000;
const MIB = 1024 ** 2;
const MAX_RSS = 300 * MIB;
const LIMIT_MS = 420_000;
const LOOK_EVERY_MS = 500;
const [FROM, TO] = ['from', 'to'];

/** The same on both sides, the copies newer than the originals. */
const bucket = (modifiedMs: number): GeneratedPlan => ({
  kind: 'generated',
  count: KEYS,
  minBytes: 0,
  maxBytes: 1_000_000,
  etags: 'opaque',
  modifiedMs,
});

it(`goes through ${KEYS} keys with nothing to copy in under ${MAX_RSS / MIB} MiB`, async () => {
  const source = await SyntheticProcess.start({ buckets: { [FROM]: bucket(Date.UTC(2026, 0, 1)) } });
  const destination = await SyntheticProcess.start({ buckets: { [TO]: bucket(Date.UTC(2026, 0, 2)) } });
  const stage = await ServiceStage.between(source, destination, { config: { log: { level: 'warn' } } });
  try {
    await stage.start();
    const api = new MigrationApi(stage.api);
    const startedAt = performance.now();
    const id = await api.create();
    let task = await api.show(id);
    while (task.status < 3 && performance.now() - startedAt < LIMIT_MS) {
      expect(peakMemoryOf(stage.service.pid)).toBeLessThan(MAX_RSS);
      await sleep(LOOK_EVERY_MS);
      task = await api.show(id);
    }
    const seconds = (performance.now() - startedAt) / 1000;
    const peak = peakMemoryOf(stage.service.pid);
    const generated = new GeneratedBucket(bucket(0));
    let bytes = 0;
    for (let index = 0; index < KEYS; index++) bytes += generated.size(index);
    expect(task).toMatchObject({
      status: 5,
      total_num: KEYS,
      skipped_num: KEYS,
      successful_num: 0,
      failed_num: 0,
      total_size: bytes,
      complete_size: bytes,
      real_size: 0,
      progress: 1,
    });
    const lists = (await destination.objects(TO, `oms/task/${id}/skip_object_lists/`))
      .map((list) => ({ ...list, page: Number(/_(\d+)\.txt$/.exec(list.key)?.[1]) }))
      .sort((a, b) => a.page - b.page);
    expect(await destination.objects(TO, 'oms/')).toHaveLength(lists.length);
    let next = 0;
    for (const { lines = 0, firstLine, lastLine } of lists) {
      expect(firstLine?.split('\t')[1]).toBe(generated.key(next));
      next += lines;
      expect(lastLine?.split('\t')[1]).toBe(generated.key(next - 1));
    }
    expect(next).toBe(KEYS);
    const { requests } = await source.traffic();
    process.stderr.write(
      `${KEYS} keys in ${seconds.toFixed(0)} s, ${Math.round(KEYS / seconds)} a second, peak RSS ${Math.round(peak / MIB)} MiB\n`,
    );
    const asked = Object.values(requests).reduce((sum, count) => sum + count, 0);
    expect(asked).toBeLessThanOrEqual(KEYS / PAGE + 5);
    expect(requests['HeadObject'] ?? 0).toBeLessThanOrEqual(1);
    expect(peak).toBeLessThan(MAX_RSS);
  } finally {
    await stage.strike();
    await Promise.all([source.stop(), destination.stop()]);
  }
}, 600_000);

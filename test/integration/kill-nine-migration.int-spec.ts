import { MigrationApi, type TaskAnswer } from '../support/migration-api.js';
import { killAtRandom } from '../support/migration-kills.js';
import { namesIn, readLists, stampsOf } from '../support/migration-lists.js';
import { peakMemoryOf } from '../support/memory-of.js';
import { seededRandom } from '../support/seeded-random.js';
import { ServiceStage, type Endpoint } from '../support/service-stage.js';
import { GeneratedBucket, SyntheticProcess, type GeneratedPlan, type Traffic } from '../support/synthetic/index.js';

const [FROM, TO] = ['from', 'to'];
const KILLS = 30;
const SEED = Number(process.env['OPENOMS_TEST_SEED'] ?? Date.now() % 1_000_000);
const MIB = 1024 ** 2;
const GIB = 1024 ** 3;
const OBJECTS_IN_FLIGHT = 64;
const PAGE_OBJECTS = 1000;
const PART_BYTES = 16 * MIB;
const PARTS_IN_FLIGHT = 4;
const MAX_RSS = 300 * MIB;

const report = (line: string) => process.stderr.write(`${line}\n`);

/** Runs one task from a generated bucket to a sink, killing the service again and again; answers how it ended. */
async function migrateUnderKills(
  plan: GeneratedPlan,
  prepare: (sink: SyntheticProcess) => Promise<unknown>,
  progress: (sink: SyntheticProcess) => Promise<number>,
  check: (task: TaskAnswer, sink: SyntheticProcess, traffic: Traffic) => Promise<void>,
): Promise<void> {
  report(`kill -9 at ${KILLS} random moments, OPENOMS_TEST_SEED=${SEED}`);
  const endpoint = await SyntheticProcess.start({
    buckets: { [FROM]: plan, [TO]: { kind: 'sink', keepLists: true } },
  });
  const stage = await ServiceStage.between<Endpoint>(endpoint, endpoint.twin, {
    config: {
      log: { level: 'warn' },
      tasks: { pageObjects: PAGE_OBJECTS, objectsInFlight: OBJECTS_IN_FLIGHT },
      transfer: { partBytes: PART_BYTES, multipartThresholdBytes: 64 * MIB, partConcurrency: PARTS_IN_FLIGHT },
    },
  });
  try {
    await prepare(endpoint);
    await stage.start();
    const id = await new MigrationApi(stage.api).create();
    let peak = 0;
    await killAtRandom(stage, {
      kills: KILLS,
      random: seededRandom(SEED),
      progress: () => progress(endpoint),
      timeoutMs: 300_000,
      beforeKill: () => (peak = Math.max(peak, peakMemoryOf(stage.service.pid))),
    });
    const task = await new MigrationApi(stage.api).ended(id, 240_000);
    peak = Math.max(peak, peakMemoryOf(stage.service.pid));
    report(`peak RSS ${Math.round(peak / MIB)} MiB`);
    await check(task, endpoint, await endpoint.traffic());
    expect(peak).toBeLessThan(MAX_RSS);
  } finally {
    await stage.strike();
    await endpoint.stop();
  }
}

const repeats = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((sum, count) => sum + count - 1, 0);

it('a task of 50,000 objects loses nothing, counts nothing twice and repeats at most a page', async () => {
  const plan: GeneratedPlan = {
    kind: 'generated',
    count: 50_000,
    minBytes: 100,
    maxBytes: 1500,
    deniedEvery: 500,
    deniedFrom: 7,
  };
  const source = new GeneratedBucket(plan);
  const every = 50;
  const indexes = Array.from({ length: plan.count }, (_, index) => index);
  const denied = indexes.filter((index) => source.isDenied(index)).map((index) => source.key(index));
  const there = indexes.filter((index) => index % every === 0).map((index) => source.key(index));
  await migrateUnderKills(
    plan,
    (sink) => sink.preset(FROM, TO, every, Date.UTC(2026, 5, 1)),
    async (sink) => (await sink.written(TO)) / plan.count,
    async (task, sink, traffic) => {
      expect(task).toMatchObject({
        status: 4,
        total_num: plan.count,
        failed_num: denied.length,
        skipped_num: there.length,
        successful_num: plan.count - denied.length - there.length,
        total_size: indexes.reduce((sum, index) => sum + source.size(index), 0),
        is_query_over: true,
      });
      expect(task.complete_size).toBe(task.total_size);
      expect(await sink.wrongCopies(FROM, TO)).toEqual([]);
      const files = await sink.texts(TO, 'oms/');
      expect(stampsOf(files, task.id)).toHaveLength(1);
      const lists = readLists(files, task.id);
      expect(namesIn(lists)).toEqual(indexes.map((index) => source.key(index)));
      expect(lists.skipped.map(({ name }) => name)).toEqual(there);
      expect(lists.failed.map(({ name }) => name)).toEqual(denied);
      const repeated = repeats(traffic.repeatedReads);
      report(`${repeated} objects were read again, ${(repeated / KILLS).toFixed(1)} a kill`);
      expect(repeated).toBeLessThanOrEqual(KILLS * (PAGE_OBJECTS + OBJECTS_IN_FLIGHT));
      expect(traffic.overlaps).toEqual([]);
    },
  );
}, 600_000);

it('an object of 5 GiB goes up once, but for the parts in flight', async () => {
  const plan: GeneratedPlan = { kind: 'generated', count: 1, minBytes: 5 * GIB, etags: 'opaque' };
  const parts = (5 * GIB) / PART_BYTES;
  await migrateUnderKills(
    plan,
    () => Promise.resolve(),
    async (sink) => {
      const [upload] = await sink.uploads(TO);
      return upload === undefined ? await sink.written(TO) : upload.parts / parts;
    },
    async (task, sink, traffic) => {
      expect(task).toMatchObject({ status: 5, total_num: 1, successful_num: 1, total_size: 5 * GIB, progress: 1 });
      expect(await sink.wrongCopies(FROM, TO, PART_BYTES)).toEqual([]);
      expect(await sink.uploads(TO)).toEqual([]);
      const lists = readLists(await sink.texts(TO, 'oms/'), task.id);
      expect(lists).toMatchObject({ succeeded: [{ size: 5 * GIB }], skipped: [], failed: [] });
      const repeated = repeats(traffic.repeatedParts);
      const extra = (traffic.requests['UploadPart'] ?? 0) - parts;
      report(`${repeated} parts were sent again, ${(repeated / KILLS).toFixed(1)} a kill`);
      expect(extra).toBe(repeated);
      expect(repeated).toBeLessThanOrEqual(KILLS * PARTS_IN_FLIGHT);
      expect(traffic.overlaps).toEqual([]);
    },
  );
}, 900_000);

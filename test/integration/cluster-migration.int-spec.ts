import { EventStoreDBEventStore } from '../../src/event-store/eventstoredb/eventstoredb-event-store.js';
import { taskStream, type TaskEvent, type TaskTaken } from '../../src/tasks/task.events.js';
import { ClusterProcesses } from '../support/cluster/cluster-processes.js';
import { MigrationApi, srcNode } from '../support/migration-api.js';
import { namesIn, readLists } from '../support/migration-lists.js';
import type { Endpoint } from '../support/service-stage.js';
import { GeneratedBucket, SyntheticProcess, type GeneratedPlan } from '../support/synthetic/index.js';
import { until } from '../support/until.js';

const [FROM, TO] = ['from', 'to'];
const WORKERS = ['worker-1', 'worker-2', 'worker-3'] as const;
const TAKE_OVER_MS = 30_000;
const PLAN: GeneratedPlan = { kind: 'generated', count: 9000, perFolder: 1500, minBytes: 50, maxBytes: 900 };
const objects = new GeneratedBucket(PLAN);
/** Keys of one folder. */
const folder = (at: number): readonly string[] =>
  Array.from({ length: 1500 }, (_, index) => objects.key(at * 1500 + index));
const prefixOf = (at: number): string => `f${String(at).padStart(5, '0')}/`;

let endpoint: SyntheticProcess;
let cluster: ClusterProcesses;

beforeAll(async () => {
  endpoint = await SyntheticProcess.start({
    buckets: { [FROM]: PLAN, [TO]: { kind: 'sink', keepLists: true } },
    readDelayMs: 40,
  });
  cluster = await ClusterProcesses.between<Endpoint>(endpoint, endpoint.twin, {
    config: {
      log: { level: 'info' },
      tasks: { runningPerWorker: 2, pageObjects: 100, objectsInFlight: 8 },
      taskGroups: { taskObjects: 400 },
    },
  });
  await Promise.all(['api-1', 'api-2'].map((name) => cluster.start(name, 'api')));
  for (const worker of WORKERS) await cluster.start(worker, 'worker');
}, 180_000);

afterAll(async () => {
  await cluster.strike();
  await endpoint.stop();
}, 60_000);

const api = (at: 1 | 2 = 1) => new MigrationApi(cluster.api(`api-${at}`));
const create = (at: number, by: 1 | 2 = 1) => api(by).create({ src_node: srcNode({ object_key: [prefixOf(at)] }) });

/** Who took a task, in order. */
async function takes(taskId: number): Promise<readonly TaskTaken['data'][]> {
  const store = await EventStoreDBEventStore.open({ url: cluster.engines.eventStore.connectionString });
  try {
    const { events } = await store.read<TaskEvent>(taskStream(String(taskId)));
    return events.flatMap((event) => (event.type === 'TaskTaken' ? [event.data] : []));
  } finally {
    await store.close();
  }
}

/** Each object of the folder was copied, and is in one list of the task. */
async function expectWhole(taskId: number, at: number): Promise<void> {
  const task = await api(2).ended(taskId, 120_000);
  expect(task).toMatchObject({ status: 5, total_num: 1500, successful_num: 1500, skipped_num: 0, failed_num: 0 });
  const files = await endpoint.texts(TO, `oms/task/${taskId}/`);
  expect(namesIn(readLists(files, taskId))).toEqual(folder(at));
  expect(await endpoint.objects(TO, prefixOf(at))).toHaveLength(1500);
}

/** Processes by the name that their takes bear. */
const nameOf = (worker: string): string =>
  WORKERS.find((name) => cluster.log(name).includes(worker)) ?? `unknown ${worker}`;

it('tasks run on any worker, are seen by every process, and none of their objects is read twice', async () => {
  const ids = [await create(0), await create(1, 2), await create(2)];
  await until(
    async () => (await Promise.all(ids.map((id) => api(2).show(id)))).every(({ status }) => status === 2),
    30_000,
  );
  for (const [at, id] of ids.entries()) await expectWhole(id, at);
  const takers = (await Promise.all(ids.map(takes))).map((taken) => taken.map(({ worker }) => worker));
  expect(takers.map((workers) => workers.length)).toEqual([1, 1, 1]);
  expect(new Set(takers.flat()).size).toBeGreaterThan(1);
  const { repeatedReads, overlaps } = await endpoint.traffic();
  expect([repeatedReads, overlaps]).toEqual([{}, []]);
}, 180_000);

it('a worker that is killed loses its tasks to another within 30 s, which goes on from where they were', async () => {
  const id = await create(3);
  await until(async () => (await api().show(id)).successful_num >= 300, 60_000);
  const [first] = await takes(id);
  const killed = nameOf(first?.worker ?? '');
  await cluster.process(killed).kill();
  const killedAt = performance.now();
  await until(async () => (await takes(id)).length > 1, TAKE_OVER_MS, 100);
  process.stderr.write(`taken over ${Math.round(performance.now() - killedAt)} ms after kill -9\n`);
  const [, second] = await takes(id);
  expect(second?.take).toBe(2);
  expect(second?.worker).not.toBe(first?.worker);
  await expectWhole(id, 3);
  const { repeatedReads, overlaps } = await endpoint.traffic();
  const repeats = Object.values(repeatedReads).reduce((sum, count) => sum + count - 1, 0);
  expect(repeats).toBeLessThanOrEqual(100 + 8);
  expect(overlaps).toEqual([]);
  await cluster.start(killed, 'worker');
}, 180_000);

it('a task is paused and started by a process that does not run it', async () => {
  const id = await create(4);
  await until(async () => (await api().show(id)).successful_num >= 200, 60_000);
  await api(2).stop(id);
  const paused = await api(1).reached(id, [3], 15_000);
  expect(paused.successful_num).toBeLessThan(1500);
  await api(1).start(id);
  await expectWhole(id, 4);
}, 180_000);

it('a task group is planned by one worker and run by all, with a worker killed in the middle', async () => {
  const id = await api().createGroup({ src_node: srcNode({ object_key: [prefixOf(5)] }) });
  await until(async () => (await api(2).showGroup(id)).success_num >= 300, 60_000);
  await cluster.process('worker-2').kill();
  const group = await api(2).groupReached(id, [4, 5, 6], 120_000);
  expect(group).toMatchObject({ status: 6, total_num: 1500, success_num: 1500, fail_num: 0, total_task_num: 4 });
  const names: string[] = [];
  for (const task of await api().tasksOf(id)) {
    const files = await endpoint.texts(TO, `oms/task_group/${id}/`);
    names.push(...namesIn(readLists(files, task.id, { folder: `oms/task_group/${id}` })));
    const numbers = (await takes(task.id)).map(({ take }) => take);
    expect(numbers).toEqual(numbers.map((_, at) => at + 1));
  }
  expect(names.sort()).toEqual(folder(5));
  const { overlaps } = await endpoint.traffic();
  expect(overlaps).toEqual([]);
}, 240_000);

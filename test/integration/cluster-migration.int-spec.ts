import { srcNode } from '../support/migration-api.js';
import { MigrationCluster, OBJECTS_IN_FLIGHT, PAGE_OBJECTS } from '../support/migration-cluster.js';
import { until } from '../support/until.js';

const TAKE_OVER_MS = 30_000;

let cluster: MigrationCluster;

beforeAll(async () => {
  cluster = await MigrationCluster.start(6);
}, 180_000);

afterAll(() => cluster.strike(), 60_000);

const copied = (id: number, objects: number) =>
  until(async () => (await cluster.api().show(id)).successful_num >= objects, 60_000, 20);

it('tasks run on any worker, are seen by every process, and none of their objects is read twice', async () => {
  const ids = [await cluster.create(0), await cluster.create(1, 2), await cluster.create(2)];
  const shown = () => Promise.all(ids.map((id) => cluster.api(2).show(id)));
  await until(async () => (await shown()).every(({ status }) => status === 2), 30_000, 20);
  for (const [folder, id] of ids.entries()) await cluster.expectWhole(id, folder);
  const takers = (await Promise.all(ids.map((id) => cluster.takes(id)))).map((takes) =>
    takes.map(({ worker }) => worker),
  );
  expect(takers.map((workers) => workers.length)).toEqual([1, 1, 1]);
  expect(new Set(takers.flat()).size).toBeGreaterThan(1);
  const { repeatedReads, overlaps } = await cluster.endpoint.traffic();
  expect([repeatedReads, overlaps]).toEqual([{}, []]);
}, 180_000);

it('a worker that is killed loses its tasks to another within 30 s, which goes on from where they were', async () => {
  const id = await cluster.create(3);
  await copied(id, 300);
  const [first] = await cluster.takes(id);
  const killed = cluster.processOf(first?.worker);
  await cluster.processes.process(killed).kill();
  const killedAt = performance.now();
  await until(async () => (await cluster.takes(id)).length > 1, TAKE_OVER_MS, 100);
  process.stderr.write(`taken over ${Math.round(performance.now() - killedAt)} ms after kill -9\n`);
  expect((await cluster.takes(id))[1]?.worker).not.toBe(first?.worker);
  await cluster.expectWhole(id, 3);
  const { repeatedReads, overlaps } = await cluster.endpoint.traffic();
  const repeats = Object.values(repeatedReads).reduce((sum, count) => sum + count - 1, 0);
  expect(repeats).toBeLessThanOrEqual(PAGE_OBJECTS + OBJECTS_IN_FLIGHT);
  expect(overlaps).toEqual([]);
  await cluster.processes.start(killed, 'worker');
}, 180_000);

it('a task is paused and started by processes that do not run it', async () => {
  const id = await cluster.create(4);
  await copied(id, 200);
  await cluster.api(2).stop(id);
  const paused = await cluster.api(1).reached(id, [3], 15_000);
  expect(paused.successful_num).toBeLessThan(1500);
  await cluster.api(1).start(id);
  await cluster.expectWhole(id, 4);
}, 180_000);

it('a task group is planned by one worker and run by all, with a worker killed in the middle', async () => {
  const id = await cluster.api().createGroup({ src_node: srcNode({ object_key: [cluster.prefix(5)] }) });
  await until(async () => (await cluster.api(2).showGroup(id)).success_num >= 300, 60_000, 20);
  await cluster.processes.process('worker-2').kill();
  const group = await cluster.api(2).groupReached(id, [4, 5, 6], 120_000);
  expect(group).toMatchObject({ status: 6, total_num: 1500, success_num: 1500, fail_num: 0, total_task_num: 4 });
  expect(await cluster.namesOfGroup(id)).toEqual(cluster.keys(5));
  for (const task of await cluster.api().tasksOf(id)) {
    const numbers = (await cluster.takes(task.id)).map(({ take }) => take);
    expect(numbers).toEqual(numbers.map((_, at) => at + 1));
  }
  expect((await cluster.endpoint.traffic()).overlaps).toEqual([]);
}, 240_000);

import { setTimeout as sleep } from 'node:timers/promises';
import { srcNode } from '../support/migration-api.js';
import { MigrationCluster, WORKERS } from '../support/migration-cluster.js';
import { until } from '../support/until.js';

let cluster: MigrationCluster;

beforeAll(async () => {
  cluster = await MigrationCluster.start(5);
}, 180_000);

afterAll(() => cluster.strike(), 60_000);

const copied = (id: number, objects: number) =>
  until(async () => (await cluster.api().show(id)).successful_num >= objects, 60_000, 20);

it('tasks outlive dropped connections to the event store', async () => {
  const id = await cluster.create(0);
  for (const objects of [100, 400, 800]) {
    await copied(id, objects);
    await cluster.processes.engines.eventStore.dropConnections();
  }
  await cluster.expectWhole(id, 0);
}, 180_000);

it('tasks outlive an event store that is away for longer than a lease lasts', async () => {
  const id = await cluster.create(1);
  await copied(id, 200);
  const { eventStore } = cluster.processes.engines;
  await eventStore.refuseConnections();
  await eventStore.dropConnections();
  await sleep(8000);
  await eventStore.acceptConnections();
  await cluster.expectWhole(id, 1);
}, 180_000);

it('a worker that hangs while another takes its task over does no harm when it wakes up', async () => {
  const id = await cluster.create(2);
  await copied(id, 200);
  const [first] = await cluster.takes(id);
  const hanging = cluster.processes.process(cluster.processOf(first?.worker));
  process.kill(hanging.pid, 'SIGSTOP');
  try {
    await until(async () => (await cluster.takes(id)).length > 1, 30_000, 100);
    await copied(id, 600);
  } finally {
    process.kill(hanging.pid, 'SIGCONT');
  }
  await cluster.expectWhole(id, 2);
  expect((await cluster.takes(id)).at(-1)?.worker).not.toBe(first?.worker);
}, 180_000);

it('a group whose planner is killed, whoever that is, is planned to its end, each part once', async () => {
  const id = await cluster
    .api()
    .createGroup({ src_node: srcNode({ object_key: [cluster.prefix(3), cluster.prefix(4)] }) });
  for (const worker of WORKERS) {
    await cluster.processes.process(worker).kill();
    await cluster.processes.start(worker, 'worker');
  }
  const group = await cluster.api(2).groupReached(id, [4, 5, 6], 150_000);
  expect(group).toMatchObject({ status: 6, total_num: 3000, success_num: 3000, fail_num: 0, total_task_num: 8 });
  expect(await cluster.namesOfGroup(id)).toEqual([...cluster.keys(3), ...cluster.keys(4)]);
}, 240_000);

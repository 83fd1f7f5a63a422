import { SyncScene } from '../../test/support/sync-scene.js';
import { until } from '../../test/support/until.js';
import { Cluster, WorkerNode } from '../../test/support/worker-node.js';
import { SyncEventPublisher } from '../sync-tasks/sync-event-publisher.js';
import { syncEventStream } from '../sync-tasks/sync-event.events.js';
import { KnownTasks } from './known-tasks.js';
import { SyncEventConsumer } from './sync-event-consumer.js';

/** Places keys as a topic with one more partition does, whatever the queue thinks. */
class GrownTopic extends SyncEventPublisher {
  override byPartition(_syncTaskId: string, keys: readonly string[]): ReadonlyMap<number, readonly string[]> {
    const groups = new Map<number, string[]>();
    for (const key of keys) {
      const partition = key.startsWith('new') ? 1 : 0;
      groups.set(partition, [...(groups.get(partition) ?? []), key]);
    }
    return groups;
  }
}

describe('the consumer of sync events', () => {
  let node: WorkerNode;
  let scene: SyncScene;
  let stop: AbortController;
  let running: Promise<void>;

  beforeEach(async () => {
    node = await WorkerNode.start(new Cluster());
    scene = new SyncScene(node);
    await scene.create();
    await node.caughtUp();
    stop = new AbortController();
    const { queue, commands, bus, driver, cluster } = node;
    const tasks = new KnownTasks(commands, cluster.clock);
    const publisher = new GrownTopic(queue);
    const { signal } = new AbortController();
    running = new SyncEventConsumer(queue, commands, tasks, bus, publisher, driver, 4, signal).run(stop.signal);
  });

  afterEach(async () => {
    stop.abort();
    await running;
    await node.close();
  });

  const typesOf = async (id: string) =>
    (await node.cluster.events.read(syncEventStream(id))).events.map(({ type }) => type);

  it('keeps an event whole that was created before its topic had more partitions', async () => {
    const keys = ['old', 'new'];
    const syncEventId = await scene.request(...keys);
    await node.publisher.republish([{ syncEventId, syncTaskId: scene.syncTaskId, keys, correlationId: 'c' }]);
    await until(async () => (await typesOf(syncEventId)).includes('SyncEventSettled'));
    expect(await typesOf(syncEventId)).toEqual(['SyncEventCreated', 'SyncEventSettled']);
    await until(async () => (await node.queue.stats()).unsettledMessages === 0);
  });

  it('takes an event whose keys are all of its partition as it is', async () => {
    const request = { syncEventId: 'e', syncTaskId: scene.syncTaskId, keys: ['a', 'b'], correlationId: 'c' };
    await node.publisher.republish([request]);
    await until(async () => (await node.queue.stats()).unsettledMessages === 0);
    expect(await typesOf('e')).toEqual(['SyncEventCreated', 'SyncEventSettled']);
  });
});

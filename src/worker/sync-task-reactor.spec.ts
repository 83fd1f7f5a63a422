import { SyncScene } from '../../test/support/sync-scene.js';
import { until } from '../../test/support/until.js';
import { Cluster, WorkerNode } from '../../test/support/worker-node.js';
import type { SubscriptionBatch } from '../event-store/event-store.port.js';
import { MemoryEventStore } from '../event-store/memory/memory-event-store.js';
import { ReactorHost } from '../projections/reactor-host.js';
import type { SyncTaskCredentials } from '../sync-tasks/sync-task.events.js';
import { SyncTaskReactor } from './sync-task-reactor.js';

/** Tells a follower of a position only with an event of its own: as a log at the other end of a wire does for a long time. */
class ReticentStore extends MemoryEventStore {
  deletions = 0;

  override async *subscribeAll(
    ...args: Parameters<MemoryEventStore['subscribeAll']>
  ): AsyncGenerator<SubscriptionBatch> {
    for await (const { events } of super.subscribeAll(...args)) {
      const last = events.at(-1);
      if (last) yield { events, position: last.position };
    }
  }

  override delete(stream: string): Promise<void> {
    this.deletions++;
    return super.delete(stream);
  }
}

const refs = ({ source, destination }: SyncTaskCredentials) => [source.ref, destination.ref];

describe('the reactor to starts and deletions', () => {
  let store: ReticentStore;
  let node: WorkerNode;
  let scene: SyncScene;
  let hosts: ReactorHost[];

  /** Reacts to all there is, as a process does that has done so never before. */
  const takeOver = async (by = node): Promise<ReactorHost> => {
    const host = new ReactorHost(store, by.views);
    hosts.push(host);
    const { projections, views, publisher, driver, lists, vault, pool } = by;
    host.register(new SyncTaskReactor(store, projections, views, publisher, driver, lists, vault, pool).reactor);
    const last = await lastLifeEvent();
    host.start();
    await until(() => (host.status()[0]?.position ?? 0n) >= last);
    return host;
  };
  const lastLifeEvent = async () => {
    let last = 0n;
    for await (const { position } of store.readAll(undefined, ['syncTask-'])) last = position;
    return last;
  };
  const republished = async () => (await node.queue.stats()).unsettledMessages;
  const kept = async (credentials: SyncTaskCredentials) =>
    Promise.all(refs(credentials).map((ref) => node.vault.has(ref)));

  beforeEach(async () => {
    store = new ReticentStore();
    const cluster = new Cluster(store);
    node = await WorkerNode.start(cluster);
    hosts = [];
    scene = new SyncScene(node);
  });
  afterEach(async () => {
    for (const host of hosts) await host.stop();
    await node.close();
    await store.close();
  });

  it('puts what a stop parked back into the queue, nothing that came later, and forgets the old keys', async () => {
    const first = await scene.create();
    await scene.request('parked');
    await scene.stop();
    const second = await scene.start();
    await scene.request('in flight');
    await takeOver();
    expect(await republished()).toBe(1);
    expect([await kept(first), await kept(second)]).toEqual([
      [false, false],
      [true, true],
    ]);
  });

  it('passes over starts that are not the last, and forgets nothing twice', async () => {
    await scene.create();
    await scene.request('parked');
    for (let round = 0; round < 5; round++) {
      await scene.stop();
      await scene.start();
    }
    await takeOver();
    expect([await republished(), store.deletions]).toEqual([1, 10]);
    const other = await WorkerNode.start(node.cluster);
    const again = await takeOver(other);
    expect(store.deletions).toBe(10);
    await again.stop();
    await other.close();
  });

  it('winds a deleted task up: what was open is in its lists as failed, and its keys are gone', async () => {
    const credentials = await scene.create();
    await scene.sync('done');
    await scene.request('open 1', 'open 2');
    await scene.stop();
    await scene.delete();
    await takeOver();
    expect(await kept(credentials)).toEqual([false, false]);
    const files = [...node.cluster.files().values()].join('');
    expect(files).toContain('\tdone\t1\n');
    expect(files.match(/TaskDeleted/g)).toHaveLength(2);
    expect(node.told.filter((line) => line.startsWith('failed'))).toEqual([]);
  });

  it('does nothing more for a task that another process has wound up', async () => {
    await scene.create();
    await scene.request('open');
    await scene.stop();
    await scene.delete();
    await takeOver();
    const events = await store.head();
    const other = await WorkerNode.start(node.cluster);
    const again = await takeOver(other);
    expect([await store.head(), store.deletions, other.told, other.faults.calls]).toEqual([events, 2, [], []]);
    await again.stop();
    await other.close();
  });
});

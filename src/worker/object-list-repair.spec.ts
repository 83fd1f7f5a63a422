import { SyncScene } from '../../test/support/sync-scene.js';
import { until } from '../../test/support/until.js';
import { Cluster, WorkerNode } from '../../test/support/worker-node.js';

const signal = new AbortController().signal;

describe('the repair of object lists', () => {
  let cluster: Cluster;
  let node: WorkerNode;
  let scene: SyncScene;

  const look = () => {
    const now = cluster.clock.now().getTime();
    return node.repair.look(now - 1000, now + 1000, signal);
  };
  const spoil = (key: string) => cluster.buckets.write('to', key, Buffer.from('a cut that nobody recorded'));

  /** Two files of each kind; answers what they are. */
  beforeEach(async () => {
    cluster = new Cluster();
    node = await WorkerNode.start(cluster);
    scene = new SyncScene(node);
    await scene.create();
    for (const keys of [['a', 'b'], ['c']]) {
      await scene.sync(...keys);
      await node.caughtUp();
      await node.lists.flush(signal);
    }
    await node.caughtUp();
  });
  afterEach(async () => {
    await node.close();
    await cluster.events.close();
  });

  it('writes every file as it is recorded that another writer has overwritten', async () => {
    const before = cluster.files();
    expect(before.size).toBe(4);
    for (const key of before.keys()) spoil(key);
    await look();
    expect(cluster.files()).toEqual(before);
    expect(node.told.filter((line) => line.startsWith('repaired'))).toHaveLength(4);
  });

  it('only looks at those that are right', async () => {
    const puts = node.faults.count('put');
    await look();
    expect(node.faults.count('head')).toBe(4);
    expect(node.faults.count('put')).toBe(puts);
  });

  it('leaves files alone that were recorded at another time, and those that somebody removed', async () => {
    const [removed, ...others] = cluster.files().keys();
    cluster.buckets.bucket('to').objects.delete(removed!);
    await look();
    expect([...cluster.files().keys()]).toEqual(others);
    cluster.clock.advance(60_000);
    spoil(others[0]!);
    await look();
    expect(cluster.files().get(others[0]!)).toBe('a cut that nobody recorded');
  });

  it('looks again later at what was recorded before and soon after it took over', async () => {
    const repairing = node.repair.run(signal);
    await node.time.advance(0);
    await until(() => node.faults.count('head') === 4);
    cluster.clock.advance(30_000);
    await scene.sync('d');
    await node.caughtUp();
    await node.lists.flush(signal);
    await node.caughtUp();
    const before = cluster.files();
    for (const key of before.keys()) spoil(key);
    await node.time.advance(120_000);
    await repairing;
    expect(before.size).toBe(6);
    expect(cluster.files()).toEqual(before);
  });

  it('tells what it cannot reach, and goes on with the next', async () => {
    const before = cluster.files();
    for (const key of before.keys()) spoil(key);
    node.faults.next('head', { kind: 'fail', error: new Error('no route') });
    node.faults.next('put', { kind: 'fail', error: new Error('no route') });
    await look();
    expect(node.told.filter((line) => line.startsWith('not repaired'))).toHaveLength(2);
    await look();
    expect(cluster.files()).toEqual(before);
  });
});

import { SyncScene } from '../../test/support/sync-scene.js';
import { Cluster, WorkerNode } from '../../test/support/worker-node.js';
import { SyncStatistics } from '../statistics/sync-statistics.js';
import { syncTaskStream, type SyncTaskEvent } from '../sync-tasks/sync-task.events.js';
import { LedgerCloser } from './ledger-closer.js';

const DAY_MS = 86_400_000;

describe('the closer of ledgers', () => {
  let cluster: Cluster;
  let node: WorkerNode;
  let scene: SyncScene;
  let closer: LedgerCloser;

  const closed = async () => {
    const { events } = await cluster.events.read<SyncTaskEvent>(syncTaskStream(scene.syncTaskId));
    return events.flatMap(({ type, data }) => (type === 'SyncLedgerClosed' ? [data] : []));
  };

  beforeEach(async () => {
    cluster = new Cluster();
    node = await WorkerNode.start(cluster);
    scene = new SyncScene(node);
    const { events, clock } = cluster;
    const { commands, bus, projections, views } = node;
    const statistics = new SyncStatistics(views);
    closer = new LedgerCloser(events, commands, bus, projections, views, statistics, clock, () => undefined);
    await scene.create();
    await scene.sync('a');
  });
  afterEach(async () => {
    await node.close();
    await cluster.events.close();
  });

  it('closes a day when it is over, with all its figures, once', async () => {
    await node.caughtUp();
    await closer.closeDue();
    expect(await closed()).toEqual([]);
    cluster.clock.advance(DAY_MS * 1.5);
    await closer.closeDue();
    await closer.closeDue();
    expect(await closed()).toMatchObject([{ day: '2030-01-01', buckets: [{ requested: 1, synced: 1 }] }]);
  });

  it('closes none while the views of this process lack events of it', async () => {
    await node.caughtUp();
    await node.projections.stop();
    await scene.sync('b');
    cluster.clock.advance(DAY_MS * 1.5);
    await closer.closeDue();
    expect(await closed()).toEqual([]);
    node.projections.start();
    await node.caughtUp();
    await closer.closeDue();
    expect(await closed()).toMatchObject([{ day: '2030-01-01', buckets: [{ requested: 2, synced: 2 }] }]);
  });

  it('closes a past day though the views lack events of today', async () => {
    await node.caughtUp();
    await node.projections.stop();
    cluster.clock.advance(DAY_MS * 1.5);
    await scene.sync('today');
    await closer.closeDue();
    expect(await closed()).toMatchObject([{ day: '2030-01-01', buckets: [{ requested: 1, synced: 1 }] }]);
  });
});

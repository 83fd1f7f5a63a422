import { SyncScene } from '../../test/support/sync-scene.js';
import { Cluster, WorkerNode } from '../../test/support/worker-node.js';
import { syncEventStream } from '../sync-tasks/sync-event.events.js';
import { syncTaskDecider } from '../sync-tasks/sync-task.decider.js';
import { syncTaskStream } from '../sync-tasks/sync-task.events.js';
import { CreateSyncEvent } from '../sync-tasks/sync-event.commands.js';
import type { ObjectOutcome } from '../sync-tasks/sync-event.events.js';
import type { TransferOutcome } from '../transfer/sync-object.js';
import { SyncEventDriver, type KnownTask } from './sync-event-driver.js';

const context = { correlationId: 'c', actor: 'test' };
const KEYS = ['a', 'b'];

/** A partition that moves while its message is in hand: the owner before and the owner after both drive one event. */
describe('one event driven by two workers', () => {
  let nodes: readonly WorkerNode[];
  let event: { syncEventId: string; syncTaskId: string; keys: readonly string[]; correlationId: string };
  let task: KnownTask;

  beforeEach(async () => {
    const cluster = new Cluster();
    nodes = [await WorkerNode.start(cluster), await WorkerNode.start(cluster)];
    const [first] = nodes as [WorkerNode];
    const scene = new SyncScene(first);
    await scene.create();
    const { syncTaskId } = scene;
    event = { syncEventId: 'event', syncTaskId, keys: KEYS, correlationId: 'c' };
    await first.bus.execute(new CreateSyncEvent(syncTaskId, event.syncEventId, KEYS, context));
    const { state } = await first.commands.load(syncTaskDecider, syncTaskStream(syncTaskId));
    if (state.status === 'absent') throw new Error('The task was not created');
    task = state;
    for (const node of nodes) await node.caughtUp();
  });

  afterEach(async () => {
    for (const node of nodes) await node.close();
  });

  const driverOf = (
    { commands, bus, views, pool }: WorkerNode,
    transfer: (key: string, signal: AbortSignal) => Promise<TransferOutcome>,
    settled: (readonly ObjectOutcome[])[],
  ) =>
    new SyncEventDriver(
      commands,
      bus,
      views,
      pool,
      (_settings, _stores, key, signal) => transfer(key, signal),
      8,
      (_event, outcomes) => settled.push(outcomes),
    );

  it('is settled once, by whoever comes first; the other one is told nothing but that it is done', async () => {
    const settled: (readonly ObjectOutcome[])[] = [];
    const sizes = [1, 2];
    const drives = nodes.map((node, index) => {
      const transfer = () =>
        Promise.resolve<TransferOutcome>({ outcome: 'synced', size: sizes[index] ?? 0, proof: 'md5' });
      return driverOf(node, transfer, settled).drive(event, task, new AbortController().signal);
    });
    expect(await Promise.all(drives)).toEqual(['settled', 'settled']);
    expect(settled).toHaveLength(1);
    const { events } = await nodes[0]!.cluster.events.read(syncEventStream(event.syncEventId));
    expect(events.map(({ type }) => type)).toEqual(['SyncEventCreated', 'SyncEventSettled']);
    expect(events[1]?.data).toMatchObject({ outcomes: settled[0] });
  });

  it('ends its copies where the message was lost, and leaves the settlement to the new owner', async () => {
    const settled: (readonly ObjectOutcome[])[] = [];
    const lost = new AbortController();
    let copying = 0;
    const stuck = (_key: string, signal: AbortSignal) => {
      copying++;
      return new Promise<TransferOutcome>((_resolve, reject) =>
        signal.addEventListener('abort', () => {
          copying--;
          reject(new Error('moved'));
        }),
      );
    };
    const before = driverOf(nodes[0]!, stuck, settled).drive(event, task, lost.signal);
    while (copying < KEYS.length) await new Promise(setImmediate);
    lost.abort(new Error('moved'));
    await expect(before).rejects.toThrow('moved');
    expect([copying, settled]).toEqual([0, []]);
    const done = () => Promise.resolve<TransferOutcome>({ outcome: 'synced', size: 7, proof: 'md5' });
    expect(await driverOf(nodes[1]!, done, settled).drive(event, task, new AbortController().signal)).toBe('settled');
    expect(settled).toHaveLength(1);
  });
});

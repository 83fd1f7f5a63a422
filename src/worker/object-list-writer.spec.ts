import { SyncScene } from '../../test/support/sync-scene.js';
import { Cluster, WorkerNode } from '../../test/support/worker-node.js';
import { syncTaskListsStream, type ObjectListRecorded } from '../sync-tasks/object-list.events.js';
import { sha256 } from './object-list-file.js';

const signal = new AbortController().signal;
const never = new Error('cut off');

describe('the writer of object lists', () => {
  let cluster: Cluster;
  let nodes: WorkerNode[];
  let scene: SyncScene;

  /** Another process over the same log and buckets. */
  const node = async (): Promise<WorkerNode> => {
    const started = await WorkerNode.start(cluster);
    nodes.push(started);
    return started;
  };
  const records = async () =>
    (await cluster.events.read<ObjectListRecorded>(syncTaskListsStream(scene.syncTaskId))).events.map(
      ({ data }) => data,
    );
  const flush = async (writer: WorkerNode) => {
    await writer.caughtUp();
    await writer.lists.flush(signal);
  };
  /** Every recorded file is there as it is recorded, there is no other, and no line is in two of them. */
  const expectAsRecorded = async () => {
    const files = cluster.files();
    const recorded = await records();
    expect([...files.keys()].sort()).toEqual(recorded.map(({ key }) => key).sort());
    for (const { key, sha256: sum } of recorded) expect(sha256(Buffer.from(files.get(key) ?? ''))).toBe(sum);
    const requested = recorded.filter(({ kind }) => kind === 'requested').flatMap(({ key }) => linesOf(files.get(key)));
    expect(new Set(requested).size).toBe(requested.length);
    return requested;
  };
  const linesOf = (text = '') => text.split('\n').filter((line) => line !== '');

  beforeEach(async () => {
    cluster = new Cluster();
    nodes = [];
    scene = new SyncScene(await node());
    await scene.create();
  });
  afterEach(async () => {
    for (const each of nodes) await each.close();
    await cluster.events.close();
  });

  it('writes and records what is pending, once, however many ask at once', async () => {
    const one = nodes[0]!;
    await scene.sync('a', 'b');
    await one.caughtUp();
    await Promise.all([one.lists.flush(signal), one.lists.flush(signal), one.lists.flush(signal, scene.syncTaskId)]);
    expect(await expectAsRecorded()).toEqual(['a', 'b']);
    expect(one.faults.count('put')).toBe(2);
  });

  it('goes on behind what another recorded, also while its own view does not show that yet', async () => {
    const [one, two] = [nodes[0]!, await node()];
    await scene.sync('a');
    await two.caughtUp();
    await two.projections.stop();
    await flush(one);
    await two.lists.flush(signal);
    expect(two.faults.count('put')).toBe(0);
    two.projections.start();
    await scene.sync('b');
    await flush(two);
    expect(await expectAsRecorded()).toEqual(['a', 'b']);
  });

  it('puts the file right when another recorded a longer cut while it wrote', async () => {
    const [old, next] = [nodes[0]!, await node()];
    await scene.sync('a');
    await old.caughtUp();
    const gate = holdPuts(old);
    const late = old.lists.flush(signal);
    await gate.reached;
    await scene.sync('b');
    await flush(next);
    gate.open();
    await late;
    expect(await expectAsRecorded()).toEqual(['a', 'b']);
    expect(old.told.filter((line) => line.startsWith('repaired'))).toHaveLength(1);
    expect(next.told.filter((line) => line.startsWith('written'))).toHaveLength(2);
  });

  it('puts the file right when its predecessor recorded a shorter cut after all', async () => {
    const [old, next] = [nodes[0]!, await node()];
    await scene.sync('a');
    await flush(old);
    await scene.sync('b');
    await old.caughtUp();
    await old.projections.stop();
    await scene.sync('c');
    await next.caughtUp();
    const gate = holdPuts(next);
    const late = next.lists.flush(signal);
    await gate.reached;
    await old.lists.flush(signal);
    gate.open();
    await late;
    expect(await expectAsRecorded()).toEqual(['a', 'b']);
    expect(next.told.filter((line) => line.startsWith('repaired'))).toHaveLength(1);
    await flush(next);
    expect(await expectAsRecorded()).toEqual(['a', 'b', 'c']);
  });

  it('leaves lines pending whose file could not be written, and says so', async () => {
    const one = nodes[0]!;
    await scene.sync('a');
    one.faults.next('put', { kind: 'fail', error: never }, { times: 2 });
    await flush(one);
    expect(one.told.sort()).toEqual(['failed requested', 'failed synced']);
    await flush(one);
    expect(await expectAsRecorded()).toEqual(['a']);
  });
});

/** Holds the next put of this process until it is told to go on. */
function holdPuts(node: WorkerNode): { readonly reached: Promise<void>; open(): void } {
  let open!: () => void;
  const opened = new Promise<void>((resolve) => (open = resolve));
  let reach!: () => void;
  const reached = new Promise<void>((resolve) => (reach = resolve));
  const call = node.faults.call.bind(node.faults);
  node.faults.call = async (made, until, proceed) => {
    if (made.operation === 'put') {
      reach();
      await opened;
    }
    return call(made, until, proceed);
  };
  return { reached, open };
}

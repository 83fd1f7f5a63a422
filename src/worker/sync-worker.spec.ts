import { ManualTime } from '../../test/support/manual-time.js';
import { SyncScene } from '../../test/support/sync-scene.js';
import { until } from '../../test/support/until.js';
import { Cluster, WorkerNode } from '../../test/support/worker-node.js';
import { silentLog } from '../kernel/log.js';
import { EventStoreLeases } from '../leases/event-store-leases.js';
import { ReactorHost } from '../projections/reactor-host.js';
import { SyncDuties } from './sync-duties.js';
import { SyncTaskReactor } from './sync-task-reactor.js';
import { SyncWorker } from './sync-worker.js';

const TTL = 6000;

/** A worker process but for its queue: its consumer waits for its end. */
class Worker {
  readonly reactors: ReactorHost;
  readonly leases: EventStoreLeases;
  private readonly worker: SyncWorker;

  private constructor(
    readonly node: WorkerNode,
    owner: string,
    time: ManualTime,
  ) {
    const { cluster, projections, views, publisher, driver, lists, repair, vault, pool } = node;
    const { events, clock } = cluster;
    this.reactors = new ReactorHost(events, views);
    this.reactors.register(
      new SyncTaskReactor(events, projections, views, publisher, driver, lists, vault, pool).reactor,
    );
    this.leases = new EventStoreLeases(events, clock, silentLog, { owner, ttlMs: TTL }, time);
    const consumer = { run: (signal: AbortSignal) => new Promise<void>((resolve) => onAbort(signal, resolve)) };
    const duties = new SyncDuties(this.reactors, lists, undefined, repair);
    this.worker = new SyncWorker(consumer, this.leases, duties, pool, new AbortController(), (error) => {
      throw error;
    });
    this.worker.start();
  }

  static async start(cluster: Cluster, owner: string, time: ManualTime): Promise<Worker> {
    return new Worker(await WorkerNode.start(cluster), owner, time);
  }

  get leads(): boolean {
    return this.leases.status()[0]?.state === 'held';
  }

  async stop(): Promise<void> {
    await this.node.caughtUp();
    await this.worker.stop(1000);
  }
}

const onAbort = (signal: AbortSignal, call: () => void) => signal.addEventListener('abort', call, { once: true });

describe('worker processes', () => {
  let cluster: Cluster;
  let time: ManualTime;
  let workers: Worker[];

  beforeEach(async () => {
    cluster = new Cluster();
    time = new ManualTime();
    workers = [await Worker.start(cluster, 'one', time)];
    await until(() => workers[0]!.leads);
    workers.push(await Worker.start(cluster, 'two', time));
  });
  afterEach(async () => {
    for (const { node } of workers) await node.close();
    await cluster.events.close();
  });

  it('have one of them do the duties of all; the next goes on when it stops', async () => {
    const [one, two] = [workers[0]!, workers[1]!];
    const scene = new SyncScene(one.node);
    await scene.create();
    await scene.sync('a');
    await time.advance(TTL * 3);
    expect([one.leads, two.leads]).toEqual([true, false]);
    await one.stop();
    expect([...cluster.files().values()]).toContain('a\n');
    expect(one.reactors.status()).toMatchObject([{ state: 'stopped' }]);

    await time.advance(TTL / 6);
    expect(two.leads).toBe(true);
    await scene.stop();
    const credentials = await scene.start();
    await scene.stop();
    await scene.delete();
    await until(async () => !(await two.node.vault.has(credentials.source.ref)));
    await two.stop();
  });

  it('write no last lists unless they have the duties', async () => {
    const [one, two] = [workers[0]!, workers[1]!];
    const scene = new SyncScene(one.node);
    await scene.create();
    await scene.sync('a');
    await two.stop();
    expect(cluster.files().size).toBe(0);
    await one.stop();
    expect(cluster.files().size).toBe(2);
  });
});

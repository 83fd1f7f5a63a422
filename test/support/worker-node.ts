import 'reflect-metadata';
import { Module, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { CommandBus, CqrsModule } from '@nestjs/cqrs';
import { CommandRunner } from '../../src/event-store/command-runner.js';
import { MemoryEventStore } from '../../src/event-store/memory/memory-event-store.js';
import { EventSchemas } from '../../src/event-store/upcast.js';
import { interceptStore } from '../../src/object-store/intercept-store.js';
import { MemoryBuckets } from '../../src/object-store/memory/memory-buckets.js';
import { MemoryStore } from '../../src/object-store/memory/memory-store.js';
import { ProjectionHost } from '../../src/projections/projection-host.js';
import { EmbeddedQueue } from '../../src/queue/embedded/embedded-queue.js';
import { registerProjections } from '../../src/read-models.js';
import { ReadStore } from '../../src/read-store/read-store.js';
import { SYNC_TASK_EVENT_SCHEMAS } from '../../src/sync-tasks/event-schemas.js';
import { SyncEventPublisher } from '../../src/sync-tasks/sync-event-publisher.js';
import { syncTaskHandlers } from '../../src/sync-tasks/sync-tasks.handlers.js';
import { CREDENTIAL_EVENT_SCHEMAS } from '../../src/vault/credential.events.js';
import { MasterKeys } from '../../src/vault/master-keys.js';
import { Vault } from '../../src/vault/vault.js';
import { ObjectListRepair } from '../../src/worker/object-list-repair.js';
import { ObjectListWriter } from '../../src/worker/object-list-writer.js';
import { SyncEventDriver } from '../../src/worker/sync-event-driver.js';
import { TaskStorePool } from '../../src/worker/task-stores.js';
import { StoreFaults } from './faulty-store.js';
import { ManualClock } from './manual-clock.js';
import { ManualTime } from './manual-time.js';
import { until } from './until.js';

const MASTER_KEY = Buffer.alloc(32, 5).toString('base64');
const schemas = new EventSchemas(SYNC_TASK_EVENT_SCHEMAS, CREDENTIAL_EVENT_SCHEMAS);

/** What the worker processes of a cluster share: the log, the buckets `from` and `to`, and, in a test, the time. */
export class Cluster {
  readonly clock = new ManualClock();
  readonly buckets = new MemoryBuckets(['from', 'to']);

  constructor(readonly events: MemoryEventStore = new MemoryEventStore({ schemas })) {}

  /** The list files of the destination, by name. */
  files(): ReadonlyMap<string, string> {
    const { objects } = this.buckets.bucket('to');
    return new Map([...objects].map(([key, { content }]) => [key, content.toString()]));
  }
}

/** Joins the parts of one worker process over what it shares with others; its views and its queue are its own. */
export class WorkerNode {
  readonly views = new ReadStore(':memory:');
  /** Faults of the buckets, as this process meets them. */
  readonly faults = new StoreFaults();
  /** What went wrong and right with lists. */
  readonly told: string[] = [];
  /** That of the repair. */
  readonly time = new ManualTime();
  readonly queue = EmbeddedQueue.open({ file: ':memory:', maxUnsettledWeight: 1000 });
  readonly publisher = new SyncEventPublisher(this.queue);
  readonly projections: ProjectionHost;
  readonly vault: Vault;
  readonly pool: TaskStorePool;
  readonly repair: ObjectListRepair;
  readonly lists: ObjectListWriter;
  readonly driver: SyncEventDriver;

  private constructor(
    readonly cluster: Cluster,
    readonly commands: CommandRunner,
    readonly bus: CommandBus,
    private readonly app: INestApplicationContext,
    maxLines: number,
  ) {
    const { events, clock, buckets } = cluster;
    const { views } = this;
    this.projections = new ProjectionHost(events, views);
    registerProjections(this.projections);
    this.vault = new Vault(events, clock, new MasterKeys(MASTER_KEY, 'test'), schemas);
    this.pool = new TaskStorePool(this.vault, ({ bucket }) =>
      interceptStore(new MemoryStore(buckets, bucket), this.faults),
    );
    const repairLog = {
      repaired: ({ key }: { key: string }) => this.told.push(`repaired ${key}`),
      notRepaired: ({ key }: { key: string }) => this.told.push(`not repaired ${key}`),
    };
    this.repair = new ObjectListRepair(events, commands, views, this.pool, clock, repairLog, this.time);
    const options = { flushIntervalMs: 1000, maxLines };
    this.lists = new ObjectListWriter(commands, bus, this.projections, views, this.pool, this.repair, clock, options, {
      written: ({ key }) => this.told.push(`written ${key}`),
      failed: ({ kind }) => this.told.push(`failed ${kind}`),
    });
    const transfer = () => Promise.resolve({ outcome: 'synced', size: 1, proof: 'md5' } as const);
    this.driver = new SyncEventDriver(commands, bus, views, this.pool, transfer, 8, () => undefined);
  }

  static async start(cluster: Cluster, { maxLines = 1000 } = {}): Promise<WorkerNode> {
    const commands = new CommandRunner(cluster.events, cluster.clock, schemas);
    class Root {}
    Module({
      imports: [CqrsModule.forRoot()],
      providers: [...syncTaskHandlers, { provide: CommandRunner, useValue: commands }],
    })(Root);
    const app = await NestFactory.createApplicationContext(Root, { logger: false });
    const node = new WorkerNode(cluster, commands, app.get(CommandBus), app, maxLines);
    node.projections.start();
    return node;
  }

  /** Waits until the views have all there is by now. */
  async caughtUp(): Promise<void> {
    const head = (await this.cluster.events.head()) ?? 0n;
    await until(() => this.projections.status().every(({ position = 0n }) => position >= head));
  }

  async close(): Promise<void> {
    await this.projections.stop();
    await this.pool.close();
    await this.app.close();
    await this.queue.close();
    this.views.close();
  }
}

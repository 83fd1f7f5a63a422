import { loadConfig } from '../../src/config/load-config.js';
import { CommandRunner } from '../../src/event-store/command-runner.js';
import { EventStoreUnavailable, type EventStore } from '../../src/event-store/event-store.port.js';
import type { MemoryEventStore } from '../../src/event-store/memory/memory-event-store.js';
import { ByteBudget } from '../../src/kernel/byte-budget.js';
import { silentLog } from '../../src/kernel/log.js';
import { EventStoreLeases } from '../../src/leases/event-store-leases.js';
import { interceptStore } from '../../src/object-store/intercept-store.js';
import { MemoryStore } from '../../src/object-store/memory/memory-store.js';
import { ProjectionHost } from '../../src/projections/projection-host.js';
import { ReadStore } from '../../src/read-store/read-store.js';
import { taskViewProjection } from '../../src/tasks/task-view.projection.js';
import { migrate } from '../../src/transfer/migration/migrate.js';
import { copyOrders } from '../../src/worker/migration/copy-orders.js';
import { LostWorkers } from '../../src/worker/migration/lost-workers.js';
import { openPlacesWith } from '../../src/worker/migration/open-places.js';
import { OpenTasks } from '../../src/worker/migration/open-tasks.js';
import { pageSourceOf } from '../../src/worker/migration/page-source.js';
import { RunningTask, type RunningTaskParts } from '../../src/worker/migration/running-task.js';
import { TaskScheduler } from '../../src/worker/migration/task-scheduler.js';
import { WorkerSessions } from '../../src/worker/migration/worker-session.js';
import { StoreFaults } from './faulty-store.js';
import type { TaskWorld } from './task-world.js';

export const TTL_MS = 6000;

export interface TaskWorkerOptions {
  readonly slots?: number;
  readonly pageObjects?: number;
}

/** One process that runs tasks, over what it shares with others; its views are its own. */
export class TaskWorker {
  readonly views = new ReadStore(':memory:');
  /** Faults of the buckets, as this process meets them. */
  readonly faults = new StoreFaults();
  readonly open = new OpenTasks(this.views);
  readonly projections: ProjectionHost;
  readonly parts: RunningTaskParts;
  readonly counted: Record<string, number> = { succeeded: 0, skipped: 0, failed: 0, bytes: 0 };
  /** Tasks at work in this process. */
  readonly running = new Set<string>();
  private readonly sessions: WorkerSessions;
  private isCutOff = false;
  private ids = 0;

  constructor(
    readonly world: TaskWorld,
    readonly name: string,
    { slots = 5, pageObjects = 2 }: TaskWorkerOptions = {},
  ) {
    const { clock, time, schemas } = world;
    const events = this.reachable(world.events);
    const commands = new CommandRunner(events, clock, schemas);
    this.projections = new ProjectionHost(events, this.views);
    this.projections.register(taskViewProjection);
    this.parts = this.partsOver(events, commands, pageObjects);
    const leases = new EventStoreLeases(events, clock, silentLog, { owner: name, ttlMs: TTL_MS }, time);
    const others = () => new LostWorkers(leases, commands, this.open, silentLog);
    this.sessions = new WorkerSessions(
      leases,
      (worker, lease, stop) =>
        new TaskScheduler(worker, {
          ...{ open: this.open, commands, time, slots, log: silentLog, others: others() },
          watch: (call) => this.projections.watch(taskViewProjection.name, call),
          runTask: (taskId, take, until) => this.runTask(taskId, take, until),
        }).run(lease, stop),
      () => `${name}-${++this.ids}`,
    );
  }

  start(): this {
    this.projections.start();
    this.sessions.start();
    return this;
  }

  /** The event store is out of reach for this process from now on: for the others it is as good as dead. */
  cutOff(): void {
    this.isCutOff = true;
  }

  reconnect(): void {
    this.isCutOff = false;
  }

  async close(): Promise<void> {
    this.reconnect();
    const stopped = this.sessions.stop(1000);
    let isStopped = false;
    void stopped.then(() => (isStopped = true));
    await this.world.until(() => isStopped);
    await this.projections.stop();
    this.views.close();
  }

  private runTask(taskId: string, take: number, lease: AbortSignal): RunningTask {
    const task = new RunningTask(taskId, take, lease, this.parts);
    this.running.add(taskId);
    void task.ended.then(() => this.running.delete(taskId));
    return task;
  }

  private partsOver(events: MemoryEventStore, commands: CommandRunner, pageObjects: number): RunningTaskParts {
    const { clock, time, sources, buckets } = this.world;
    const { transfer, tasks } = loadConfig({ env: {}, cwd: '/', readFile: () => '' });
    const orders = copyOrders({ transfer, tasks }, new ByteBudget(transfer.bufferBudgetBytes), (error) => {
      throw error;
    });
    const store = (bucket: string) =>
      interceptStore(new MemoryStore(bucket === 'to' ? buckets : sources, bucket), this.faults);
    const openers = {
      bucket: ({ bucket }: { readonly bucket: string }) => store(bucket),
      throughCdn: ({ bucket }: { readonly bucket: string }) => store(bucket),
      urls: () => store('from'),
    };
    const pages = { pageObjects, retry: { attempts: 1, baseDelayMs: 1, maxDelayMs: 1 } };
    return {
      ...{ commands, migrate, clock, time, log: silentLog },
      openPlaces: openPlacesWith(this.world.vaultOver(events), openers, clock, time),
      pageSource: (taskId, task, places) => pageSourceOf(taskId, task, places, pages),
      optionsOf: orders,
      observer: {
        objects: (outcome, count) => void (this.counted[outcome] = (this.counted[outcome] ?? 0) + count),
        bytes: (moved) => void (this.counted.bytes = (this.counted.bytes ?? 0) + moved),
      },
    };
  }

  private reachable(store: MemoryEventStore): MemoryEventStore {
    const through = <T>(call: () => Promise<T>): Promise<T> =>
      this.isCutOff ? Promise.reject(new EventStoreUnavailable('cut off')) : call();
    const own: Pick<EventStore, 'read' | 'append'> = {
      read: (stream) => through(() => store.read(stream)),
      append: (...args) => through(() => store.append(...args)),
    };
    return Object.assign(Object.create(store) as MemoryEventStore, own);
  }
}

import { Counter, Gauge, Histogram } from 'prom-client';
import type { Metrics } from './http/metrics.js';
import type { Leases } from './leases/leases.js';
import type { EndpointGuards } from './object-store/endpoint-guards.js';
import type { StoreObserver } from './object-store/call-observer.js';
import type { ProjectionHost } from './projections/projection-host.js';
import type { Queue } from './queue/queue.port.js';
import type { SyncTaskQueries } from './sync-tasks/sync-tasks.queries.js';
import type { ObjectOutcome } from './sync-tasks/sync-event.events.js';
import type { MigrationWorkerObserver } from './worker/migration/migration-worker.js';

export interface MeasuredParts {
  readonly queue: Queue;
  readonly projections: ProjectionHost;
  readonly guards: EndpointGuards;
  readonly leases: Leases;
  readonly tasks: SyncTaskQueries;
}

/** The figures of the service itself, beside those of its HTTP shell. */
export class ServiceMetrics {
  private readonly outcomes: Counter<'outcome'>;
  private readonly settling: Histogram;
  private readonly calls: Histogram<'endpoint' | 'operation' | 'outcome'>;
  private readonly bytes: Counter<'endpoint' | 'operation'>;
  private readonly lists: Counter;
  private readonly tasksRunning: Gauge;
  private readonly taskObjects: Counter<'outcome'>;
  private readonly taskBytes: Counter;

  constructor({ registry }: Metrics) {
    const registers = [registry];
    this.outcomes = new Counter({
      name: 'openoms_sync_objects_total',
      help: 'Objects settled by this process since its start, by outcome',
      labelNames: ['outcome'],
      registers,
    });
    this.settling = new Histogram({
      name: 'openoms_sync_event_duration_seconds',
      help: 'From taking a sync event up to its settlement',
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60, 600],
      registers,
    });
    this.calls = new Histogram({
      name: 'openoms_store_call_duration_seconds',
      help: 'Calls to object stores by endpoint, operation and how they ended',
      labelNames: ['endpoint', 'operation', 'outcome'],
      buckets: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30],
      registers,
    });
    this.bytes = new Counter({
      name: 'openoms_store_bytes_total',
      help: 'Bytes of bodies read from and written to object stores',
      labelNames: ['endpoint', 'operation'],
      registers,
    });
    this.lists = new Counter({
      name: 'openoms_object_list_failures_total',
      help: 'List files that could not be written; their lines stay pending',
      registers,
    });
    this.tasksRunning = new Gauge({
      name: 'openoms_tasks_running',
      help: 'Migration tasks that this process runs',
      registers,
    });
    this.taskObjects = new Counter({
      name: 'openoms_task_objects_total',
      help: 'Objects of migration tasks that this process recorded since its start, by outcome',
      labelNames: ['outcome'],
      registers,
    });
    this.taskBytes = new Counter({
      name: 'openoms_task_bytes_total',
      help: 'Bytes that migration tasks of this process read from their sources',
      registers,
    });
  }

  readonly migrationObserver: MigrationWorkerObserver = {
    running: (ended) => {
      this.tasksRunning.inc();
      void ended.finally(() => this.tasksRunning.dec());
    },
    objects: (outcome, count) => this.taskObjects.inc({ outcome }, count),
    bytes: (moved) => this.taskBytes.inc(moved),
  };

  readonly storeObserver: StoreObserver = {
    call: (endpoint, operation, outcome, durationMs, bytes) => {
      this.calls.observe({ endpoint, operation, outcome }, durationMs / 1000);
      if (bytes > 0) this.bytes.inc({ endpoint, operation }, bytes);
    },
  };

  settled(outcomes: readonly ObjectOutcome[], durationMs: number): void {
    for (const { outcome } of outcomes) this.outcomes.inc({ outcome });
    this.settling.observe(durationMs / 1000);
  }

  listFailed(): void {
    this.lists.inc();
  }

  /** Figures that are asked for when somebody looks. */
  watch({ registry }: Metrics, { queue, projections, guards, tasks, leases }: MeasuredParts): void {
    const gauge = <L extends string>(
      name: string,
      help: string,
      labelNames: L[],
      read: (gauge: Gauge<L>) => Promise<void> | void,
    ) =>
      new Gauge({
        name,
        help,
        labelNames,
        registers: [registry],
        async collect() {
          this.reset();
          try {
            await read(this);
          } catch {
            // Left out: the other figures are wanted most when an engine is away.
          }
        },
      });
    gauge('openoms_queue_unsettled_keys', 'Object keys accepted and not settled', [], async (self) => {
      self.set((await queue.stats()).unsettledWeight);
    });
    gauge('openoms_queue_dead_letters', 'Messages that could not be handled', [], async (self) => {
      self.set((await queue.stats()).deadLetters);
    });
    gauge('openoms_queue_lag_messages', 'Messages published and not yet committed', ['partition'], async (self) => {
      for (const { partition, newest, committed } of (await queue.stats()).partitions)
        self.set({ partition }, newest === undefined ? 0 : Number(newest - (committed ?? -1n)));
    });
    gauge('openoms_lease_held', 'Leases this process has (1) or waits for (0)', ['lease'], (self) => {
      for (const { name, state } of leases.status()) self.set({ lease: name }, state === 'held' ? 1 : 0);
    });
    gauge('openoms_sync_ledger_objects', 'The ledger over all tasks', ['column'], (self) => {
      const { requested, synced, failed, ignored, pending } = tasks.totals();
      for (const [column, objects] of Object.entries({ requested, synced, failed, ignored, pending }))
        self.set({ column }, objects);
    });
    gauge(
      'openoms_sync_ledger_unbalanced_tasks',
      'Tasks whose ledger does not balance; anything but 0 is a bug',
      [],
      (self) => {
        self.set(tasks.totals().unbalanced);
      },
    );
    gauge('openoms_projection_position', 'Log position of each read model', ['projection'], (self) => {
      for (const { name, position } of projections.status()) self.set({ projection: name }, Number(position ?? 0n));
    });
    gauge(
      'openoms_endpoint_breaker_open',
      'Object-store endpoints at rest after failures (1) or in use (0)',
      ['endpoint'],
      (self) => {
        for (const { endpoint, breaker } of guards.states()) self.set({ endpoint }, breaker === 'closed' ? 0 : 1);
      },
    );
  }
}

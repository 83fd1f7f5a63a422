import { mkdirSync } from 'node:fs';
import { CommandBus } from '@nestjs/cqrs';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { closeAdapters, openAdapters, type Adapters } from './adapters.js';
import { AppModule } from './app.module.js';
import type { Config } from './config/config.js';
import { CommandRunner } from './event-store/command-runner.js';
import { createHttpApp } from './http/create-http-app.js';
import { withoutSearch, type AppLogger } from './http/logger.js';
import { Metrics } from './http/metrics.js';
import { ReadinessRegistry } from './http/readiness.js';
import { ByteBudget } from './kernel/byte-budget.js';
import { SystemClock } from './kernel/clock.js';
import type { EndpointGuards } from './object-store/endpoint-guards.js';
import { StoreFactory } from './object-store/store-factory.js';
import { ProjectionHost } from './projections/projection-host.js';
import { registerProjections } from './read-models.js';
import { ServiceMetrics } from './service-metrics.js';
import { SyncEventPublisher } from './sync-tasks/sync-event-publisher.js';
import { SyncTaskQueries } from './sync-tasks/sync-tasks.queries.js';
import { SyncStatistics } from './statistics/sync-statistics.js';
import { loadMasterKeys } from './vault/load-master-keys.js';
import { Vault } from './vault/vault.js';
import { createMigrationWorker } from './migration-role.js';
import { createWorker, endpointGuards, type WorkerParts } from './worker-role.js';

/** How long the HTTP side may take to end its last requests. */
const HTTP_CLOSE_MS = 5000;

/** One process of OpenOMS: opens what it keeps its state in, starts its roles, and ends them in the opposite order. */
export class Service {
  private constructor(
    private readonly config: Config,
    private readonly log: AppLogger,
    private readonly adapters: Adapters,
    private readonly projections: ProjectionHost,
    private readonly stores: StoreFactory,
    private readonly app: NestFastifyApplication,
    private readonly workers: readonly RoleWorker[],
  ) {}

  /** Starts everything but the HTTP port. Rejects, with nothing left open, when something it needs is not there. */
  static async start(config: Config, log: AppLogger, version: string, masterKey?: string): Promise<Service> {
    mkdirSync(config.dataDir, { recursive: true, mode: 0o700 });
    const clock = new SystemClock();
    const adapters = await openAdapters(config, clock, log);
    try {
      const masterKeys = await loadMasterKeys({
        dataDir: config.dataDir,
        ...(masterKey === undefined ? {} : { masterKey }),
      });
      const projections = new ProjectionHost(adapters.eventStore, adapters.readStore, log);
      registerProjections(projections);
      const stores = new StoreFactory(config);
      const metrics = new Metrics();
      const readiness = new ReadinessRegistry();
      const root = AppModule.of({ ...adapters, config, clock, masterKeys, projections, stores });
      const app = await createHttpApp(root, { config, version, logger: log, metrics, readiness });
      await app.init();
      projections.start();
      registerChecks(readiness, adapters, projections);
      const workers = startWorkers({ config, log, clock, adapters, projections, stores, app, metrics });
      return new Service(config, log, adapters, projections, stores, app, workers);
    } catch (error) {
      await closeAdapters(adapters);
      throw error;
    }
  }

  /** Opens the port and answers the URL. Rejects, with everything stopped, when it cannot be had. */
  async listen(): Promise<string> {
    const { host, port } = this.config.server;
    try {
      await this.app.listen(port, host);
    } catch (error) {
      await this.stop();
      throw error;
    }
    return this.app.getUrl();
  }

  /**
   * Stops taking work, lets what is in flight end within the configured time, writes what is left and closes. What was
   * accepted and is not done stays in the queue.
   */
  async stop(): Promise<void> {
    const { shutdownTimeoutMs } = this.config.server;
    await Promise.all(this.workers.map((worker) => worker.stop(shutdownTimeoutMs)));
    await inTime(this.app.close(), HTTP_CLOSE_MS, () => this.log.warn({}, 'requests in flight were abandoned'));
    await this.projections.stop();
    await this.stores.close();
    await closeAdapters(this.adapters);
  }
}

interface RoleParts {
  readonly config: Config;
  readonly log: AppLogger;
  readonly clock: SystemClock;
  readonly adapters: Adapters;
  readonly projections: ProjectionHost;
  readonly stores: StoreFactory;
  readonly app: NestFastifyApplication;
  readonly metrics: Metrics;
}

/** A part of the worker role. */
interface RoleWorker {
  start(): void;
  /** Ends what is under way, for at most `timeoutMs`. */
  stop(timeoutMs: number): Promise<void>;
}

function startWorkers(parts: RoleParts): readonly RoleWorker[] {
  const { config, adapters, projections, app, metrics } = parts;
  const serviceMetrics = new ServiceMetrics(metrics);
  const guards = endpointGuards(config);
  serviceMetrics.watch(metrics, {
    queue: adapters.queue,
    projections,
    guards,
    leases: adapters.leases,
    tasks: app.get(SyncTaskQueries, NEAR),
  });
  if (!config.roles.includes('worker')) return [];
  const ofWorkers = workerParts(parts, guards, serviceMetrics);
  const workers = [createWorker(ofWorkers), createMigrationWorker(ofWorkers)];
  for (const worker of workers) worker.start();
  return workers;
}

function workerParts(parts: RoleParts, guards: EndpointGuards, metrics: ServiceMetrics): WorkerParts {
  const { config, log, clock, adapters, projections, stores, app } = parts;
  const lines = withoutSearch(log);
  return {
    ...adapters,
    config,
    clock,
    log,
    bus: app.get(CommandBus, NEAR),
    commands: app.get(CommandRunner, NEAR),
    projections,
    publisher: app.get(SyncEventPublisher, NEAR),
    statistics: app.get(SyncStatistics, NEAR),
    vault: app.get(Vault, NEAR),
    stores,
    guards,
    buffers: new ByteBudget(config.transfer.bufferBudgetBytes),
    storeObserver: metrics.storeObserver,
    migrationObserver: metrics.migrationObserver,
    onSettled: ({ syncEventId, syncTaskId }, outcomes, durationMs) => {
      metrics.settled(outcomes, durationMs);
      const count = (wanted: string) => outcomes.filter(({ outcome }) => outcome === wanted).length;
      lines.info(
        {
          syncTaskId,
          syncEventId,
          synced: count('synced'),
          failed: count('failed'),
          ignored: count('ignored'),
          durationMs: Math.round(durationMs),
        },
        'sync event settled',
      );
    },
    onListFailure: () => metrics.listFailed(),
  };
}

const NEAR = { strict: false } as const;

function registerChecks(
  readiness: ReadinessRegistry,
  { eventStore, queue }: Adapters,
  projections: ProjectionHost,
): void {
  readiness.register('event-store', async () => {
    await eventStore.head();
    return { ok: true };
  });
  readiness.register('queue', async () => {
    const { unsettledWeight, deadLetters } = await queue.stats();
    return { ok: true, detail: `${unsettledWeight} keys unsettled, ${deadLetters} dead letters` };
  });
  readiness.register('read-models', () => {
    const behind = projections.status().filter(({ state }) => state !== 'live');
    const detail = behind.map(({ name, state, error }) => `${name} ${state}${error === undefined ? '' : `: ${error}`}`);
    return Promise.resolve(behind.length === 0 ? { ok: true } : { ok: false, detail: detail.join('; ') });
  });
}

async function inTime(work: Promise<void>, timeoutMs: number, late: () => void): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(() => {
      late();
      resolve();
    }, timeoutMs);
  });
  await Promise.race([work, limit]);
  clearTimeout(timer);
}

import { setMaxListeners } from 'node:events';
import type { CommandBus } from '@nestjs/cqrs';
import type { Adapters } from './adapters.js';
import type { Config } from './config/config.js';
import type { CommandRunner } from './event-store/command-runner.js';
import type { ByteBudget } from './kernel/byte-budget.js';
import type { Clock } from './kernel/clock.js';
import type { Log } from './kernel/log.js';
import type { LeasedWork } from './leases/leases.js';
import { KnownTasks } from './messaging/known-tasks.js';
import { OutcomeCheckpoint } from './messaging/outcomes/outcome-checkpoint.js';
import { OutcomeFeed } from './messaging/outcomes/outcome-feed.js';
import { taskProjects } from './messaging/outcomes/task-projects.js';
import { SyncEventConsumer } from './messaging/sync-event-consumer.js';
import type { BreakerOptions } from './object-store/circuit-breaker.js';
import { EndpointGuards } from './object-store/endpoint-guards.js';
import type { StoreObserver } from './object-store/call-observer.js';
import { guardStore } from './object-store/guard-store.js';
import type { DestinationStore, StoreCredentials, StoreLocation } from './object-store/object-store.port.js';
import type { OpenStoreOptions, StoreFactory } from './object-store/store-factory.js';
import type { ProjectionHost } from './projections/projection-host.js';
import { ReactorHost } from './projections/reactor-host.js';
import { syncEventStream } from './sync-tasks/sync-event.events.js';
import type { SyncEventPublisher } from './sync-tasks/sync-event-publisher.js';
import type { SyncStatistics } from './statistics/sync-statistics.js';
import type { Vault } from './vault/vault.js';
import { LedgerCloser } from './worker/ledger-closer.js';
import type { MigrationWorkerObserver } from './worker/migration/migration-worker.js';
import { ObjectListRepair } from './worker/object-list-repair.js';
import { ObjectListWriter } from './worker/object-list-writer.js';
import { SyncDuties } from './worker/sync-duties.js';
import { SyncEventDriver, type OnSettled } from './worker/sync-event-driver.js';
import { SyncTaskReactor } from './worker/sync-task-reactor.js';
import { SyncWorker } from './worker/sync-worker.js';
import { TaskStorePool } from './worker/task-stores.js';
import { transferObject } from './worker/transfer-object.js';

const SECONDS_PER_DAY = 86_400;

export interface WorkerParts extends Adapters {
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Log;
  readonly bus: CommandBus;
  readonly commands: CommandRunner;
  readonly projections: ProjectionHost;
  readonly publisher: SyncEventPublisher;
  readonly statistics: SyncStatistics;
  readonly vault: Vault;
  readonly stores: StoreFactory;
  readonly guards: EndpointGuards;
  /** Memory for the bodies that are held whole, of all copies of the process. */
  readonly buffers: ByteBudget;
  readonly storeObserver: StoreObserver;
  readonly migrationObserver: MigrationWorkerObserver;
  readonly onSettled: OnSettled;
  readonly onListFailure: () => void;
}

/** Every call of a store goes through its endpoint's limits, deadlines, retries and breaker. */
export function guardedStores(parts: Pick<WorkerParts, 'config' | 'stores' | 'guards' | 'storeObserver'>) {
  const { transfer } = parts.config;
  return (location: StoreLocation, credentials: StoreCredentials, options?: OpenStoreOptions): DestinationStore =>
    guardStore(parts.stores.open(location, credentials, options), {
      guards: parts.guards,
      endpoint: parts.stores.locate(location)?.endpoint ?? location.cloudType,
      retry: transfer,
      deadlines: transfer,
      observer: parts.storeObserver,
    });
}

export const breakerOptions = ({ transfer }: Pick<Config, 'transfer'>): BreakerOptions => ({
  failures: transfer.breakerFailures,
  resetMs: transfer.breakerResetMs,
});

export const endpointGuards = (config: Pick<Config, 'transfer'>): EndpointGuards => {
  const { readConcurrency, writeConcurrency } = config.transfer;
  return new EndpointGuards({ readConcurrency, writeConcurrency, breaker: breakerOptions(config) });
};

/** The worker role: takes sync events from the queue, copies, settles; and while it has their lease, the duties of all. */
export function createWorker(parts: WorkerParts): SyncWorker {
  const { config, log, clock, commands, bus, readStore, publisher, vault } = parts;
  const hardStop = new AbortController();
  setMaxListeners(0, hardStop.signal); // every copy in flight listens
  const pool = new TaskStorePool(vault, guardedStores(parts));
  const onBug = (error: unknown) => log.error({ err: error }, 'a copy failed for a reason that is no store failure');
  const transfer = transferObject(config.transfer, parts.buffers, onBug);
  const maxObjects = config.transfer.readConcurrency + config.transfer.writeConcurrency;
  const driver = new SyncEventDriver(commands, bus, readStore, pool, transfer, maxObjects, expiring(parts));
  const consumer = new SyncEventConsumer(
    parts.queue,
    commands,
    new KnownTasks(commands, clock),
    bus,
    publisher,
    driver,
    config.queue.maxInFlight,
    hardStop.signal,
  );
  const duties = createDuties(parts, pool, driver);
  const onFailure = (error: unknown) => log.error({ err: error }, 'a part of the worker ended');
  return new SyncWorker(consumer, parts.leases, duties, pool, hardStop, onFailure, outcomeFeed(parts));
}

/** Undefined where outcomes are not published. */
function outcomeFeed({ config, eventStore, clock, outcomes, commands, log }: WorkerParts): LeasedWork | undefined {
  if (outcomes === undefined) return undefined;
  const checkpoint = new OutcomeCheckpoint(eventStore, clock);
  const { format } = config.kafka.outcomes;
  const feed = new OutcomeFeed(eventStore, checkpoint, outcomes, taskProjects(commands), log, { format });
  return (signal) => feed.run(signal);
}

function createDuties(parts: WorkerParts, pool: TaskStorePool, driver: SyncEventDriver): SyncDuties {
  const { config, log, clock, commands, bus, projections, readStore, eventStore, publisher, vault } = parts;
  const repair = new ObjectListRepair(eventStore, commands, readStore, pool, clock, {
    repaired: (list) => log.info(list, 'object list written again as it is recorded'),
    notRepaired: ({ syncTaskId, kind, key }, error) =>
      log.error({ syncTaskId, kind, key, err: error }, 'object list may differ from its record'),
  });
  const lists = new ObjectListWriter(commands, bus, projections, readStore, pool, repair, clock, config.lists, {
    written: (list) => log.info(list, 'object list written'),
    failed: (list, error) => {
      parts.onListFailure();
      log.error({ ...list, err: error }, 'object list not written, its lines stay pending');
    },
  });
  const reactors = new ReactorHost(eventStore, readStore, log);
  reactors.register(
    new SyncTaskReactor(eventStore, projections, readStore, publisher, driver, lists, vault, pool).reactor,
  );
  const closer = config.syncEvents.retentionDays === 0 ? undefined : createCloser(parts);
  return new SyncDuties(reactors, lists, closer, parts.leases.contested ? repair : undefined);
}

const createCloser = ({ eventStore, commands, bus, projections, readStore, statistics, clock, log }: WorkerParts) =>
  new LedgerCloser(eventStore, commands, bus, projections, readStore, statistics, clock, (error) =>
    log.error({ err: error }, 'the ledger of a day could not be closed; it is tried again'),
  );

/** With a retention, a settled event gets its age limit; an open one never has one, however long it waits. */
function expiring({ config, eventStore, log, onSettled }: WorkerParts): OnSettled {
  const { retentionDays } = config.syncEvents;
  if (retentionDays === 0) return onSettled;
  return (event, outcomes, durationMs) => {
    onSettled(event, outcomes, durationMs);
    const stream = syncEventStream(event.syncEventId);
    eventStore
      .setMaxAge(stream, retentionDays * SECONDS_PER_DAY)
      .catch((error: unknown) => log.warn({ err: error, stream }, 'a sync event got no age limit and stays for ever'));
  };
}

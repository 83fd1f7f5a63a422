import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { hostname } from 'node:os';
import path from 'node:path';
import type { Config } from './config/config.js';
import { isEventStoreDB } from './config/cross-checks.js';
import { EventStoreDBEventStore } from './event-store/eventstoredb/eventstoredb-event-store.js';
import { EventStoreUnavailable, type EventStore } from './event-store/event-store.port.js';
import { SqliteEventStore } from './event-store/sqlite/sqlite-event-store.js';
import { EventSchemas } from './event-store/upcast.js';
import type { Clock } from './kernel/clock.js';
import type { Log } from './kernel/log.js';
import { LEASE_EVENT_SCHEMAS } from './leases/lease.events.js';
import { EventStoreLeases } from './leases/event-store-leases.js';
import type { Leases } from './leases/leases.js';
import { SoleOwner } from './leases/sole-owner.js';
import { OUTCOME_FEED_EVENT_SCHEMAS } from './messaging/outcomes/outcome-feed.events.js';
import { EmbeddedQueue } from './queue/embedded/embedded-queue.js';
import { KafkaQueue } from './queue/kafka/kafka-queue.js';
import { KafkaOutcomePublisher } from './queue/kafka-outcomes/kafka-outcome-publisher.js';
import type { KafkaConnection } from './queue/kafka/kafka-queue-options.js';
import { QueueFull, QueueUnavailable, type Queue } from './queue/queue.port.js';
import { ReadStore } from './read-store/read-store.js';
import { SYNC_TASK_EVENT_SCHEMAS } from './sync-tasks/event-schemas.js';
import { TASK_GROUP_EVENT_SCHEMAS } from './task-groups/event-schemas.js';
import { TASK_EVENT_SCHEMAS } from './tasks/event-schemas.js';
import { CREDENTIAL_EVENT_SCHEMAS } from './vault/credential.events.js';

/** What a process keeps its state in: the adapters behind the ports. */
export interface Adapters {
  readonly schemas: EventSchemas;
  readonly eventStore: EventStore;
  readonly queue: Queue;
  readonly readStore: ReadStore;
  readonly leases: Leases;
  /** Only where outcomes are published. */
  readonly outcomes: KafkaOutcomePublisher | undefined;
}

/** The shapes of all events this service writes. */
export const eventSchemas = (): EventSchemas =>
  new EventSchemas(
    SYNC_TASK_EVENT_SCHEMAS,
    TASK_EVENT_SCHEMAS,
    TASK_GROUP_EVENT_SCHEMAS,
    CREDENTIAL_EVENT_SCHEMAS,
    LEASE_EVENT_SCHEMAS,
    OUTCOME_FEED_EVENT_SCHEMAS,
  );

/**
 * Opens what the configuration names. Rejects, with nothing left open, when another process has the data folder (before
 * anything is changed) or an engine cannot be reached.
 */
export async function openAdapters(config: Config, clock: Clock, log: Log): Promise<Adapters> {
  const { dataDir } = config;
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const schemas = eventSchemas();
  const opened: { close(): Promise<void> | void }[] = [];
  const kept = <T extends { close(): Promise<void> | void }>(adapter: T): T => {
    opened.unshift(adapter);
    return adapter;
  };
  try {
    const embedded = !isEventStoreDB(config.eventStore.url);
    // The log first: its words are the better ones for the usual case of two processes over one folder.
    const eventStore = kept(
      embedded
        ? SqliteEventStore.open({ file: path.join(dataDir, 'events.db'), clock, schemas })
        : await EventStoreDBEventStore.open({ url: config.eventStore.url, schemas, log }),
    );
    const readStore = kept(new ReadStore(path.join(dataDir, 'views.db')));
    const queue = kept(await openQueue(config, clock, log));
    const leases = embedded ? new SoleOwner(clock, log) : clusterLeases(config, eventStore, clock, log);
    return { schemas, eventStore, queue, readStore, leases, outcomes: outcomePublisher(config, log) };
  } catch (error) {
    for (const adapter of opened) await adapter.close();
    throw error;
  }
}

/** In the order in which they lean on each other. */
export async function closeAdapters({ queue, eventStore, readStore, outcomes }: Adapters): Promise<void> {
  await Promise.all([queue.close(), outcomes?.close()]);
  await eventStore.close();
  readStore.close();
}

const clusterLeases = ({ cluster }: Config, eventStore: EventStore, clock: Clock, log: Log): Leases => {
  const owner = `${hostname()}-${process.pid}-${randomBytes(4).toString('hex')}`;
  return new EventStoreLeases(eventStore, clock, log, { owner, ttlMs: cluster.leaseTtlMs });
};

/** Errors of a handler that end by themselves, when the engine is back. */
const isOutage = (error: unknown): boolean =>
  error instanceof EventStoreUnavailable || error instanceof QueueUnavailable || error instanceof QueueFull;

async function openQueue(config: Config, clock: Clock, log: Log): Promise<Queue> {
  const { dataDir, kafka } = config;
  const { maxUnsettledKeys: maxUnsettledWeight } = config.queue;
  if (kafka.brokers.length === 0)
    return EmbeddedQueue.open({ file: path.join(dataDir, 'queue.db'), maxUnsettledWeight, clock, log, isOutage });
  const { groupId, topic, partitions, replicationFactor, requestTimeoutMs, sessionTimeoutMs } = kafka;
  return KafkaQueue.open({
    ...kafkaConnection(kafka),
    groupId,
    topic,
    partitions,
    replicationFactor,
    requestTimeoutMs,
    sessionTimeoutMs,
    maxUnsettledWeight,
    indexFile: path.join(dataDir, 'dead-letters.db'),
    clock,
    log,
    isOutage,
  });
}

function outcomePublisher({ kafka }: Config, log: Log): KafkaOutcomePublisher | undefined {
  const { enabled, topic } = kafka.outcomes;
  const { partitions, replicationFactor } = kafka;
  return enabled
    ? new KafkaOutcomePublisher({ ...kafkaConnection(kafka), topic, partitions, replicationFactor, log })
    : undefined;
}

/** How to reach the brokers, as the configuration says. */
function kafkaConnection({ brokers, clientId, tls, sasl }: Config['kafka']): KafkaConnection {
  const { enabled, ...pems } = tls;
  const { mechanism, username, password } = sasl;
  return {
    brokers,
    clientId,
    ...(enabled ? { ssl: Object.keys(pems).length === 0 ? true : pems } : {}),
    ...(mechanism === 'none' ? {} : { sasl: { mechanism, username, password } }),
  };
}

import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type { Config } from './config/config.js';
import type { EventStore } from './event-store/event-store.port.js';
import { SqliteEventStore } from './event-store/sqlite/sqlite-event-store.js';
import { EventSchemas } from './event-store/upcast.js';
import type { Clock } from './kernel/clock.js';
import type { Log } from './kernel/log.js';
import { EmbeddedQueue } from './queue/embedded/embedded-queue.js';
import type { Queue } from './queue/queue.port.js';
import { ReadStore } from './read-store/read-store.js';
import { SYNC_TASK_EVENT_SCHEMAS } from './sync-tasks/event-schemas.js';
import { CREDENTIAL_EVENT_SCHEMAS } from './vault/credential.events.js';

/** What a process keeps its state in: the adapters behind the ports. */
export interface Adapters {
  readonly schemas: EventSchemas;
  readonly eventStore: EventStore;
  readonly queue: Queue;
  readonly readStore: ReadStore;
}

/** The shapes of all events this service writes. */
export const eventSchemas = (): EventSchemas => new EventSchemas(SYNC_TASK_EVENT_SCHEMAS, CREDENTIAL_EVENT_SCHEMAS);

/** Opens what the configuration names. Throws when another process has the data folder, before anything is changed. */
export function openAdapters(config: Config, clock: Clock, log: Log): Adapters {
  const { dataDir } = config;
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const schemas = eventSchemas();
  const eventStore = SqliteEventStore.open({ file: path.join(dataDir, 'events.db'), clock, schemas });
  const queue = EmbeddedQueue.open({
    file: path.join(dataDir, 'queue.db'),
    maxUnsettledWeight: config.queue.maxUnsettledKeys,
    clock,
    log,
  });
  return { schemas, eventStore, queue, readStore: new ReadStore(path.join(dataDir, 'views.db')) };
}

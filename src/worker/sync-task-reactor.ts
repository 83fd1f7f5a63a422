import type { EventStore, RecordedEvent } from '../event-store/event-store.port.js';
import { wait } from '../kernel/retry.js';
import type { ProjectionHost } from '../projections/projection-host.js';
import type { Reactor } from '../projections/projection.js';
import { QueueFull } from '../queue/queue.port.js';
import type { ReadStore } from '../read-store/read-store.js';
import { SYNC_EVENT_STREAMS } from '../sync-tasks/sync-event.events.js';
import type { SyncEventPublisher } from '../sync-tasks/sync-event-publisher.js';
import { openSyncEvents, type OpenSyncEventRow } from '../sync-tasks/sync-ledger.projection.js';
import {
  SYNC_TASK_STREAMS,
  syncTaskStream,
  type SyncTaskCredentials,
  type SyncTaskDeleted,
  type SyncTaskEvent,
  type SyncTaskStarted,
} from '../sync-tasks/sync-task.events.js';
import type { Vault } from '../vault/vault.js';
import type { ObjectListWriter } from './object-list-writer.js';
import type { OpenSyncEvent, SyncEventDriver } from './sync-event-driver.js';
import type { TaskStorePool } from './task-stores.js';

const PAGE = 200;
/** How long a reaction waits for the views before it is tried again. */
const VIEWS_TIMEOUT_MS = 30_000;
const QUEUE_FULL_MS = 500;

/** What follows when a task is started or deleted. Every step can be repeated. */
export class SyncTaskReactor {
  readonly reactor: Reactor<SyncTaskEvent> = {
    name: 'sync-task-reactor',
    prefixes: [SYNC_TASK_STREAMS],
    on: {
      SyncTaskCreated: () => Promise.resolve(),
      SyncTaskStarted: (event, signal) => this.resume(event, signal),
      SyncTaskStopped: () => Promise.resolve(),
      SyncTaskDeleted: (event, signal) => this.windUp(event, signal),
      SyncLedgerClosed: () => Promise.resolve(),
    },
  };

  constructor(
    private readonly events: EventStore,
    private readonly projections: ProjectionHost,
    private readonly views: ReadStore,
    private readonly publisher: SyncEventPublisher,
    private readonly driver: SyncEventDriver,
    private readonly lists: ObjectListWriter,
    private readonly vault: Vault,
    private readonly stores: TaskStorePool,
  ) {}

  /** Drives again what was accepted before a stop, and forgets the keys that the start replaced. */
  private async resume({ data, position }: RecordedEvent<SyncTaskStarted>, signal: AbortSignal): Promise<void> {
    await this.eachOpenEvent(data.syncTaskId, position, signal, (page) => this.republish(page, signal));
    const current = await this.credentials(data.syncTaskId);
    const inUse = new Set(refsOf(current.slice(-1)));
    await this.forget(refsOf(current).filter((ref) => !inUse.has(ref)));
  }

  /** Settles what is still pending, writes the last lists, then forgets every key the task ever had. */
  private async windUp({ data, position }: RecordedEvent<SyncTaskDeleted>, signal: AbortSignal): Promise<void> {
    const { syncTaskId } = data;
    await this.eachOpenEvent(syncTaskId, position, signal, async (page) => {
      for (const event of page) await this.driver.settleDeleted(event);
    });
    await this.viewsPassed(await this.events.head(), signal);
    // One try, its failure told by the writer: a destination that is gone must not keep the secrets alive.
    await this.lists.flush(signal, syncTaskId);
    await this.forget(refsOf(await this.credentials(syncTaskId)));
  }

  private async eachOpenEvent(
    syncTaskId: string,
    position: bigint,
    signal: AbortSignal,
    work: (page: readonly OpenSyncEvent[]) => Promise<void>,
  ): Promise<void> {
    await this.viewsPassed(position, signal);
    for (let after = -1; ;) {
      signal.throwIfAborted();
      const rows = openSyncEvents(this.views, syncTaskId, after, PAGE);
      if (rows.length > 0) await work(rows.map(openEvent));
      after = rows.at(-1)?.position ?? after;
      if (rows.length < PAGE) return;
    }
  }

  private async viewsPassed(position: bigint | undefined, signal: AbortSignal): Promise<void> {
    if (position === undefined) return;
    if (!(await this.projections.passed(SYNC_EVENT_STREAMS, position, VIEWS_TIMEOUT_MS, signal)))
      throw new Error(`The views have not passed position ${position} within ${VIEWS_TIMEOUT_MS} ms`);
  }

  /** All credentials the task ever had, the current ones last. */
  private async credentials(syncTaskId: string): Promise<readonly SyncTaskCredentials[]> {
    const { events } = await this.events.read<SyncTaskEvent>(syncTaskStream(syncTaskId));
    return events.flatMap((event) => ('credentials' in event.data ? [event.data.credentials] : []));
  }

  private async forget(refs: readonly string[]): Promise<void> {
    for (const ref of refs) await this.vault.forget(ref);
    await this.stores.forget(refs);
  }

  /** A full queue is waited for: starting over would only fill it with repeats. */
  private async republish(page: readonly OpenSyncEvent[], signal: AbortSignal): Promise<void> {
    for (;;) {
      try {
        await this.publisher.republish(page);
        return;
      } catch (error) {
        if (!(error instanceof QueueFull)) throw error;
        await wait(QUEUE_FULL_MS, signal);
      }
    }
  }
}

const refsOf = (credentials: readonly SyncTaskCredentials[]): readonly string[] =>
  credentials.flatMap(({ source, destination }) => [source.ref, destination.ref]);

const openEvent = (row: OpenSyncEventRow): OpenSyncEvent => ({
  syncEventId: row.id,
  syncTaskId: row.task_id,
  keys: JSON.parse(row.keys) as string[],
  correlationId: row.id,
});

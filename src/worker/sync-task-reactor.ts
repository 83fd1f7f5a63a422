import type { EventStore, RecordedEvent } from '../event-store/event-store.port.js';
import { wait } from '../kernel/retry.js';
import type { ProjectionHost } from '../projections/projection-host.js';
import type { Reactor } from '../projections/projection.js';
import { QueueFull } from '../queue/queue.port.js';
import type { ReadStore } from '../read-store/read-store.js';
import { objectListProjection } from '../sync-tasks/object-list.projection.js';
import { SYNC_EVENT_STREAMS, type SyncEventEvent } from '../sync-tasks/sync-event.events.js';
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

/** What decides whether open events are driven again or wound up. */
const STARTS_AND_DELETIONS: ReadonlySet<SyncTaskEvent['type']> = new Set(['SyncTaskStarted', 'SyncTaskDeleted']);

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

  /**
   * Drives again what was accepted before a stop, and forgets the keys that the start replaced. Only the last start of a task
   * does: a process that takes over may read old ones again.
   */
  private async resume({ data, position }: RecordedEvent<SyncTaskStarted>, signal: AbortSignal): Promise<void> {
    const { syncTaskId } = data;
    const history = await this.history(syncTaskId);
    if (history.findLast(({ type }) => STARTS_AND_DELETIONS.has(type))?.position !== position) return;
    await this.eachOpenEvent(syncTaskId, position, signal, (page) => this.republish(page, signal));
    const had = credentialsOf(history);
    const inUse = new Set(refsOf(had.slice(-1)));
    await this.forget(await this.sealed(refsOf(had).filter((ref) => !inUse.has(ref))));
  }

  /**
   * Settles what is still pending, writes the last lists, then forgets every key the task ever had. The keys go last, so where
   * there are none everything was done before, here or in another process.
   */
  private async windUp({ data, position }: RecordedEvent<SyncTaskDeleted>, signal: AbortSignal): Promise<void> {
    const { syncTaskId } = data;
    const refs = await this.sealed(refsOf(credentialsOf(await this.history(syncTaskId))));
    if (refs.length === 0) return;
    let settledAt: bigint | undefined;
    await this.eachOpenEvent(syncTaskId, position, signal, async (page) => {
      for (const event of page) settledAt = later(settledAt, await this.driver.settleDeleted(event));
    });
    await this.linesShown(syncTaskId, settledAt, signal);
    // One try, its failure told by the writer: a destination that is gone must not keep the secrets alive.
    await this.lists.flush(signal, syncTaskId);
    await this.forget(refs);
  }

  /** The open events created before `position`: what came later found the task as it is now. */
  private async eachOpenEvent(
    syncTaskId: string,
    position: bigint,
    signal: AbortSignal,
    work: (page: readonly OpenSyncEvent[]) => Promise<void>,
  ): Promise<void> {
    await this.viewsPassed(syncTaskStream(syncTaskId), position, signal);
    for (let after = -1; ;) {
      signal.throwIfAborted();
      const rows = openSyncEvents(this.views, syncTaskId, after, PAGE).filter((row) => BigInt(row.position) < position);
      if (rows.length > 0) await work(rows.map(openEvent));
      after = rows.at(-1)?.position ?? after;
      if (rows.length < PAGE) return;
    }
  }

  /**
   * Waits until the view of the lists has every sync event of the task that the log has. Positions of other streams will not do:
   * a view passes them when its store says so, which may be long after.
   */
  private async linesShown(syncTaskId: string, settledAt: bigint | undefined, signal: AbortSignal): Promise<void> {
    const view = this.projections.status().find(({ name }) => name === objectListProjection.name);
    let newest = settledAt;
    for await (const event of this.events.readAll(view?.position, [SYNC_EVENT_STREAMS])) {
      signal.throwIfAborted();
      const { data, position } = event as RecordedEvent<SyncEventEvent>;
      if (data.syncTaskId === syncTaskId) newest = later(newest, position);
    }
    if (newest !== undefined) await this.viewsPassed(SYNC_EVENT_STREAMS, newest, signal);
  }

  /** `position` is that of an event in `stream`, so that every view of such streams is sure to pass it. */
  private async viewsPassed(stream: string, position: bigint, signal: AbortSignal): Promise<void> {
    if (!(await this.projections.passed(stream, position, VIEWS_TIMEOUT_MS, signal)))
      throw new Error(`The views have not passed position ${position} within ${VIEWS_TIMEOUT_MS} ms`);
  }

  private async history(syncTaskId: string): Promise<readonly RecordedEvent<SyncTaskEvent>[]> {
    return (await this.events.read<SyncTaskEvent>(syncTaskStream(syncTaskId))).events;
  }

  /** Those of the keys that are not forgotten yet. */
  private async sealed(refs: readonly string[]): Promise<readonly string[]> {
    const kept: string[] = [];
    for (const ref of refs) if (await this.vault.has(ref)) kept.push(ref);
    return kept;
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

/** All credentials the task ever had, the current ones last. */
const credentialsOf = (history: readonly SyncTaskEvent[]): readonly SyncTaskCredentials[] =>
  history.flatMap(({ data }) => ('credentials' in data ? [data.credentials] : []));

const later = (a: bigint | undefined, b: bigint | undefined): bigint | undefined =>
  a === undefined || (b !== undefined && b > a) ? b : a;

const refsOf = (credentials: readonly SyncTaskCredentials[]): readonly string[] =>
  credentials.flatMap(({ source, destination }) => [source.ref, destination.ref]);

const openEvent = (row: OpenSyncEventRow): OpenSyncEvent => ({
  syncEventId: row.id,
  syncTaskId: row.task_id,
  keys: JSON.parse(row.keys) as string[],
  correlationId: row.id,
});

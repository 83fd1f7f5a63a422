import type { CommandBus } from '@nestjs/cqrs';
import type { CommandRunner } from '../event-store/command-runner.js';
import { Semaphore } from '../kernel/semaphore.js';
import type { ReadStore } from '../read-store/read-store.js';
import { SettleSyncEvent } from '../sync-tasks/sync-event.commands.js';
import type { ObjectOutcome } from '../sync-tasks/sync-event.events.js';
import { syncTaskDecider, type SyncTask } from '../sync-tasks/sync-task.decider.js';
import { syncTaskStream, type SyncTaskSettings } from '../sync-tasks/sync-task.events.js';
import type { Executed } from '../sync-tasks/sync-tasks.handlers.js';
import type { TransferOutcome } from '../transfer/sync-object.js';
import { VaultError } from '../vault/vault-error.js';
import { KeyLanes, type LaneResult } from './key-lanes.js';
import { credentialsUnreadable, outcomeOf, taskDeleted } from './outcomes.js';
import type { TaskStorePool, TaskStores } from './task-stores.js';

/** A created sync event on its way to its outcomes. */
export interface OpenSyncEvent {
  readonly syncEventId: string;
  readonly syncTaskId: string;
  readonly keys: readonly string[];
  readonly correlationId: string;
}

export type KnownTask = Exclude<SyncTask, { status: 'absent' }>;

/** `parked`: the task is stopped; its next start, or its deletion, takes the event up again. */
export type Driven = 'settled' | 'parked';

/** Brings one object of a task to its outcome. Rejects only when the signal aborts. */
export type TransferObject = (
  settings: SyncTaskSettings,
  stores: TaskStores,
  key: string,
  signal: AbortSignal,
) => Promise<TransferOutcome>;

/** Told of every settlement: for logs and metrics. */
export type OnSettled = (event: OpenSyncEvent, outcomes: readonly ObjectOutcome[], durationMs: number) => void;

const PARKED = 'parked';
type Run = TransferOutcome | typeof PARKED;

/** Drives sync events to their settlement, exactly once whoever drives them and however often. */
export class SyncEventDriver {
  private readonly lanes = new KeyLanes<Run>();
  private readonly permits: Semaphore;

  constructor(
    private readonly commands: CommandRunner,
    private readonly bus: CommandBus,
    private readonly views: ReadStore,
    private readonly stores: TaskStorePool,
    private readonly transfer: TransferObject,
    /** Objects worked on at once, over all tasks. */
    maxObjects: number,
    private readonly onSettled: OnSettled,
  ) {
    this.permits = new Semaphore(maxObjects);
  }

  /**
   * Copies what must be copied and settles the event; `task` is its task as loaded a moment ago. Rejects, leaving the event
   * open, when the signal aborts or an engine is out of reach: driving it again is safe.
   */
  async drive(event: OpenSyncEvent, task: KnownTask, signal: AbortSignal): Promise<Driven> {
    const startedAt = performance.now();
    let runs: readonly LaneResult<Run>[];
    try {
      runs = await this.runKeys(event, task, signal);
    } catch (error) {
      if (error instanceof VaultError) return this.withoutKeys(event, task, error, signal);
      throw error;
    }
    const outcomes: ObjectOutcome[] = [];
    for (const [index, { result, first }] of runs.entries()) {
      if (result === PARKED) return this.parkOrResume(event, signal);
      outcomes.push(outcomeOf(event.keys[index] ?? '', { result, first }));
    }
    await this.settle(event, outcomes, startedAt);
    return 'settled';
  }

  /** Settles every key of an event of a deleted task as failed. Answers the position of the settlement, whoever made it. */
  async settleDeleted(event: OpenSyncEvent): Promise<bigint | undefined> {
    return this.settle(event, event.keys.map(taskDeleted), performance.now());
  }

  private runKeys(event: OpenSyncEvent, task: KnownTask, signal: AbortSignal): Promise<readonly LaneResult<Run>[]> {
    // Asked when the first key gets its turn, then true for the whole event: an event that has begun is finished.
    let mayRun: Promise<boolean> | undefined;
    const run = (stores: TaskStores, key: string) =>
      this.lanes.run(`${event.syncTaskId}/${key}`, () =>
        this.permits.run(async () => {
          mayRun ??= this.isSynchronizing(event.syncTaskId);
          return (await mayRun) ? this.transfer(task.settings, stores, key, signal) : PARKED;
        }, signal),
      );
    if (task.status !== 'synchronizing')
      return Promise.resolve(event.keys.map(() => ({ result: PARKED, first: true })));
    return this.stores.use(task, (stores) => allEnded(event.keys.map((key) => run(stores, key))));
  }

  private async isSynchronizing(syncTaskId: string): Promise<boolean> {
    const row = this.views.get<{ status: string }>('SELECT status FROM sync_tasks WHERE id = ?', syncTaskId);
    // The view may lag behind; only the stream can say that a task is not synchronizing.
    return row?.status === 'SYNCHRONIZING' || (await this.load(syncTaskId)).status === 'synchronizing';
  }

  /**
   * The task is read after the event was created: when it is stopped now, whatever starts it comes later in the log and so
   * finds the event open.
   */
  private async parkOrResume(event: OpenSyncEvent, signal: AbortSignal): Promise<Driven> {
    const task = await this.load(event.syncTaskId);
    if (task.status === 'stopped') return 'parked';
    if (task.status === 'synchronizing') return this.drive(event, task, signal);
    await this.settleDeleted(event);
    return 'settled';
  }

  /** A start may have replaced the keys meanwhile; otherwise nothing but new keys will help, so the event fails. */
  private async withoutKeys(
    event: OpenSyncEvent,
    { credentials }: KnownTask,
    error: VaultError,
    signal: AbortSignal,
  ): Promise<Driven> {
    const task = await this.load(event.syncTaskId);
    const same = task.status === 'synchronizing' && task.credentials.source.ref === credentials.source.ref;
    if (!same) return this.parkOrResume(event, signal);
    const outcomes = event.keys.map((key) => credentialsUnreadable(key, error.kind));
    await this.settle(event, outcomes, performance.now());
    return 'settled';
  }

  private async load(syncTaskId: string): Promise<SyncTask> {
    return (await this.commands.load(syncTaskDecider, syncTaskStream(syncTaskId))).state;
  }

  private async settle(
    event: OpenSyncEvent,
    outcomes: readonly ObjectOutcome[],
    startedAt: number,
  ): Promise<bigint | undefined> {
    const { syncTaskId, syncEventId, keys, correlationId } = event;
    const context = { correlationId, actor: 'worker' };
    const { changed, position } = await this.bus.execute<SettleSyncEvent, Executed>(
      new SettleSyncEvent(syncTaskId, syncEventId, keys, outcomes, context),
    );
    if (changed) this.onSettled(event, outcomes, performance.now() - startedAt);
    return position;
  }
}

/** Waits for all, then rejects with the first rejection: nothing is still running when the stores are given back. */
async function allEnded<T>(work: readonly Promise<T>[]): Promise<readonly T[]> {
  const results = await Promise.allSettled(work);
  return results.map((result) => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
}

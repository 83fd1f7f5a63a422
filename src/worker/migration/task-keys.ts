import type { EventStore, RecordedEvent } from '../../event-store/event-store.port.js';
import { StoreError } from '../../object-store/object-store.port.js';
import type { Reactor } from '../../projections/projection.js';
import { taskDecider, type Task } from '../../tasks/task.decider.js';
import {
  taskStream,
  TASK_STREAMS,
  type TaskDeleted,
  type TaskEvent,
  type TaskFailed,
  type TaskStarted,
  type TaskSucceeded,
} from '../../tasks/task.events.js';
import type { TaskCredentials } from '../../tasks/task.settings.js';
import type { Vault } from '../../vault/vault.js';
import { VaultError } from '../../vault/vault-error.js';
import { abortUploads } from './abort-uploads.js';
import type { OpenPlaces } from './task-places.js';
import type { LiveTask } from './task-record.js';

type Turn =
  RecordedEvent<TaskStarted> | RecordedEvent<TaskSucceeded> | RecordedEvent<TaskFailed> | RecordedEvent<TaskDeleted>;

const TURNS: ReadonlySet<TaskEvent['type']> = new Set(['TaskStarted', 'TaskSucceeded', 'TaskFailed', 'TaskDeleted']);

const nothing = (): Promise<void> => Promise.resolve();

/**
 * Forgets the keys of tasks that need them no more: those that a start replaced, and all once a task has ended, as it begins
 * again with keys of its own. What a deleted task left half uploaded is removed before. The tasks of a group share its keys,
 * and the group forgets them; it deletes its tasks all together. Every step can be repeated.
 */
export class TaskKeys {
  readonly reactor: Reactor<TaskEvent> = {
    name: 'task-keys',
    prefixes: [TASK_STREAMS],
    on: {
      TaskCreated: nothing,
      TaskStarted: (event, signal) => this.forgetUnused(event, signal),
      TaskTaken: nothing,
      TaskRunBegan: nothing,
      TaskScanned: nothing,
      TaskPageMigrated: nothing,
      TaskUploadBegan: nothing,
      TaskProgressed: nothing,
      TaskPausing: nothing,
      TaskPaused: nothing,
      TaskReleased: nothing,
      TaskSucceeded: (event, signal) => this.forgetUnused(event, signal),
      TaskFailed: (event, signal) => this.forgetUnused(event, signal),
      TaskDeleted: (event, signal) => this.forgetUnused(event, signal),
      TaskBandwidthPolicyUpdated: nothing,
      TaskPriorityUpdated: nothing,
      TaskNotified: nothing,
    },
  };

  constructor(
    private readonly events: EventStore,
    private readonly vault: Vault,
    private readonly openPlaces: OpenPlaces,
  ) {}

  /** Only the last turn of a task counts: a process that takes over may read old ones again. */
  private async forgetUnused(turn: Turn, signal: AbortSignal): Promise<void> {
    const { events } = await this.events.read<TaskEvent>(taskStream(turn.data.taskId));
    if (events.findLast(({ type }) => TURNS.has(type))?.position !== turn.position) return;
    const task = events.reduce<Task>(taskDecider.evolve, taskDecider.initialState());
    if (task.status === 'absent' || (task.groupId !== null && turn.type !== 'TaskDeleted')) return;
    const inUse = new Set(turn.type === 'TaskStarted' ? refsOf(task.credentials) : []);
    const refs = await this.sealed(
      events
        .flatMap(({ data }) => ('credentials' in data ? refsOf(data.credentials) : []))
        .filter((ref) => !inUse.has(ref)),
    );
    // The keys go last, so where there are none everything was done before, here or in another process.
    if (refs.length === 0) return;
    if (turn.type === 'TaskDeleted' && task.run.uploads.size > 0) await this.abortUploads(task, signal);
    for (const ref of refs) await this.vault.forget(ref);
  }

  /** As far as the destination lets it: one that is gone must not keep the secrets alive. */
  private async abortUploads(task: LiveTask, signal: AbortSignal): Promise<void> {
    try {
      const places = await this.openPlaces(task);
      try {
        await abortUploads(places.lists, task.run.uploads.values(), signal);
      } finally {
        await places.close();
      }
    } catch (error) {
      if (!(error instanceof StoreError) && !(error instanceof VaultError)) throw error;
    }
  }

  private async sealed(refs: readonly string[]): Promise<readonly string[]> {
    const kept: string[] = [];
    for (const ref of new Set(refs)) if (await this.vault.has(ref)) kept.push(ref);
    return kept;
  }
}

const refsOf = ({ source, destination, cdn }: TaskCredentials): readonly string[] =>
  [source, destination, cdn].flatMap((pointer) => (pointer === null ? [] : [pointer.ref]));

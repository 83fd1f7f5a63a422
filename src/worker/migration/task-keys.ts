import type { EventStore, RecordedEvent } from '../../event-store/event-store.port.js';
import type { Reactor } from '../../projections/projection.js';
import type { GroupHistory } from '../../tasks/group-history.js';
import { refsOf } from '../../tasks/api/task-credentials.js';
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
import { SideError } from '../../transfer/side-error.js';
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
 * again with keys of its own. What a deleted task left half uploaded is removed before. Keys that its group had are the group's
 * to forget. Every step can be repeated.
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
    private readonly groups: GroupHistory,
    private readonly openPlaces: OpenPlaces,
  ) {}

  /** Only the last turn of a task counts: a process that takes over may read old ones again. */
  private async forgetUnused(turn: Turn, signal: AbortSignal): Promise<void> {
    const { events } = await this.events.read<TaskEvent>(taskStream(turn.data.taskId));
    if (events.findLast(({ type }) => TURNS.has(type))?.position !== turn.position) return;
    const task = events.reduce<Task>(taskDecider.evolve, taskDecider.initialState());
    if (task.status === 'absent') return;
    if (turn.type === 'TaskDeleted' && task.run.uploads.size > 0) await this.abortUploads(task, signal);
    const ofGroup = task.groupId === null ? [] : await this.groups.credentialRefs(task.groupId);
    const inUse = new Set([...ofGroup, ...(turn.type === 'TaskStarted' ? refsOf(task.credentials) : [])]);
    const had = events.flatMap(({ data }) => ('credentials' in data ? refsOf(data.credentials) : []));
    for (const ref of new Set(had)) if (!inUse.has(ref) && (await this.vault.has(ref))) await this.vault.forget(ref);
  }

  /** As far as the destination lets it: one that is gone must not keep the secrets alive. */
  private async abortUploads(task: LiveTask, signal: AbortSignal): Promise<void> {
    try {
      const places = await this.openPlaces(task);
      try {
        await abortUploads(places.destination, task.run.uploads.values(), signal);
      } finally {
        await places.close();
      }
    } catch (error) {
      if (!(error instanceof SideError) && !(error instanceof VaultError)) throw error;
    }
  }
}

import type { EventStore, RecordedEvent } from '../event-store/event-store.port.js';
import type { Reactor } from '../projections/projection.js';
import type { Vault } from '../vault/vault.js';
import { GroupHistory } from './group-history.js';
import { refsOf } from './task-credentials.js';
import {
  TASK_STREAMS,
  taskStream,
  type TaskCreated,
  type TaskDeleted,
  type TaskEvent,
  type TaskStarted,
} from './task.events.js';

const nothing = (): Promise<void> => Promise.resolve();

/** What decides which keys a task still needs. */
const STARTS_AND_DELETIONS: ReadonlySet<TaskEvent['type']> = new Set(['TaskStarted', 'TaskDeleted']);

/** Forgets the keys that a start replaced, and all keys of a deleted task. Those of its group are the group's. */
export class TaskReactor {
  readonly reactor: Reactor<TaskEvent> = {
    name: 'task-reactor',
    prefixes: [TASK_STREAMS],
    on: {
      TaskCreated: nothing,
      TaskStarted: (event) => this.forgetReplaced(event),
      TaskTaken: nothing,
      TaskRunBegan: nothing,
      TaskScanned: nothing,
      TaskPageMigrated: nothing,
      TaskUploadBegan: nothing,
      TaskProgressed: nothing,
      TaskPausing: nothing,
      TaskPaused: nothing,
      TaskReleased: nothing,
      TaskSucceeded: nothing,
      TaskFailed: nothing,
      TaskDeleted: (event) => this.forgetAll(event),
      TaskBandwidthPolicyUpdated: nothing,
      TaskPriorityUpdated: nothing,
      TaskNotified: nothing,
    },
  };

  private readonly groups: GroupHistory;

  constructor(
    private readonly events: EventStore,
    private readonly vault: Vault,
    /** Closes what this process has open with these keys. */
    private readonly closeStores: (refs: readonly string[]) => Promise<void> = nothing,
  ) {
    this.groups = new GroupHistory(events);
  }

  /** Only the last start of a task does: a process that takes over may read old ones again. */
  private async forgetReplaced({ data, position }: RecordedEvent<TaskStarted>): Promise<void> {
    const history = await this.history(data.taskId);
    if (history.findLast(({ type }) => STARTS_AND_DELETIONS.has(type))?.position !== position) return;
    await this.forget(history, new Set(refsOf(data.credentials)));
  }

  private async forgetAll({ data }: RecordedEvent<TaskDeleted>): Promise<void> {
    await this.forget(await this.history(data.taskId), new Set());
  }

  private async history(taskId: string): Promise<readonly RecordedEvent<TaskEvent>[]> {
    return (await this.events.read<TaskEvent>(taskStream(taskId))).events;
  }

  private async forget(history: readonly TaskEvent[], inUse: ReadonlySet<string>): Promise<void> {
    const created = history.find((event): event is TaskCreated => event.type === 'TaskCreated');
    const groupId = created?.data.groupId ?? null;
    const ofGroup = groupId === null ? new Set<string>() : await this.groups.credentialRefs(groupId);
    const had = new Set(history.flatMap(({ data }) => ('credentials' in data ? refsOf(data.credentials) : [])));
    const refs = [...had].filter((ref) => !inUse.has(ref) && !ofGroup.has(ref));
    for (const ref of refs) if (await this.vault.has(ref)) await this.vault.forget(ref);
    if (refs.length > 0) await this.closeStores(refs);
  }
}

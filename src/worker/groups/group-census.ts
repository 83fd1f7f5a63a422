import type { CommandRunner } from '../../event-store/command-runner.js';
import type { EventStore } from '../../event-store/event-store.port.js';
import { taskGroupDecider } from '../../task-groups/task-group.decider.js';
import { taskGroupStream, type TaskGroupEvent, type TaskGroupPlanned } from '../../task-groups/task-group.events.js';
import type { TaskGroup } from '../../task-groups/task-group.state.js';
import { taskDecider, type Task } from '../../tasks/task.decider.js';
import { taskStream } from '../../tasks/task.events.js';
import type { TaskCredentials } from '../../tasks/task.settings.js';
import { inParallel } from '../../transfer/in-parallel.js';

/** Streams that are read at once. */
const CONCURRENCY = 8;

export type GroupPart = TaskGroupPlanned['data'];

/** A task of a group as its stream has it, without what only a worker needs. */
export interface GroupTask {
  readonly part: GroupPart;
  /** `absent`: its part is recorded, the task is not made yet. */
  readonly status: Task['status'];
  readonly failure: { readonly code: string; readonly message: string } | undefined;
  /** References of the keys it has. */
  readonly credentials: readonly string[];
}

export interface GroupHistory {
  readonly group: TaskGroup;
  readonly parts: readonly GroupPart[];
  /** References of all keys that the group ever had, the current ones last. */
  readonly credentials: readonly string[];
}

/**
 * What groups and their tasks are, read from their streams: what is decided on this was not changed by anybody since, while views
 * may lag behind each other.
 */
export class GroupCensus {
  constructor(
    private readonly events: EventStore,
    private readonly commands: CommandRunner,
  ) {}

  async group(groupId: string): Promise<GroupHistory> {
    const { events } = await this.events.read<TaskGroupEvent>(taskGroupStream(groupId));
    return {
      group: events.reduce<TaskGroup>(taskGroupDecider.evolve, taskGroupDecider.initialState()),
      parts: events.flatMap((event) => (event.type === 'TaskGroupPlanned' ? [event.data] : [])),
      credentials: events.flatMap(({ data }) => ('credentials' in data ? refsOf(data.credentials) : [])),
    };
  }

  /** In the order of the parts. */
  tasks(parts: readonly GroupPart[], signal: AbortSignal): Promise<readonly GroupTask[]> {
    return inParallel(parts, CONCURRENCY, signal, async (part) => {
      const { state } = await this.commands.load(taskDecider, taskStream(part.taskId));
      if (state.status === 'absent') return { part, status: 'absent', failure: undefined, credentials: [] };
      return { part, status: state.status, failure: state.run.failure, credentials: refsOf(state.credentials) };
    });
  }

  /** True while nobody has made a task of this id. */
  async isFree(taskId: string): Promise<boolean> {
    return (await this.events.read(taskStream(taskId))).revision === 'no-stream';
  }
}

const refsOf = ({ source, destination, cdn }: TaskCredentials): readonly string[] =>
  [source, destination, cdn].flatMap((pointer) => (pointer === null ? [] : [pointer.ref]));

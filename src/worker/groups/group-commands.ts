import type { TaskGroupReport } from '../../task-groups/task-group.commands.js';
import type {
  CreateTask,
  DeleteTask,
  StartTask,
  StopTask,
  UpdateTaskBandwidthPolicy,
} from '../../tasks/task.commands.js';

export type GroupCommand = TaskGroupReport | CreateTask | StartTask | StopTask | DeleteTask | UpdateTaskBandwidthPolicy;

/** Runs a command and tells whether anything came of it; the command bus. Refusals of a task's decider are `OmsError`s. */
export type Execute = (command: GroupCommand) => Promise<{ readonly changed: boolean }>;

/** As who the worker speaks for a group. */
export const contextOf = (groupId: string) => ({ correlationId: groupId, actor: 'worker' });

import type { KnownNotifications } from '../tasks/api/task.requirements.js';

/** Bounds of the task-group API that come from the configuration, and what it knows to tell with. */
export class TaskGroupLimits {
  constructor(
    readonly taskGroupsPerDay: number,
    /** How long a write waits until this node's views show it, in milliseconds. */
    readonly readYourWritesMs: number,
    readonly notifications: KnownNotifications,
  ) {}
}

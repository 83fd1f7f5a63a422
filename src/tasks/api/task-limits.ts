import type { KnownNotifications } from './task.requirements.js';

/** Bounds of the migration-task API that come from the configuration, and what it knows to tell with. */
export class TaskLimits {
  constructor(
    readonly tasksPerDay: number,
    readonly waitingTasks: number,
    /** How long a write waits until this node's views show it, in milliseconds. */
    readonly readYourWritesMs: number,
    readonly notifications: KnownNotifications,
  ) {}
}

/** Bounds of the sync-task API that come from the configuration. */
export class SyncTaskLimits {
  constructor(
    readonly syncTasksPerProject: number,
    /** How long a write waits until this node's views show it, in milliseconds. */
    readonly readYourWritesMs: number,
  ) {}
}

import type { LedgerBucket, SyncTaskCredentials, SyncTaskSettings } from './sync-task.events.js';

/** Who asked and in which request; goes into the metadata of what follows. */
export interface CommandContext {
  readonly correlationId: string;
  readonly actor: string;
}

export class CreateSyncTask {
  readonly type = 'CreateSyncTask';
  constructor(
    readonly projectId: string,
    readonly syncTaskId: string,
    readonly settings: SyncTaskSettings,
    readonly credentials: SyncTaskCredentials,
    readonly context: CommandContext,
  ) {}
}

export class StartSyncTask {
  readonly type = 'StartSyncTask';
  constructor(
    readonly projectId: string,
    readonly syncTaskId: string,
    readonly credentials: SyncTaskCredentials,
    readonly context: CommandContext,
  ) {}
}

export class StopSyncTask {
  readonly type = 'StopSyncTask';
  constructor(
    readonly projectId: string,
    readonly syncTaskId: string,
    readonly context: CommandContext,
  ) {}
}

export class DeleteSyncTask {
  readonly type = 'DeleteSyncTask';
  constructor(
    readonly projectId: string,
    readonly syncTaskId: string,
    readonly context: CommandContext,
  ) {}
}

/** From the worker: a day is over and its figures are final. */
export class CloseSyncLedger {
  readonly type = 'CloseSyncLedger';
  constructor(
    readonly projectId: string,
    readonly syncTaskId: string,
    /** `yyyy-MM-dd`, UTC. */
    readonly day: string,
    readonly buckets: readonly LedgerBucket[],
    readonly context: CommandContext,
  ) {}
}

export type SyncTaskCommand = CreateSyncTask | StartSyncTask | StopSyncTask | DeleteSyncTask | CloseSyncLedger;

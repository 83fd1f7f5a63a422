import type { CommandContext } from './sync-task.commands.js';
import type { ObjectOutcome } from './sync-event.events.js';

/** A request to synchronize objects was taken from the queue. The same id again is a no-op. */
export class CreateSyncEvent {
  readonly type = 'CreateSyncEvent';
  constructor(
    readonly syncTaskId: string,
    readonly syncEventId: string,
    /** Decoded, distinct, 1..100. */
    readonly keys: readonly string[],
    readonly context: CommandContext,
  ) {}
}

/** Every object of the event has an outcome. Only the first settlement counts. */
export class SettleSyncEvent {
  readonly type = 'SettleSyncEvent';
  constructor(
    readonly syncTaskId: string,
    readonly syncEventId: string,
    /** Those of the event as it was created. */
    readonly keys: readonly string[],
    /** One per key of the event, in the order of its keys. */
    readonly outcomes: readonly ObjectOutcome[],
    readonly context: CommandContext,
  ) {}
}

export type SyncEventCommand = CreateSyncEvent | SettleSyncEvent;

import type { EventSchema } from '../event-store/upcast.js';
import type { ObjectListRecorded } from './object-list.events.js';
import type { SyncEventEvent } from './sync-event.events.js';
import type { SyncTaskEvent } from './sync-task.events.js';

/** Current version of every event of this feature; a new event type does not compile until it is here. */
export const SYNC_TASK_EVENT_SCHEMAS = {
  SyncTaskCreated: { version: 1 },
  SyncTaskStarted: { version: 1 },
  SyncTaskStopped: { version: 1 },
  SyncTaskDeleted: { version: 1 },
  SyncLedgerClosed: { version: 1 },
  SyncEventCreated: { version: 1 },
  SyncEventSettled: { version: 1 },
  ObjectListRecorded: { version: 1 },
} as const satisfies Record<(SyncTaskEvent | SyncEventEvent | ObjectListRecorded)['type'], EventSchema>;

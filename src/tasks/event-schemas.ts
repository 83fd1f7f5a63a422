import type { EventSchema } from '../event-store/upcast.js';
import type { TaskEvent } from './task.events.js';

/** Current version of every event of this feature; a new event type does not compile until it is here. */
export const TASK_EVENT_SCHEMAS = {
  TaskCreated: { version: 1 },
  TaskStarted: { version: 1 },
  TaskTaken: { version: 1 },
  TaskRunBegan: { version: 1 },
  TaskScanned: { version: 1 },
  TaskPageMigrated: { version: 1 },
  TaskUploadBegan: { version: 1 },
  TaskProgressed: { version: 1 },
  TaskPausing: { version: 1 },
  TaskPaused: { version: 1 },
  TaskReleased: { version: 1 },
  TaskSucceeded: { version: 1 },
  TaskFailed: { version: 1 },
  TaskDeleted: { version: 1 },
  TaskBandwidthPolicyUpdated: { version: 1 },
  TaskPriorityUpdated: { version: 1 },
  TaskNotified: { version: 1 },
} as const satisfies Record<TaskEvent['type'], EventSchema>;

import type { EventSchema } from '../event-store/upcast.js';
import type { TaskGroupEvent } from './task-group.events.js';

/** Current version of every event of this feature; a new event type does not compile until it is here. */
export const TASK_GROUP_EVENT_SCHEMAS = {
  TaskGroupCreated: { version: 1 },
  TaskGroupPlanBegan: { version: 1 },
  TaskGroupPlanned: { version: 1 },
  TaskGroupPlanCompleted: { version: 1 },
  TaskGroupPlanFailed: { version: 1 },
  TaskGroupPausing: { version: 1 },
  TaskGroupPaused: { version: 1 },
  TaskGroupStarted: { version: 1 },
  TaskGroupRetried: { version: 1 },
  TaskGroupCompleted: { version: 1 },
  TaskGroupFailed: { version: 1 },
  TaskGroupDeletionRequested: { version: 1 },
  TaskGroupDeleted: { version: 1 },
  TaskGroupBandwidthPolicyUpdated: { version: 1 },
  TaskGroupTasksTold: { version: 1 },
  TaskGroupNotified: { version: 1 },
} as const satisfies Record<TaskGroupEvent['type'], EventSchema>;

import type { IllegalOperation } from './task.errors.js';

export type TaskStatus = 'waiting' | 'migrating' | 'paused' | 'failed' | 'succeeded' | 'pausing';
export type TaskOperation = 'start' | 'stop' | 'delete' | 'updateBandwidthPolicy' | 'updatePriority';

/** The numbers by which the API calls the states. */
export const STATUS_NUMBER = {
  waiting: 1,
  migrating: 2,
  paused: 3,
  failed: 4,
  succeeded: 5,
  pausing: 7,
} as const satisfies Record<TaskStatus, number>;

/** What may be done in which state: `legal`, or the refusal. */
export const LEGAL_OPERATIONS = {
  start: {
    waiting: 'TASK_ALREADY_STARTED',
    migrating: 'TASK_ALREADY_STARTED',
    paused: 'legal',
    failed: 'legal',
    succeeded: 'TASK_COMPLETED',
    pausing: 'TASK_ALREADY_STARTED',
  },
  stop: {
    waiting: 'legal',
    migrating: 'legal',
    paused: 'TASK_NOT_RUNNING',
    failed: 'TASK_NOT_RUNNING',
    succeeded: 'TASK_COMPLETED',
    pausing: 'TASK_NOT_RUNNING',
  },
  delete: {
    waiting: 'legal',
    migrating: 'TASK_IN_PROGRESS',
    paused: 'legal',
    failed: 'legal',
    succeeded: 'legal',
    pausing: 'TASK_IN_PROGRESS',
  },
  updateBandwidthPolicy: {
    waiting: 'legal',
    migrating: 'legal',
    paused: 'legal',
    failed: 'legal',
    succeeded: 'BANDWIDTH_NOT_UPDATABLE',
    pausing: 'legal',
  },
  updatePriority: {
    waiting: 'legal',
    migrating: 'legal',
    paused: 'legal',
    failed: 'legal',
    succeeded: 'TASK_COMPLETED',
    pausing: 'legal',
  },
} as const satisfies Record<TaskOperation, Record<TaskStatus, 'legal' | IllegalOperation>>;

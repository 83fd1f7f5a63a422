import { taskStream, type RunMode, type TaskEvent, type TaskPageMigrated } from '../../src/tasks/task.events.js';
import { TASK_ID, taskCreated, taskKeys, taskTotals } from './migration-task.js';
import type { Given } from './projection-spec.js';

const BEGIN_MS = Date.parse('2026-01-15T08:00:00.000Z');

/** Milliseconds since the epoch, so many seconds into the story of a task. */
export const msAt = (seconds: number): number => BEGIN_MS + seconds * 1000;
export const timeAt = (seconds: number): string => new Date(msAt(seconds)).toISOString();

/** Events of the one task of these tests, each so many seconds into its story. */
export const logOf = (...events: readonly TaskEvent[]): readonly Given<TaskEvent>[] =>
  events.map((event) => ({ stream: taskStream(event.data.taskId), event }));

const taskId = TASK_ID;

export const created = (seconds = 0, more: Parameters<typeof taskCreated>[1] = {}): TaskEvent =>
  taskCreated(timeAt(seconds), more);
export const taken = (seconds: number, take = 1): TaskEvent => ({
  type: 'TaskTaken',
  data: { taskId, worker: `w${take}`, take, at: timeAt(seconds) },
});
export const began = (seconds: number, run = 1): TaskEvent => ({
  type: 'TaskRunBegan',
  data: { taskId, run, stamp: `2026011508000000${run}`, destinationTimeMs: 1, at: timeAt(seconds) },
});
export const scanned = (seconds: number, totalNum: number): TaskEvent => ({
  type: 'TaskScanned',
  data: { taskId, totalNum, totalSize: totalNum * 10, at: timeAt(seconds) },
});
export const page = (seconds: number, number: number, more: Partial<TaskPageMigrated['data']> = {}): TaskEvent => ({
  type: 'TaskPageMigrated',
  data: {
    ...{ taskId, page: number, cursor: `c${number}`, totals: taskTotals(number), lists: ['success'] },
    ...{ at: timeAt(seconds), ...more },
  },
});
export const progressed = (seconds: number, inFlightSize: number): TaskEvent => ({
  type: 'TaskProgressed',
  data: { taskId, inFlightSize, at: timeAt(seconds) },
});
export const plain = (
  type: 'TaskPausing' | 'TaskPaused' | 'TaskSucceeded' | 'TaskDeleted',
  seconds: number,
): TaskEvent => ({ type, data: { taskId, at: timeAt(seconds) } });
export const released = (seconds: number): TaskEvent => ({
  type: 'TaskReleased',
  data: { taskId, reason: 'lost', at: timeAt(seconds) },
});
export const failed = (seconds: number, code = 'TRF.0062'): TaskEvent => ({
  type: 'TaskFailed',
  data: { taskId, code, message: 'because', at: timeAt(seconds) },
});
export const started = (seconds: number, mode: RunMode, run: number): TaskEvent => ({
  type: 'TaskStarted',
  data: { taskId, credentials: taskKeys(2), mode, run, at: timeAt(seconds) },
});
export const notified = (seconds: number, errorCode: string | null = null): TaskEvent => ({
  type: 'TaskNotified',
  data: {
    ...{ taskId, run: 1, delivered: errorCode === null, errorCode, topicUrn: 'urn:smn:region:project:ended' },
    at: timeAt(seconds),
  },
});

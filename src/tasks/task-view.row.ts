import type { TaskListKind } from './task.events.js';
import type { BandwidthRule, TaskPriority, TaskSettings } from './task.settings.js';

/** A row of `tasks`. Times in milliseconds since the epoch, sizes in bytes. */
export interface TaskRow {
  readonly id: number;
  readonly project_id: string;
  readonly name: string;
  /** 1 waiting, 2 migrating, 3 paused, 4 failed, 5 succeeded, 7 pausing. */
  readonly status: number;
  readonly group_id: string | null;
  readonly priority: TaskPriority;
  readonly created_ms: number;
  /** Since when it is in its state. */
  readonly status_ms: number;
  /** Who runs it; null while nobody does. */
  readonly worker: string | null;
  readonly take: number;
  readonly run: number;
  /** When a worker first took it. */
  readonly started_ms: number | null;
  /** Time that workers had it, without the time since `migrating_ms`. */
  readonly total_ms: number;
  /** Since when the worker has it; null while none does. */
  readonly migrating_ms: number | null;
  /** 1 once all of the source is known. */
  readonly is_scanned: 0 | 1;
  readonly total_num: number;
  readonly total_size: number;
  readonly succeeded_num: number;
  readonly succeeded_size: number;
  readonly skipped_num: number;
  readonly skipped_size: number;
  readonly failed_num: number;
  readonly failed_size: number;
  /** Moved, and in no recorded page yet. */
  readonly in_flight_size: number;
  /** Bytes a second, measured between the two samples and the newest event. */
  readonly speed: number;
  readonly sample_ms: number;
  readonly sample_size: number;
  readonly next_sample_ms: number;
  readonly next_sample_size: number;
  /** Of the list files of the last run that began; null before the first. */
  readonly list_stamp: string | null;
  /** Parts of the failed list in this run, and the page of the first one; 0 for none. */
  readonly failed_parts: number;
  readonly failed_page: number;
  /** The documents below, as JSON. */
  readonly settings: string;
  readonly bandwidth_policy: string;
  readonly error: string | null;
  readonly list_errors: string;
  readonly notified: string | null;
}

export interface RowError {
  readonly code: string;
  readonly message: string;
}

export interface RowNotified {
  readonly delivered: boolean;
  readonly errorCode: string | null;
  readonly topicUrn: string;
}

export type RowListErrors = Readonly<Partial<Record<TaskListKind, string>>>;

/*
 * The border where the documents of a row get their types: only the projection writes them.
 */

export const settingsOfRow = (row: TaskRow): TaskSettings => JSON.parse(row.settings) as TaskSettings;

export const bandwidthPolicyOfRow = (row: TaskRow): readonly BandwidthRule[] =>
  JSON.parse(row.bandwidth_policy) as readonly BandwidthRule[];

export const errorOfRow = ({ error }: TaskRow): RowError | undefined =>
  error === null ? undefined : (JSON.parse(error) as RowError);

export const listErrorsOfRow = (row: TaskRow): RowListErrors => JSON.parse(row.list_errors) as RowListErrors;

export const notifiedOfRow = ({ notified }: TaskRow): RowNotified | undefined =>
  notified === null ? undefined : (JSON.parse(notified) as RowNotified);

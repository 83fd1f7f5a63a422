import type { DomainEvent } from '../kernel/domain-event.js';

/** The five kinds of object lists of a sync task, by the directory they are written to. */
export const LIST_DIRECTORIES = {
  requested: 'object_lists',
  synced: 'success_object_lists',
  ignored: 'skip_object_lists',
  failed: 'failed_object_lists',
  creationFailed: 'failed_object_lists/creation_failures',
} as const;
export type ObjectListKind = keyof typeof LIST_DIRECTORIES;

/**
 * A list file is complete in the destination bucket. It holds the lines of this kind of every event from `fromPosition` to
 * `toPosition`, both inclusive; positions are decimal strings.
 */
export type ObjectListRecorded = DomainEvent<
  'ObjectListRecorded',
  {
    syncTaskId: string;
    kind: ObjectListKind;
    key: string;
    fromPosition: string;
    toPosition: string;
    lines: number;
    bytes: number;
    sha256: string;
    at: string;
  }
>;

export const SYNC_TASK_LIST_STREAMS = 'syncTaskLists-';
export const syncTaskListsStream = (syncTaskId: string): string => SYNC_TASK_LIST_STREAMS + syncTaskId;

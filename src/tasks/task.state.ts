import { assertNever } from '../kernel/assert-never.js';
import type { TaskStatus } from './task.legal-operations.js';
import type {
  RunMode,
  TaskCreated,
  TaskEvent,
  TaskPageMigrated,
  TaskStarted,
  TaskTotals,
  TaskUploadBegan,
} from './task.events.js';
import type { BandwidthRule, GroupPiece, TaskCredentials, TaskPriority, TaskSettings } from './task.settings.js';

/** The reason of a run that went through everything and left failed objects behind. */
export const SOME_OBJECTS_FAILED = 'TRF.0062';

/** Uploads that are remembered at most: many more than are ever on their way at once. */
const MAX_UPLOADS = 1000;

/** Numbers of pages, the newest first: a chain, so that adding one copies none. */
export interface PageChain {
  readonly page: number;
  readonly before: PageChain | undefined;
}

/** What a run of mode `failed` goes through, and what it counts from. */
export interface RetriedRun {
  /** Of the list files of the run whose failed objects they are. */
  readonly stamp: string;
  readonly failedPages: PageChain | undefined;
  readonly base: TaskTotals;
}

export type BegunUpload = Omit<TaskUploadBegan['data'], 'taskId' | 'at'>;

/** Everything about the run that goes on, or was the last one. */
export interface TaskRun {
  /** From 1. */
  readonly number: number;
  readonly mode: Exclude<RunMode, 'resume'>;
  readonly retried: RetriedRun | undefined;
  /** Undefined until a worker found both places usable. */
  readonly began: { readonly stamp: string; readonly destinationTimeMs: number } | undefined;
  /** Number of the last recorded page; 0 before the first. */
  readonly page: number;
  /** Where the next page begins; undefined before the first. */
  readonly cursor: string | undefined;
  readonly totals: TaskTotals;
  /** Undefined until all of the source is known. */
  readonly scan: { readonly totalNum: number; readonly totalSize: number } | undefined;
  /** Pages that have a part of the failed list. */
  readonly failedPages: PageChain | undefined;
  /** A part of the failed list could not be written. */
  readonly failedListBroken: boolean;
  /** By key. Some may be over: a recorded page does not say which. */
  readonly uploads: ReadonlyMap<string, BegunUpload>;
  readonly failure: { readonly code: string; readonly message: string } | undefined;
}

export interface KnownTask {
  readonly projectId: string;
  readonly name: string;
  readonly settings: TaskSettings;
  readonly credentials: TaskCredentials;
  readonly priority: TaskPriority;
  readonly bandwidthPolicy: readonly BandwidthRule[];
  readonly groupId: string | null;
  readonly piece: GroupPiece | null;
  readonly run: TaskRun;
  /** Fences workers: only the newest take counts. 0 before the first. */
  readonly take: number;
  /** Who runs it; undefined while nobody does. */
  readonly worker: string | undefined;
  /** The newest run whose end was told, or tried to be; 0 before the first. */
  readonly notifiedRun: number;
}

export type Task = { readonly status: 'absent' } | ({ readonly status: TaskStatus | 'deleted' } & KnownTask);

export const NO_TOTALS: TaskTotals = {
  scannedNum: 0,
  scannedSize: 0,
  succeededNum: 0,
  succeededSize: 0,
  skippedNum: 0,
  skippedSize: 0,
  failedNum: 0,
  failedSize: 0,
};

const newRun = (number: number, mode: TaskRun['mode'], retried?: RetriedRun): TaskRun => ({
  number,
  mode,
  retried,
  began: undefined,
  page: 0,
  cursor: undefined,
  totals: retried?.base ?? NO_TOTALS,
  scan: undefined,
  failedPages: undefined,
  failedListBroken: false,
  uploads: new Map(),
  failure: undefined,
});

/** True when the run's failed objects are all that it left behind. */
export const wentThrough = ({ failure }: TaskRun): boolean => failure?.code === SOME_OBJECTS_FAILED;

/** What succeeded or was skipped stays so; what failed is tried, and counted, again. */
const baseOf = ({ succeededNum, succeededSize, skippedNum, skippedSize }: TaskTotals): TaskTotals => ({
  ...NO_TOTALS,
  scannedNum: succeededNum + skippedNum,
  scannedSize: succeededSize + skippedSize,
  ...{ succeededNum, succeededSize, skippedNum, skippedSize },
});

/** A retry that was cut off is made again as it was: what it had copied is then found at the destination. */
const retriedBy = (last: TaskRun): RetriedRun | undefined =>
  last.mode === 'failed' && !wentThrough(last)
    ? last.retried
    : { stamp: last.began?.stamp ?? '', failedPages: last.failedPages, base: baseOf(last.totals) };

const created = ({ projectId, name, settings, credentials, priority, ...data }: TaskCreated['data']): Task => ({
  status: 'waiting',
  ...{ projectId, name, settings, credentials, priority },
  bandwidthPolicy: data.bandwidthPolicy,
  groupId: data.groupId,
  piece: data.piece,
  run: newRun(1, 'all'),
  take: 0,
  worker: undefined,
  notifiedRun: 0,
});

const started = (run: TaskRun, { mode, run: number }: TaskStarted['data']): TaskRun => {
  if (mode === 'resume') return { ...run, number };
  return mode === 'failed' ? newRun(number, mode, retriedBy(run)) : newRun(number, mode);
};

const withPage = (run: TaskRun, { page, cursor, totals, lists, listErrors }: TaskPageMigrated['data']): TaskRun => ({
  ...run,
  ...{ page, cursor, totals },
  failedPages: lists.includes('failed') ? { page, before: run.failedPages } : run.failedPages,
  failedListBroken: run.failedListBroken || listErrors?.failed !== undefined,
});

/** Of very many the oldest is let go of: it is over, or is begun anew. */
function withUpload(run: TaskRun, { key, uploadId, sourceEtag, size, partBytes }: BegunUpload): TaskRun {
  const uploads = new Map(run.uploads);
  uploads.delete(key);
  uploads.set(key, { key, uploadId, sourceEtag, size, partBytes });
  const [oldest] = uploads.keys();
  if (uploads.size > MAX_UPLOADS && oldest !== undefined) uploads.delete(oldest);
  return { ...run, uploads };
}

const ended = (run: TaskRun, failure: TaskRun['failure']): TaskRun => ({ ...run, uploads: new Map(), failure });

export const evolveTask = (task: Task, event: TaskEvent): Task => {
  if (event.type === 'TaskCreated') return created(event.data);
  if (task.status === 'absent') return task;
  const { run } = task;
  const idle = { worker: undefined };
  switch (event.type) {
    case 'TaskStarted':
      return {
        ...task,
        ...idle,
        status: 'waiting',
        credentials: event.data.credentials,
        run: started(run, event.data),
      };
    case 'TaskTaken':
      return { ...task, status: 'migrating', take: event.data.take, worker: event.data.worker };
    case 'TaskRunBegan':
      return {
        ...task,
        run: { ...run, began: { stamp: event.data.stamp, destinationTimeMs: event.data.destinationTimeMs } },
      };
    case 'TaskScanned':
      return { ...task, run: { ...run, scan: { totalNum: event.data.totalNum, totalSize: event.data.totalSize } } };
    case 'TaskPageMigrated':
      return { ...task, run: withPage(run, event.data) };
    case 'TaskUploadBegan':
      return { ...task, run: withUpload(run, event.data) };
    case 'TaskProgressed':
      return task;
    case 'TaskPausing':
      return { ...task, status: 'pausing' };
    case 'TaskPaused':
      return { ...task, ...idle, status: 'paused' };
    case 'TaskReleased':
      return { ...task, ...idle, status: 'waiting' };
    case 'TaskSucceeded':
      return { ...task, ...idle, status: 'succeeded', run: ended(run, undefined) };
    case 'TaskFailed':
      return {
        ...task,
        ...idle,
        status: 'failed',
        run: ended(run, { code: event.data.code, message: event.data.message }),
      };
    case 'TaskDeleted':
      return { ...task, ...idle, status: 'deleted' };
    case 'TaskBandwidthPolicyUpdated':
      return { ...task, bandwidthPolicy: event.data.bandwidthPolicy };
    case 'TaskPriorityUpdated':
      return { ...task, priority: event.data.priority };
    case 'TaskNotified':
      return { ...task, notifiedRun: event.data.run };
    default:
      return assertNever(event);
  }
};

/** Pages that have a part of the failed list, ascending. */
export function pagesOf(chain: PageChain | undefined): readonly number[] {
  const pages: number[] = [];
  for (let link = chain; link !== undefined; link = link.before) pages.push(link.page);
  return pages.reverse();
}

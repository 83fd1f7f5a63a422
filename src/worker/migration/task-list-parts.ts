import type { MigratedObject } from '../../transfer/migration/migration.js';
import type { TaskListKind } from '../../tasks/task.events.js';
import type { TaskSettings } from '../../tasks/task.settings.js';
import { trfOfObject } from './trf.js';

/** Where the lists of a kind are, under the directory of the task or its group. */
export const LIST_DIRECTORIES: Readonly<Record<TaskListKind, string>> = {
  success: 'success_object_lists',
  skip: 'skip_object_lists',
  failed: 'failed_object_lists',
};

export const LIST_KINDS: readonly TaskListKind[] = ['success', 'skip', 'failed'];

/** Which run's lists: those of a task of a group are in the directories of the group. */
export interface ListedRun {
  readonly taskId: string;
  readonly groupId: string | null;
  /** `yyyyMMddHHmmssSSS` */
  readonly stamp: string;
}

const directoryOf = ({ taskId, groupId }: Omit<ListedRun, 'stamp'>, kind: TaskListKind): string =>
  `${groupId === null ? `oms/task/${taskId}` : `oms/task_group/${groupId}`}/${LIST_DIRECTORIES[kind]}/`;

/** What the keys of all parts of a run and kind begin with. */
export const listPartPrefix = (run: ListedRun, kind: TaskListKind): string =>
  `${directoryOf(run, kind)}oms-task-${run.taskId}-${run.stamp}_`;

export const listPartKey = (run: ListedRun, kind: TaskListKind, page: number): string =>
  `${listPartPrefix(run, kind)}${page}.txt`;

/** The page a part belongs to; undefined for a key that is no part of that run and kind. */
export function pageOfPart(run: ListedRun, kind: TaskListKind, key: string): number | undefined {
  const prefix = listPartPrefix(run, kind);
  const page = key.startsWith(prefix) ? /^([1-9]\d*)\.txt$/.exec(key.slice(prefix.length)) : null;
  return page === null ? undefined : Number(page[1]);
}

/** Fields are separated by tabs and lines by line feeds, so neither may stand inside one. */
const escaped = (field: string): string =>
  /[\\\t\n]/.test(field)
    ? field.replace(/[\\\t\n]/g, (character) => (character === '\\' ? '\\\\' : character === '\t' ? '\\t' : '\\n'))
    : field;

/** `encodeURIComponent` refuses half a surrogate pair, which no store takes as a name but a listing may bring. */
const encoded = (name: string): string => encodeURIComponent(Buffer.from(name).toString());

/** A URL stays as it is, so that it can be read again; a line that is none must not end its column either. */
const asUrl = (line: string): string => line.replace(/[\t\n\r]/g, encodeURIComponent);

/** The parts of one page, by kind; a kind without lines has none. */
export type ListParts = Readonly<Partial<Record<TaskListKind, Buffer>>>;

/**
 * Writes down how the objects of a page ended. `at` is the ISO 8601 time in UTC that all lines bear. Pure: the same objects
 * always give the same bytes.
 */
export function listPartsOf(objects: readonly MigratedObject[], settings: TaskSettings, at: string): ListParts {
  const lines: Record<TaskListKind, string[]> = { success: [], skip: [], failed: [] };
  const ofUrls = settings.taskType === 'url_list';
  const check = settings.consistencyCheck;
  for (const object of objects) {
    const name = ofUrls ? (object.targetName ?? object.key) : object.key;
    switch (object.outcome) {
      case 'succeeded':
        lines.success.push(`${at}\t${escaped(name)}\t${object.size}\t${check}\t${object.proof}`);
        break;
      case 'skipped':
        lines.skip.push(`${at}\t${escaped(name)}\t${object.size}\t${check}\t${object.reason}`);
        break;
      case 'failed': {
        const { failure } = object;
        const [first, second] = ofUrls ? [asUrl(object.key), encoded(name)] : [encoded(name), escaped(name)];
        const why = `${escaped(failure.code)}\t${escaped(failure.cause)}\t${trfOfObject(failure)}`;
        lines.failed.push(`${at}\t${first}\t${second}\t${why}`);
      }
    }
  }
  const parts: Partial<Record<TaskListKind, Buffer>> = {};
  for (const kind of LIST_KINDS)
    if (lines[kind].length > 0) {
      lines[kind].push('');
      parts[kind] = Buffer.from(lines[kind].join('\n'));
    }
  return parts;
}

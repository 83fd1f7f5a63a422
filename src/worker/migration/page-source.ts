import { pagesOf } from '../../tasks/task.state.js';
import type { ListFilePagesOptions } from '../../transfer/migration/list-file-pages.js';
import { ListFilePages } from '../../transfer/migration/list-file-pages.js';
import { listFilesOf, listFilesUnder, oneListFile, type ListFiles } from '../../transfer/migration/list-files.js';
import { ManifestPages } from '../../transfer/migration/manifest-pages.js';
import type { PageSource } from '../../transfer/migration/migration.js';
import { ObjectPages } from '../../transfer/migration/object-pages.js';
import { savePrefixWithin, selectionOf } from '../../transfer/migration/object-selection.js';
import { urlListPages } from '../../transfer/migration/url-list-pages.js';
import type { SourceStore } from '../../object-store/object-store.port.js';
import { listPartPrefix, pageOfPart } from './task-list-parts.js';
import type { TaskPlaces } from './task-places.js';
import type { LiveTask } from './task-record.js';

export type PageOptions = ListFilePagesOptions;

/** What a run goes through: what failed before, the task's piece of its group, or what its settings name. */
export function pageSourceOf(taskId: string, task: LiveTask, places: TaskPlaces, options: PageOptions): PageSource {
  const { settings, run, piece } = task;
  if (run.mode === 'failed')
    return listed(task, places.destination, failedParts(taskId, task, places.destination), options);
  if (piece?.kind === 'manifest')
    return new ManifestPages(places.destination, piece.key, {
      ...options,
      ordered: places.source.traits.listsInKeyOrder,
    });
  if (piece?.kind === 'list-range') {
    const { key, etag, start, end } = piece;
    return listed(task, filesOf(places), oneListFile({ key, etag, start, end }), options);
  }
  const { taskType, source, destination } = settings;
  switch (taskType) {
    case 'object':
    case 'prefix': {
      const within = savePrefixWithin(places.source, places.destination, destination.savePrefix);
      const selection = selectionOf(taskType, source.objectKeys);
      return new ObjectPages(places.source, selection, { ...options, savePrefixWithin: within });
    }
    case 'list':
    case 'url_list':
      return listed(task, filesOf(places), listFilesOf(filesOf(places), source.listFile?.key ?? ''), options);
  }
}

const listed = (task: LiveTask, store: SourceStore, files: ListFiles, options: PageOptions): PageSource =>
  task.settings.taskType === 'url_list'
    ? urlListPages(store, files, options)
    : new ListFilePages(store, files, options);

/** The parts of the failed list of the run before that are recorded: a part that no record knows of was cut off. */
function failedParts(taskId: string, { groupId, run }: LiveTask, store: SourceStore): ListFiles {
  const of = { taskId, groupId, stamp: run.retried?.stamp ?? '' };
  const recorded = new Set(pagesOf(run.retried?.failedPages));
  return listFilesUnder(store, listPartPrefix(of, 'failed'), (key) => {
    const page = pageOfPart(of, 'failed', key);
    return page !== undefined && recorded.has(page);
  });
}

function filesOf({ listFiles }: TaskPlaces): SourceStore {
  if (listFiles === undefined) throw new Error('A task that reads list files has a place for them');
  return listFiles;
}

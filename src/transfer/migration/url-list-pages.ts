import type { SourceStore } from '../../object-store/object-store.port.js';
import { ListFilePages, type ListFilePagesOptions } from './list-file-pages.js';
import type { ListFiles } from './list-files.js';
import { urlEntry } from './list-line.js';

/**
 * Objects that are named by URL lists: `url`, or `url<TAB>name` with the URL-encoded name at the destination. A line that is
 * neither is a failed object; a list of nothing else is refused as a whole.
 */
export const urlListPages = (store: SourceStore, files: ListFiles, options: ListFilePagesOptions): ListFilePages =>
  new ListFilePages(store, files, options, { read: urlEntry, allBad: 'bad-url' });

import { StoreError, type DestinationStore, type StoreErrorKind } from '../../object-store/object-store.port.js';
import type { MigratedPage } from '../../tasks/task.commands.js';
import type { TaskListKind } from '../../tasks/task.events.js';
import { SideError } from '../../transfer/side-error.js';
import { putList } from '../object-list-file.js';
import { LIST_KINDS, listPartKey, type ListedRun, type ListParts } from './task-list-parts.js';

/** With these no object can be written either: the task ends instead of going on without its lists. */
const DESTINATION_IS_GONE: ReadonlySet<StoreErrorKind> = new Set(['bad-credentials', 'no-such-bucket']);

export type WrittenLists = Pick<MigratedPage, 'lists' | 'listErrors'>;
/** The store's code by kind of list. */
export type ListErrors = NonNullable<MigratedPage['listErrors']>;

/** Puts the list parts of a run into the destination. */
export class ListPartWriter {
  constructor(
    private readonly destination: DestinationStore,
    private readonly run: ListedRun,
    private readonly kinds: readonly TaskListKind[] = LIST_KINDS,
  ) {}

  /**
   * Writes the parts of a page, over those of an earlier try. A part that cannot be written is told with the store's code. Rejects
   * with a `SideError` when the destination is gone, or with the reason of the signal.
   */
  async write(page: number, parts: ListParts, signal: AbortSignal): Promise<WrittenLists> {
    const lists: TaskListKind[] = [];
    const listErrors: Partial<Record<TaskListKind, string>> = {};
    const write = async (kind: TaskListKind): Promise<void> => {
      const body = parts[kind];
      if (body === undefined) return;
      const failure = await this.attempt(
        () => putList(this.destination, listPartKey(this.run, kind, page), body, signal),
        signal,
      );
      if (failure === undefined) lists.push(kind);
      else listErrors[kind] = failure.backendCode ?? failure.kind;
    };
    await allSettled(this.kinds.map(write));
    lists.sort((a, b) => LIST_KINDS.indexOf(a) - LIST_KINDS.indexOf(b));
    return { lists, ...(Object.keys(listErrors).length > 0 && { listErrors }) };
  }

  /**
   * Removes what an earlier try of a page, cut off before it was recorded, may have left of kinds that the page has not now: its
   * objects would be listed twice. Where nothing may be deleted it is emptied. Answers the store's code for what stays.
   */
  async removeLeftovers(page: number, parts: ListParts, signal: AbortSignal): Promise<ListErrors> {
    const listErrors: Partial<Record<TaskListKind, string>> = {};
    const remove = async (kind: TaskListKind): Promise<void> => {
      const failure = await this.attempt(() => this.clear(listPartKey(this.run, kind, page), signal), signal);
      if (failure !== undefined) listErrors[kind] = failure.backendCode ?? failure.kind;
    };
    await allSettled(LIST_KINDS.filter((kind) => parts[kind] === undefined).map(remove));
    return listErrors;
  }

  private async clear(key: string, signal: AbortSignal): Promise<void> {
    const { destination } = this;
    try {
      await destination.delete(key, signal);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      if (await isThere(destination, key, signal)) await putList(destination, key, Buffer.alloc(0), signal);
    }
  }

  /** The store's failure; rejects with one that the task cannot go on with. */
  private async attempt(call: () => Promise<void>, signal: AbortSignal): Promise<StoreError | undefined> {
    try {
      await call();
      return undefined;
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof StoreError)) throw error;
      if (DESTINATION_IS_GONE.has(error.kind)) throw new SideError('destination', error);
      return error;
    }
  }
}

async function isThere(store: DestinationStore, key: string, signal: AbortSignal): Promise<boolean> {
  try {
    await store.head(key, signal);
    return true;
  } catch (error) {
    if (error instanceof StoreError && error.kind === 'not-found') return false;
    throw error;
  }
}

/** Waits for all of them, so that nothing is under way when it rejects with the first failure. */
async function allSettled(works: readonly Promise<unknown>[]): Promise<void> {
  const results = await Promise.allSettled(works);
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}

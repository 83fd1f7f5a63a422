import type { DestinationStore, SourceStore } from '../../object-store/object-store.port.js';
import { selectionOf } from '../../transfer/migration/object-selection.js';
import type { Side } from '../../transfer/failure-reasons.js';
import { blame, SideError } from '../../transfer/side-error.js';
import type { TaskSettings } from '../../tasks/task.settings.js';
import { putList } from '../object-list-file.js';
import type { TaskPlaces } from './task-places.js';

/** Written and removed before a run, to see whether the destination takes anything, and what time it has. */
export const probeKey = (taskId: string): string => `oms/task/${taskId}/.probe`;

const PROBE = Buffer.from('Written by OpenOMS to see whether this bucket can be written. May be deleted.\n');

/** `yyyyMMddHHmmssSSS` in UTC. */
export const stampOf = (time: Date): string => time.toISOString().replace(/\D/g, '');

/**
 * Finds out that both places can be used. Answers the time of the destination, in milliseconds since the epoch. Rejects with a
 * `SideError` when nothing of it is under way any more; with both at fault with that of the destination.
 */
export async function probePlaces(
  { source, destination }: Pick<TaskPlaces, 'source' | 'destination'>,
  taskId: string,
  settings: TaskSettings,
  signal: AbortSignal,
): Promise<number> {
  const probes = [probeDestination(destination, taskId, signal), probeSource(source, settings, signal)] as const;
  const [written, listed] = await Promise.allSettled(probes);
  if (written.status === 'rejected') throw written.reason;
  if (listed.status === 'rejected') throw listed.reason;
  return written.value;
}

/**
 * Finds out that objects can be written to the destination and read there. Answers its time, in milliseconds since the epoch.
 * Rejects with a `SideError`.
 */
async function probeDestination(store: DestinationStore, taskId: string, signal: AbortSignal): Promise<number> {
  const key = probeKey(taskId);
  await here('destination', () => putList(store, key, PROBE, signal));
  try {
    return (await here('destination', () => store.head(key, signal))).lastModifiedMs;
  } finally {
    // Some buckets let nobody delete, which a migration does not need.
    await store.delete(key, signal).catch(() => undefined);
  }
}

/**
 * Finds out that the source can be asked. Who has only names needs no right to list, so there a refused listing is no reason.
 * Rejects with a `SideError`.
 */
export async function probeSource(store: SourceStore, settings: TaskSettings, signal: AbortSignal): Promise<void> {
  const { taskType, source } = settings;
  if (taskType === 'url_list') return;
  const { prefixes: folders } = selectionOf(taskType === 'prefix' ? 'prefix' : 'object', source.objectKeys);
  await here('source', () => lookAt(store, folders[0] ?? '', signal)).catch((error: unknown) => {
    if (folders.length === 0 && isDenied(error)) return;
    throw error;
  });
}

async function lookAt(store: SourceStore, prefix: string, signal: AbortSignal): Promise<void> {
  for await (const page of store.listPages(prefix, undefined, signal)) if (page.length > 0) return;
}

const isDenied = (error: unknown): boolean => error instanceof SideError && error.failure.kind === 'denied';

async function here<T>(side: Side, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw blame(side, error);
  }
}

import type { DestinationStore } from '../../object-store/object-store.port.js';
import { blame } from '../../transfer/side-error.js';

const folderOf = (groupId: string): string => `oms/task_group/${groupId}/`;

/** Where the destination bucket has what the listing of the source found for one task. */
export const planFile = (groupId: string, chunk: number): string => `${folderOf(groupId)}plan/${chunk}.txt`;

/** Files that a group wrote itself into a bucket that it reads from are none of its objects. */
export const isPlanFile = (groupId: string, key: string): boolean => key.startsWith(folderOf(groupId));

/** Removes the manifests of so many parts, and one that was written and not recorded. */
export async function removePlanFiles(
  store: DestinationStore,
  groupId: string,
  chunks: number,
  signal: AbortSignal,
): Promise<void> {
  try {
    for (let chunk = 1; chunk <= chunks + 1; chunk++) await store.delete(planFile(groupId, chunk), signal);
  } catch (error) {
    throw blame('destination', error);
  }
}

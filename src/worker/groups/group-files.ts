import type { DestinationStore } from '../../object-store/object-store.port.js';
import type { TaskSettings } from '../../tasks/task.settings.js';
import { blame } from '../../transfer/side-error.js';

/** Everything that is written about a group is under this, in its destination bucket. */
export const folderOf = (groupId: string): string => `oms/task_group/${groupId}/`;

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

const ID_LENGTH = 8;

/** Groups have no name in the API; messages and the names of tasks say by this one where they come from. */
export const groupNameOf = (groupId: string, { source }: TaskSettings): string =>
  `${source.bucket === '' ? source.cloudType : source.bucket}-${groupId.slice(0, ID_LENGTH)}`;

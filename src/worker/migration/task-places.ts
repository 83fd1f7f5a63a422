import type { DestinationStore, SourceStore } from '../../object-store/object-store.port.js';
import type { BandwidthRule } from '../../tasks/task.settings.js';
import type { LiveTask } from './task-record.js';

/** Everything that a task reads and writes, open. */
export interface TaskPlaces {
  /** Where objects are read and listed, as fast as the task may. */
  readonly source: SourceStore;
  /** Where objects and their lists go. */
  readonly destination: DestinationStore;
  /** Where the list files are that name the objects; undefined for a task without one. */
  readonly listFiles: SourceStore | undefined;
  /** Changes the limits of the traffic, also of what is on its way. */
  limit(rules: readonly BandwidthRule[]): void;
  /** True while objects wait because of those limits. */
  readonly isHeldBack: () => boolean;
  close(): Promise<void>;
}

/** Rejects with a `SideError`, or as the vault does when the keys of the task are gone. */
export type OpenPlaces = (task: LiveTask) => Promise<TaskPlaces>;

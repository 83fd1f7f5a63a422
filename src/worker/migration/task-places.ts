import { EndpointGuards } from '../../object-store/endpoint-guards.js';
import type {
  DestinationStore,
  SourceStore,
  StoreCredentials,
  StoreLocation,
} from '../../object-store/object-store.port.js';
import type { BandwidthRule, TaskDestination, TaskSettings, TaskSource } from '../../tasks/task.settings.js';
import { blame } from '../../transfer/side-error.js';
import type { LiveTask } from './task-record.js';

/** Everything that a task reads and writes, open. */
export interface TaskPlaces {
  /** Where objects are read and listed, as fast as the task may. */
  readonly source: SourceStore;
  /** Where objects go. */
  readonly destination: DestinationStore;
  /** The destination again, for the lists: what is written there does not count as traffic of the task. */
  readonly lists: DestinationStore;
  /** Where the list files are that name the objects; undefined for a task without one. */
  readonly listFiles: SourceStore | undefined;
  /** Changes the limits of the traffic. */
  limit(rules: readonly BandwidthRule[]): void;
  close(): Promise<void>;
}

/** Rejects with a `SideError`, or as the vault does when the keys of the task are gone. */
export type OpenPlaces = (task: LiveTask) => Promise<TaskPlaces>;

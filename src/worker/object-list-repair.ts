import type { CommandRunner } from '../event-store/command-runner.js';
import type { EventStore } from '../event-store/event-store.port.js';
import type { Clock } from '../kernel/clock.js';
import { hasEnded } from '../kernel/has-ended.js';
import { SystemTime, type MonotonicTime } from '../kernel/monotonic-time.js';
import { StoreError, type DestinationStore, type ObjectInfo } from '../object-store/object-store.port.js';
import type { ReadStore } from '../read-store/read-store.js';
import { syncTaskListsStream, type ObjectListKind, type ObjectListRecorded } from '../sync-tasks/object-list.events.js';
import { syncTaskDecider } from '../sync-tasks/sync-task.decider.js';
import { syncTaskStream } from '../sync-tasks/sync-task.events.js';
import { putList } from './object-list-file.js';
import { matchesRecord, renderList } from './object-list-rebuild.js';
import type { TaskStorePool } from './task-stores.js';

/** Files are looked at that were recorded from so long before a takeover to so long after it. */
const BEFORE_MS = 5 * 60_000;
const AFTER_MS = 60_000;
/** They are looked at at once, and again when whatever the predecessor had sent must have arrived. */
const LOOKS_MS = [0, 2 * 60_000];
const MAX_FILES = 1000;
/** Who lost a race puts the file right within this time, even when its own lease is gone. */
const RESTORE_MS = 30_000;

export interface ListRepairLog {
  repaired(list: { syncTaskId: string; kind: ObjectListKind; key: string }): void;
  notRepaired(list: { syncTaskId: string; kind: ObjectListKind; key: string }, error: unknown): void;
}

interface FileRow {
  readonly task_id: string;
  readonly kind: ObjectListKind;
  readonly key: string;
  readonly bytes: number;
}

/**
 * Sees to it that a list file is what is recorded under its name. Two writers may have put different cuts there when one was
 * paused, lost its lease and did not know it yet. Both cuts begin with the same line and one is the beginning of the other,
 * so those that have the recorded size are the same.
 */
export class ObjectListRepair {
  constructor(
    private readonly events: EventStore,
    private readonly commands: CommandRunner,
    private readonly views: ReadStore,
    private readonly stores: TaskStorePool,
    private readonly clock: Clock,
    private readonly log: ListRepairLog,
    private readonly time: MonotonicTime = new SystemTime(),
  ) {}

  /** Looks after the files that another writer may still touch, once this one has taken over. Ends when that is done. */
  async run(signal: AbortSignal): Promise<void> {
    const takenMs = this.clock.now().getTime();
    for (const delayMs of LOOKS_MS) {
      await this.time.wait(delayMs, signal);
      await this.look(takenMs - BEFORE_MS, takenMs + AFTER_MS, signal);
    }
  }

  /** Looks at the files recorded between these times (milliseconds since the epoch), the newest first, and repairs them. */
  async look(fromMs: number, toMs: number, signal: AbortSignal): Promise<void> {
    const rows = this.views.all<FileRow>(
      `SELECT task_id, kind, key, bytes FROM object_list_files JOIN sync_tasks ON sync_tasks.id = task_id
       WHERE at >= ? AND at <= ? ORDER BY at DESC LIMIT ?`,
      new Date(fromMs).toISOString(),
      new Date(toMs).toISOString(),
      MAX_FILES,
    );
    for (const { task_id: syncTaskId, kind, key, bytes } of rows) {
      if (hasEnded(signal)) return;
      const list = { syncTaskId, kind, key };
      try {
        const found = await this.head(list, signal);
        // One that is gone was removed by somebody who may.
        if (found !== undefined && found.size !== bytes) await this.restore(list, signal);
      } catch (error) {
        if (!hasEnded(signal)) this.log.notRepaired(list, error);
      }
    }
  }

  /**
   * For a writer that put a file and then found the name recorded by another: writes what is recorded, unless that is what
   * it wrote. Failures are told to the log.
   */
  async afterLostRace(written: Omit<ObjectListRecorded['data'], 'at'>): Promise<void> {
    try {
      await this.restore(written, AbortSignal.timeout(RESTORE_MS), written.sha256);
    } catch (error) {
      this.log.notRepaired(written, error);
    }
  }

  private async restore(
    { syncTaskId, kind, key }: Pick<ObjectListRecorded['data'], 'syncTaskId' | 'kind' | 'key'>,
    signal: AbortSignal,
    presentSha256?: string,
  ): Promise<void> {
    const { events } = await this.events.read<ObjectListRecorded>(syncTaskListsStream(syncTaskId));
    const records = events.map(({ data }) => data).filter((record) => record.kind === kind);
    const index = records.findIndex((record) => record.key === key);
    const record = records[index];
    if (record === undefined || record.sha256 === presentSha256) return;
    const body = await renderList(this.events, record, records[index - 1]);
    if (!matchesRecord(body, record)) throw new Error(`The log does not give ${key} again`);
    await this.withDestination(syncTaskId, (destination) => putList(destination, key, body, signal));
    this.log.repaired({ syncTaskId, kind, key });
  }

  private async head(
    { syncTaskId, key }: { syncTaskId: string; key: string },
    signal: AbortSignal,
  ): Promise<ObjectInfo | undefined> {
    return this.withDestination(syncTaskId, (destination) => destination.head(key, signal)).catch((error: unknown) => {
      if (error instanceof StoreError && error.kind === 'not-found') return undefined;
      throw error;
    });
  }

  private async withDestination<T>(
    syncTaskId: string,
    work: (destination: DestinationStore) => Promise<T>,
  ): Promise<T> {
    const { state: task } = await this.commands.load(syncTaskDecider, syncTaskStream(syncTaskId));
    if (task.status === 'absent') throw new Error(`There is no synchronization task ${syncTaskId}`);
    return this.stores.use(task, ({ destination }) => work(destination));
  }
}

import type { CommandBus } from '@nestjs/cqrs';
import type { CommandRunner } from '../event-store/command-runner.js';
import type { Clock } from '../kernel/clock.js';
import { hasEnded } from '../kernel/has-ended.js';
import { wait } from '../kernel/retry.js';
import type { ProjectionHost } from '../projections/projection-host.js';
import type { ReadStore } from '../read-store/read-store.js';
import { RecordObjectList } from '../sync-tasks/object-list.commands.js';
import { objectListDecider } from '../sync-tasks/object-list.decider.js';
import { LIST_DIRECTORIES, syncTaskListsStream, type ObjectListKind } from '../sync-tasks/object-list.events.js';
import { objectListKey } from '../sync-tasks/object-list-lines.js';
import type { ListLineRow, PendingListRow } from '../sync-tasks/object-list.projection.js';
import { syncTaskDecider } from '../sync-tasks/sync-task.decider.js';
import { syncTaskStream } from '../sync-tasks/sync-task.events.js';
import type { Executed } from '../sync-tasks/sync-tasks.handlers.js';
import { cutList, MAX_FILE_BYTES, putList, sha256, type ListCut } from './object-list-file.js';
import type { ObjectListRepair } from './object-list-repair.js';
import type { TaskStorePool } from './task-stores.js';

const TICK_MS = 500;
/** How long a list whose file could not be written rests before the next try. */
const REST_MS = 30_000;
const VIEWS_TIMEOUT_MS = 10_000;

export interface ListWriterOptions {
  readonly flushIntervalMs: number;
  readonly maxLines: number;
}

export interface ListWriterLog {
  written(list: { syncTaskId: string; kind: ObjectListKind; key: string; lines: number }): void;
  /** The lines stay pending and are tried again. */
  failed(list: { syncTaskId: string; kind: ObjectListKind }, error: unknown): void;
}

/**
 * Writes the pending lines of the object lists into files in the destination buckets, and records each file. Made for one
 * process at a time; of two that write all the same the one that records first is right, and the other puts its file right.
 */
export class ObjectListWriter {
  private readonly restingUntil = new Map<string, number>();
  private readonly busy = new Map<string, Promise<void>>();

  constructor(
    private readonly commands: CommandRunner,
    private readonly bus: CommandBus,
    private readonly projections: ProjectionHost,
    private readonly views: ReadStore,
    private readonly stores: TaskStorePool,
    private readonly repair: ObjectListRepair,
    private readonly clock: Clock,
    private readonly options: ListWriterOptions,
    private readonly log: ListWriterLog,
  ) {}

  /** Writes whatever is due until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      for (const { task_id, kind } of this.due()) await this.tryFlush(task_id, kind, signal);
      await wait(Math.min(TICK_MS, this.options.flushIntervalMs), signal).catch(() => undefined);
    }
  }

  /** Writes all pending lines of a task, or of every task, now. Failures are told to the log and leave lines pending. */
  async flush(signal: AbortSignal, syncTaskId?: string): Promise<void> {
    for (const { task_id, kind } of this.pending(syncTaskId)) await this.tryFlush(task_id, kind, signal);
  }

  private due(): readonly PendingListRow[] {
    const now = this.clock.now().getTime();
    return this.pending().filter(
      ({ task_id, kind, lines, since_ms }) =>
        (lines >= this.options.maxLines || since_ms + this.options.flushIntervalMs <= now) &&
        (this.restingUntil.get(`${task_id} ${kind}`) ?? 0) <= now,
    );
  }

  /**
   * What waits of one task, or of every task there is. Lines of a deleted task cannot be written once its keys are forgotten:
   * they are asked for by name while it is wound up, and never again.
   */
  private pending(syncTaskId?: string): readonly PendingListRow[] {
    if (syncTaskId !== undefined)
      return this.views.all<PendingListRow>(
        'SELECT * FROM pending_object_lists WHERE lines > 0 AND task_id = ?',
        syncTaskId,
      );
    return this.views.all<PendingListRow>(
      'SELECT pending.* FROM pending_object_lists pending JOIN sync_tasks ON sync_tasks.id = task_id WHERE lines > 0',
    );
  }

  /** One at a time for each list: the next one finds recorded what this one wrote. */
  private async tryFlush(syncTaskId: string, kind: ObjectListKind, signal: AbortSignal): Promise<void> {
    const id = `${syncTaskId} ${kind}`;
    for (let before = this.busy.get(id); before !== undefined; before = this.busy.get(id)) await before;
    const flushing = this.flushList(syncTaskId, kind, signal).finally(() => this.busy.delete(id));
    this.busy.set(id, flushing);
    await flushing;
  }

  private async flushList(syncTaskId: string, kind: ObjectListKind, signal: AbortSignal): Promise<void> {
    if (hasEnded(signal)) return;
    const id = `${syncTaskId} ${kind}`;
    try {
      while (await this.writeFile(syncTaskId, kind, signal)) signal.throwIfAborted();
      this.restingUntil.delete(id);
    } catch (error) {
      if (hasEnded(signal)) return;
      this.restingUntil.set(id, this.clock.now().getTime() + Math.max(REST_MS, this.options.flushIntervalMs));
      this.log.failed({ syncTaskId, kind }, error);
    }
  }

  /** Writes one file. True when it was filled to its bound, so that there may be more. */
  private async writeFile(syncTaskId: string, kind: ObjectListKind, signal: AbortSignal): Promise<boolean> {
    const stream = syncTaskListsStream(syncTaskId);
    const { state: recorded } = await this.commands.load(objectListDecider, stream);
    // What is recorded never changes, also while the view still shows its lines.
    const cut = this.cut(syncTaskId, kind, recorded[kind] ?? -1n);
    if (cut === undefined) return false;
    const key = objectListKey(syncTaskId, kind, cut.from, cut.at);
    const { state: task } = await this.commands.load(syncTaskDecider, syncTaskStream(syncTaskId));
    if (task.status === 'absent') throw new Error(`There is no synchronization task ${syncTaskId}`);
    await this.stores.use(task, ({ destination }) => putList(destination, key, cut.body, signal));
    const position = await this.record(syncTaskId, kind, key, cut);
    if (position !== undefined) await this.projections.passed(stream, position, VIEWS_TIMEOUT_MS, signal);
    return cut.lines >= this.options.maxLines || cut.body.length >= MAX_FILE_BYTES;
  }

  /** Records a file that is in its place, or finds that another writer was first. Answers the position of the record. */
  private async record(
    syncTaskId: string,
    kind: ObjectListKind,
    key: string,
    cut: ListCut,
  ): Promise<bigint | undefined> {
    const list = {
      ...{ syncTaskId, kind, key, lines: cut.lines },
      ...{ fromPosition: String(cut.from), toPosition: String(cut.to) },
      ...{ bytes: cut.body.length, sha256: sha256(cut.body) },
    };
    const correlationId = `${syncTaskId}/${LIST_DIRECTORIES[kind]}/${cut.from}`;
    const { changed, position } = await this.bus.execute<RecordObjectList, Executed>(
      new RecordObjectList(list, { correlationId, actor: 'worker' }),
    );
    if (changed) this.log.written({ syncTaskId, kind, key, lines: cut.lines });
    else await this.repair.afterLostRace(list);
    return position;
  }

  private cut(syncTaskId: string, kind: ObjectListKind, after: bigint): ListCut | undefined {
    const rows = this.views.iterate<ListLineRow>(
      `SELECT position, at, text FROM object_list_lines WHERE task_id = ? AND kind = ? AND position > ?
       ORDER BY position, seq`,
      syncTaskId,
      kind,
      Number(after),
    );
    return cutList(rows, this.options.maxLines);
  }
}

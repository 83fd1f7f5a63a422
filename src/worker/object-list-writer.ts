import { createHash } from 'node:crypto';
import type { CommandBus } from '@nestjs/cqrs';
import type { CommandRunner } from '../event-store/command-runner.js';
import type { Clock } from '../kernel/clock.js';
import { hasEnded } from '../kernel/has-ended.js';
import { wait } from '../kernel/retry.js';
import type { DestinationStore } from '../object-store/object-store.port.js';
import type { ProjectionHost } from '../projections/projection-host.js';
import type { ReadStore } from '../read-store/read-store.js';
import { RecordObjectList } from '../sync-tasks/object-list.commands.js';
import { objectListDecider } from '../sync-tasks/object-list.decider.js';
import { LIST_DIRECTORIES, syncTaskListsStream, type ObjectListKind } from '../sync-tasks/object-list.events.js';
import { objectListKey } from '../sync-tasks/object-list-lines.js';
import type { ListLineRow, PendingListRow } from '../sync-tasks/object-list.projection.js';
import { syncTaskDecider } from '../sync-tasks/sync-task.decider.js';
import { syncTaskStream } from '../sync-tasks/sync-task.events.js';
import type { TaskStorePool } from './task-stores.js';

/** A file is cut before it grows beyond this, whatever its number of lines: it is held in memory while it is written. */
const MAX_FILE_BYTES = 16 * 1024 * 1024;
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

/** The lines of one file, and the events it covers. */
export interface ListCut {
  readonly from: bigint;
  readonly to: bigint;
  /** When the first event it covers happened. */
  readonly at: string;
  readonly lines: number;
  readonly body: Buffer;
}

/**
 * Cuts lines into a file at the border of an event, so that a file covers whole events. Undefined when there are none.
 * `rows` come in the order of position.
 */
export function cutList(rows: Iterable<ListLineRow>, maxLines: number): ListCut | undefined {
  const texts: string[] = [];
  let lines = 0;
  let bytes = 0;
  let first: ListLineRow | undefined;
  let last: ListLineRow | undefined;
  for (const row of rows) {
    const full = lines >= maxLines || bytes >= MAX_FILE_BYTES;
    if (full && row.position !== last?.position) break;
    first ??= row;
    last = row;
    texts.push(row.text, '\n');
    lines++;
    bytes += Buffer.byteLength(row.text) + 1;
  }
  if (first === undefined || last === undefined) return undefined;
  const body = Buffer.from(texts.join(''));
  return { from: BigInt(first.position), to: BigInt(last.position), at: first.at, lines, body };
}

export const sha256 = (body: Buffer): string => createHash('sha256').update(body).digest('hex');

/** Stores a list file; writing the same bytes under the same key again is harmless. */
export async function putList(store: DestinationStore, key: string, body: Buffer, signal: AbortSignal): Promise<void> {
  const md5 = createHash('md5').update(body).digest('hex');
  await store.put(key, body, { size: body.length, contentType: 'text/plain; charset=utf-8', md5 }, signal);
}

/** Writes the pending lines of the object lists into files in the destination buckets, and records each file. */
export class ObjectListWriter {
  private readonly restingUntil = new Map<string, number>();

  constructor(
    private readonly commands: CommandRunner,
    private readonly bus: CommandBus,
    private readonly projections: ProjectionHost,
    private readonly views: ReadStore,
    private readonly stores: TaskStorePool,
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

  private async tryFlush(syncTaskId: string, kind: ObjectListKind, signal: AbortSignal): Promise<void> {
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
    const { position } = await this.bus.execute<RecordObjectList, { position: bigint | undefined }>(
      new RecordObjectList(
        {
          syncTaskId,
          kind,
          key,
          fromPosition: String(cut.from),
          toPosition: String(cut.to),
          lines: cut.lines,
          bytes: cut.body.length,
          sha256: sha256(cut.body),
        },
        { correlationId: `${syncTaskId}/${LIST_DIRECTORIES[kind]}/${cut.from}`, actor: 'worker' },
      ),
    );
    this.log.written({ syncTaskId, kind, key, lines: cut.lines });
    if (position !== undefined) await this.projections.passed(stream, position, VIEWS_TIMEOUT_MS, signal);
    return cut.lines >= this.options.maxLines || cut.body.length >= MAX_FILE_BYTES;
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

import { EventStoreUnavailable, WrongRevision } from '../../event-store/event-store.port.js';
import { hasEnded } from '../../kernel/has-ended.js';
import type { Log } from '../../kernel/log.js';
import type { DestinationStore } from '../../object-store/object-store.port.js';
import {
  BeginGroupPlan,
  CompleteGroupPlan,
  FailGroupPlan,
  RecordGroupPlan,
} from '../../task-groups/task-group.commands.js';
import type { KnownTaskGroup } from '../../task-groups/task-group.state.js';
import type { GroupPiece, ListFileSettings, TaskSettings } from '../../tasks/task.settings.js';
import { ListFileError } from '../../transfer/migration/list-file-error.js';
import type { ListReading } from '../../transfer/migration/list-file-reader.js';
import { leftOut, savePrefixWithin } from '../../transfer/migration/object-selection.js';
import { blame } from '../../transfer/side-error.js';
import { SYSTEM_ERROR, TRF, trfOfError, type TaskFailure } from '../migration/trf.js';
import type { GroupCensus } from './group-census.js';
import { contextOf, type Execute } from './group-commands.js';
import { isPlanFile, planFile } from './group-files.js';
import type { GroupStores } from './group-stores.js';
import type { GroupTasks } from './group-tasks.js';
import { listRanges, type ListCursor, type ListRangeOptions } from './list-ranges.js';
import { disjointPrefixes, prefixParts, type PartBounds } from './prefix-parts.js';

/** A thousand ids a millisecond: that so many are taken in a row does not happen. */
const MINTS = 20;

interface PlannedPart {
  readonly piece: GroupPiece;
  readonly cursor: string;
}

/**
 * Splits groups into tasks. A part is recorded with the id of its task and the place where the next one begins, then its task is
 * made; whoever goes on after a crash makes the tasks that are missing and begins at that place. So no object is lost and none
 * is in two tasks, and tasks run while planning goes on.
 */
export class GroupPlanner {
  private readonly ranges: ListRangeOptions;

  constructor(
    private readonly census: GroupCensus,
    private readonly tasks: GroupTasks,
    private readonly execute: Execute,
    private readonly stores: GroupStores,
    private readonly mintTaskId: () => string,
    private readonly bounds: PartBounds,
    reading: ListReading,
    private readonly log: Log,
  ) {
    this.ranges = { lines: bounds.objects, reading };
  }

  /**
   * Splits what is left of a group. Resolves when that is done or has failed, and both is recorded, or when the group wants no
   * splitting (any more). Rejects with the reason of the signal, or when the event store is out of reach.
   */
  async plan(groupId: string, signal: AbortSignal): Promise<void> {
    await this.execute(new BeginGroupPlan(groupId, contextOf(groupId)));
    const { group } = await this.census.group(groupId);
    if (group.status !== 'planning') return;
    await this.tasks.createMissing(groupId, signal);
    try {
      await this.split(groupId, group, signal);
    } catch (error) {
      const failure = this.failureOf(groupId, group.settings, error, signal);
      if (failure === undefined) throw error;
      await this.fail(groupId, failure);
    }
  }

  private async split(groupId: string, group: KnownTaskGroup, signal: AbortSignal): Promise<void> {
    let chunk = group.chunks;
    for await (const { piece, cursor } of this.parts(groupId, group, signal)) {
      const part = { chunk: ++chunk, taskId: await this.freeTaskId(), piece, cursor };
      const { changed } = await this.execute(new RecordGroupPlan(groupId, part, contextOf(groupId)));
      if (!changed) return; // paused, deleted, or in other hands
      await this.tasks.create(groupId, part);
      signal.throwIfAborted();
    }
    if (chunk > 0) await this.execute(new CompleteGroupPlan(groupId, contextOf(groupId)));
    else await this.fail(groupId, emptyOf(group.settings));
  }

  private parts(groupId: string, group: KnownTaskGroup, signal: AbortSignal): AsyncIterable<PlannedPart> {
    const { listFile } = group.settings.source;
    return listFile === null ? this.listedParts(groupId, group, signal) : this.rangeParts(listFile, group, signal);
  }

  private async *listedParts(
    groupId: string,
    { settings, credentials, cursor, chunks }: KnownTaskGroup,
    signal: AbortSignal,
  ): AsyncGenerator<PlannedPart, void, undefined> {
    const destination = await this.stores.destination(settings, credentials);
    const source = await this.stores.source(settings, credentials).catch(async (error: unknown) => {
      await destination.close();
      throw error;
    });
    const after = cursor === undefined ? undefined : afterOf(cursor);
    const ownCopy = copiesWithin(settings, savePrefixWithin(source, destination, settings.destination.savePrefix));
    const wanted = (key: string): boolean => !isPlanFile(groupId, key) && !ownCopy(key);
    let chunk = chunks;
    try {
      for await (const part of prefixParts(source, settings.source.objectKeys, after, this.bounds, wanted, signal)) {
        const { objects, bytes, lastKey } = part;
        const key = planFile(groupId, ++chunk);
        await putManifest(destination, key, part.manifest, signal);
        yield { piece: { kind: 'manifest', key, objects, bytes }, cursor: JSON.stringify({ after: lastKey }) };
      }
    } finally {
      await Promise.all([source.close(), destination.close()]);
    }
  }

  private async *rangeParts(
    listFile: ListFileSettings,
    { settings, credentials, cursor }: KnownTaskGroup,
    signal: AbortSignal,
  ): AsyncGenerator<PlannedPart, void, undefined> {
    const lists = await this.stores.lists(settings, listFile, credentials);
    const from = cursor === undefined ? undefined : (JSON.parse(cursor) as ListCursor);
    try {
      for await (const piece of listRanges(lists, listFile.key, from, this.ranges, signal)) {
        const next: ListCursor = { key: piece.key, etag: piece.etag, offset: piece.end };
        yield { piece, cursor: JSON.stringify(next) };
      }
    } finally {
      await lists.close();
    }
  }

  /** Ids are minted from the time: rarely, one is taken already. */
  private async freeTaskId(): Promise<string> {
    for (let mints = 0; mints < MINTS; mints++) {
      const taskId = this.mintTaskId();
      if (await this.census.isFree(taskId)) return taskId;
    }
    throw new Error(`${MINTS} task ids in a row were taken`);
  }

  private async fail(groupId: string, { code, message }: TaskFailure): Promise<void> {
    await this.execute(new FailGroupPlan(groupId, code, message, contextOf(groupId)));
  }

  /** Undefined for what is no failure of the group: the end of this work, or an event store that is out of reach. */
  private failureOf(
    groupId: string,
    { taskType }: TaskSettings,
    error: unknown,
    signal: AbortSignal,
  ): TaskFailure | undefined {
    if (hasEnded(signal)) return undefined;
    const failure = trfOfError(error, taskType);
    if (failure !== undefined) return failure;
    if (isOutage(error)) return undefined;
    this.log.error({ err: error, groupId }, 'a task group could not be split');
    return SYSTEM_ERROR;
  }
}

/** What a group without any object fails with. */
function emptyOf({ taskType, source }: TaskSettings): TaskFailure {
  const listed = source.listFile === null ? undefined : new ListFileError('empty', source.listFile.key);
  const message = 'There is no object under the prefixes of the task group';
  return trfOfError(listed, taskType) ?? { code: TRF.NOTHING_TO_MIGRATE, message };
}

const isOutage = (error: unknown): boolean => error instanceof EventStoreUnavailable || error instanceof WrongRevision;

/** In a group within one bucket: what the service itself writes there, copies of the group's own objects among it. */
function copiesWithin({ source }: TaskSettings, savePrefix: string | undefined): (key: string) => boolean {
  if (savePrefix === undefined) return () => false;
  const checks = disjointPrefixes(source.objectKeys).map((prefix) => ({ prefix, isOwn: leftOut(prefix, savePrefix) }));
  return (key) => checks.some(({ prefix, isOwn }) => key.startsWith(prefix) && isOwn(key));
}

const afterOf = (cursor: string): string => (JSON.parse(cursor) as { readonly after: string }).after;

async function putManifest(store: DestinationStore, key: string, body: Buffer, signal: AbortSignal): Promise<void> {
  try {
    await store.put(key, body, { size: body.length, contentType: 'text/plain' }, signal);
  } catch (error) {
    throw blame('destination', error);
  }
}

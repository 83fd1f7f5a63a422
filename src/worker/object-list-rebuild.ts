import type { EventStore, RecordedEvent } from '../event-store/event-store.port.js';
import type { ObjectListRecorded } from '../sync-tasks/object-list.events.js';
import { listLinesOf } from '../sync-tasks/object-list-lines.js';
import { SYNC_EVENT_STREAMS, type SyncEventEvent } from '../sync-tasks/sync-event.events.js';
import { syncTaskStream } from '../sync-tasks/sync-task.events.js';
import { sha256 } from './object-list-file.js';

/**
 * Renders the bytes of a recorded list file from the log alone: what its writer wrote, or something is wrong. `previous` is the
 * file of the same kind before it, undefined for the first.
 */
export async function renderList(
  events: EventStore,
  list: ObjectListRecorded['data'],
  previous: ObjectListRecorded['data'] | undefined,
): Promise<Buffer> {
  const to = BigInt(list.toPosition);
  const after = previous === undefined ? await firstOf(events, list.syncTaskId) : BigInt(previous.toPosition);
  const lines: string[] = [];
  for await (const event of events.readAll(after, [SYNC_EVENT_STREAMS])) {
    if (event.position > to) break;
    const recorded = event as RecordedEvent<SyncEventEvent>;
    if (recorded.data.syncTaskId !== list.syncTaskId) continue;
    for (const { kind, text } of listLinesOf(recorded)) if (kind === list.kind) lines.push(text, '\n');
  }
  return Buffer.from(lines.join(''));
}

/** Reading begins behind an event that is there: not every store can read on from a position between two events. */
async function firstOf(events: EventStore, syncTaskId: string): Promise<bigint | undefined> {
  return (await events.read(syncTaskStream(syncTaskId))).events[0]?.position;
}

/** True when the rendered bytes are those the record vouches for. */
export const matchesRecord = (body: Buffer, list: ObjectListRecorded['data']): boolean =>
  body.length === list.bytes && sha256(body) === list.sha256;

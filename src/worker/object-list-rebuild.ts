import type { EventStore, RecordedEvent } from '../event-store/event-store.port.js';
import type { ObjectListRecorded } from '../sync-tasks/object-list.events.js';
import { listLinesOf } from '../sync-tasks/object-list-lines.js';
import { SYNC_EVENT_STREAMS, type SyncEventEvent } from '../sync-tasks/sync-event.events.js';
import { sha256 } from './object-list-writer.js';

/** Renders the bytes of a recorded list file from the log alone: what its writer wrote, or something is wrong. */
export async function renderList(events: EventStore, list: ObjectListRecorded['data']): Promise<Buffer> {
  const to = BigInt(list.toPosition);
  const lines: string[] = [];
  for await (const event of events.readAll(BigInt(list.fromPosition) - 1n, [SYNC_EVENT_STREAMS])) {
    if (event.position > to) break;
    const recorded = event as RecordedEvent<SyncEventEvent>;
    if (recorded.data.syncTaskId !== list.syncTaskId) continue;
    for (const { kind, text } of listLinesOf(recorded)) if (kind === list.kind) lines.push(text, '\n');
  }
  return Buffer.from(lines.join(''));
}

/** True when the rendered bytes are those the record vouches for. */
export const matchesRecord = (body: Buffer, list: ObjectListRecorded['data']): boolean =>
  body.length === list.bytes && sha256(body) === list.sha256;

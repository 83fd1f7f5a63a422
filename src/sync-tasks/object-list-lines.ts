import type { RecordedEvent } from '../event-store/event-store.port.js';
import { LIST_DIRECTORIES, type ObjectListKind } from './object-list.events.js';
import type { ObjectOutcome, SyncEventEvent } from './sync-event.events.js';

export interface ObjectListLine {
  readonly kind: ObjectListKind;
  /** Without its line end. */
  readonly text: string;
}

/** Fields are separated by tabs and lines by line feeds, so neither may stand inside one. */
const escaped = (field: string): string =>
  field.replace(/[\\\t\n]/g, (character) => (character === '\\' ? '\\\\' : character === '\t' ? '\\t' : '\\n'));

const outcomeLine = (object: ObjectOutcome, at: string): ObjectListLine => {
  switch (object.outcome) {
    case 'synced':
    case 'ignored':
      return { kind: object.outcome, text: `${at}\t${escaped(object.key)}\t${object.size}` };
    case 'failed': {
      const fields = [
        at,
        encodeURIComponent(object.key),
        escaped(object.key),
        escaped(object.code),
        escaped(object.cause),
      ];
      return { kind: object.notStarted ? 'creationFailed' : 'failed', text: fields.join('\t') };
    }
  }
};

/** The list lines that an event gives, in the order of its keys. Pure: the same event always gives the same bytes. */
export function listLinesOf(event: RecordedEvent<SyncEventEvent>): readonly ObjectListLine[] {
  if (event.type === 'SyncEventCreated')
    return event.data.keys.map((key) => ({ kind: 'requested', text: encodeURIComponent(key) }));
  return event.data.outcomes.map((object) => outcomeLine(object, event.data.at));
}

const stamp = (at: string): string => at.replace(/\D/g, '');

/** Where the list that begins with the event at `position` and time `at` (ISO 8601, milliseconds, UTC) is written. */
export const objectListKey = (syncTaskId: string, kind: ObjectListKind, position: bigint, at: string): string =>
  `oms/sync_task/${syncTaskId}/${LIST_DIRECTORIES[kind]}/oms-task-sync-${stamp(at)}_${position}.txt`;

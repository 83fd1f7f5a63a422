import { describeProjection, type Given } from '../../test/support/projection-spec.js';
import type { ObjectListRecorded } from './object-list.events.js';
import { objectListProjection } from './object-list.projection.js';
import type { SyncEventEvent } from './sync-event.events.js';

const given = describeProjection(objectListProjection);
const at = '2026-01-15T08:09:10.000Z';
const later = '2026-01-15T08:10:00.000Z';
type ListEvent = SyncEventEvent | ObjectListRecorded;

const created = (id: string, keys: string[], when = at): Given<ListEvent> => ({
  stream: `syncEvent-${id}`,
  event: { type: 'SyncEventCreated', data: { syncTaskId: 't', keys, at: when } },
});
const settled = (id: string, key: string): Given<ListEvent> => ({
  stream: `syncEvent-${id}`,
  event: {
    type: 'SyncEventSettled',
    data: { syncTaskId: 't', outcomes: [{ key, outcome: 'synced', size: 1, proof: 'md5' }], at },
  },
});
const recordedList = (from: number, to: number, lines: number): Given<ListEvent> => ({
  stream: 'syncTaskLists-t',
  event: {
    type: 'ObjectListRecorded',
    data: {
      syncTaskId: 't',
      kind: 'requested',
      key: 'k',
      fromPosition: String(from),
      toPosition: String(to),
      lines,
      bytes: 9,
      sha256: 'ab',
      at: later,
    },
  },
});

const PENDING = 'SELECT kind, lines, since_ms FROM pending_object_lists ORDER BY kind';
const LINES = 'SELECT kind, position, text FROM object_list_lines ORDER BY kind, position, seq';

describe('the object-list view', () => {
  it('keeps the lines that no file holds, and since when they wait', () => {
    given(created('a', ['x', 'y']), created('b', ['z'], later), settled('a', 'x')).then(PENDING, [
      { kind: 'requested', lines: 3, since_ms: Date.parse(at) },
      { kind: 'synced', lines: 1, since_ms: Date.parse(at) },
    ]);
  });

  it('drops the lines that a recorded file holds, and only those', () => {
    const events = [created('a', ['x', 'y']), created('b', ['z']), recordedList(1, 1, 2)];
    given(...events).then(LINES, [{ kind: 'requested', position: 2, text: 'z' }]);
    given(...events).then(PENDING, [{ kind: 'requested', lines: 1, since_ms: Date.parse(later) }]);
    given(...events).then('SELECT key, lines, from_position, to_position FROM object_list_files', [
      { key: 'k', lines: 2, from_position: 1, to_position: 1 },
    ]);
  });

  it('has nothing pending once all is in files', () => {
    given(created('a', ['x', 'y']), recordedList(1, 1, 2)).then(PENDING, [
      { kind: 'requested', lines: 0, since_ms: Date.parse(later) },
    ]);
  });

  it('counts right when the events of a recorded file have expired', () => {
    given(recordedList(-5, -4, 2), created('b', ['z'])).then(PENDING, [
      { kind: 'requested', lines: 1, since_ms: Date.parse(at) },
    ]);
  });
});

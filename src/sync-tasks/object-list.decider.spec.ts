import { specFor } from '../../test/support/decider-spec.js';
import { RecordObjectList } from './object-list.commands.js';
import { objectListDecider } from './object-list.decider.js';
import type { ObjectListKind, ObjectListRecorded } from './object-list.events.js';

const at = '2026-01-15T08:09:10.000Z';
const given = specFor(objectListDecider, at);
const context = { correlationId: 'r1', actor: 'worker' };
const list = (kind: ObjectListKind, from: number, to: number) => ({
  syncTaskId: 't',
  kind,
  key: `oms/${from}`,
  fromPosition: String(from),
  toPosition: String(to),
  lines: 2,
  bytes: 20,
  sha256: 'ab',
});
const recorded = (kind: ObjectListKind, from: number, to: number): ObjectListRecorded => ({
  type: 'ObjectListRecorded',
  data: { ...list(kind, from, to), at },
});
const record = (kind: ObjectListKind, from: number, to: number) => new RecordObjectList(list(kind, from, to), context);

describe('the object lists of a task', () => {
  it('record a first file', () =>
    given()
      .when(record('synced', 3, 9))
      .then(recorded('synced', 3, 9)));
  it('record the file that follows', () =>
    given(recorded('synced', 3, 9))
      .when(record('synced', 10, 12))
      .then(recorded('synced', 10, 12)));
  it('never record lines twice', () =>
    given(recorded('synced', 3, 9))
      .when(record('synced', 9, 12))
      .thenNothing());
  it('keep the kinds apart', () =>
    given(recorded('synced', 3, 9))
      .when(record('failed', 5, 6))
      .then(recorded('failed', 5, 6)));
  it('compare positions as numbers', () =>
    given(recorded('synced', 3, 9))
      .when(record('synced', 1000, 1001))
      .then(recorded('synced', 1000, 1001)));
});

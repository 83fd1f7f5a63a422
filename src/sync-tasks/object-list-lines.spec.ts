import { listLinesOf, objectListKey } from './object-list-lines.js';
import type { ObjectOutcome, SyncEventEvent } from './sync-event.events.js';

const at = '2026-01-15T08:09:10.123Z';
const recorded = <E extends SyncEventEvent>(event: E) => ({
  ...event,
  id: 'i',
  stream: 'syncEvent-e',
  revision: 0n,
  position: 7n,
  metadata: { correlationId: 'c', actor: 'a', schemaVersion: 1 },
});
const settled = (...outcomes: ObjectOutcome[]) =>
  listLinesOf(recorded({ type: 'SyncEventSettled', data: { syncTaskId: 't', outcomes, at } }));

describe('list lines', () => {
  it('name requested objects URL-encoded', () => {
    const lines = listLinesOf(
      recorded({ type: 'SyncEventCreated', data: { syncTaskId: 't', keys: ['dir/a b.txt', '测/😀'], at } }),
    );
    expect(lines).toEqual([
      { kind: 'requested', text: 'dir%2Fa%20b.txt' },
      { kind: 'requested', text: '%E6%B5%8B%2F%F0%9F%98%80' },
    ]);
  });

  it('give time, plain name and size of what was synchronized or ignored', () => {
    expect(settled({ key: 'a b', outcome: 'synced', size: 5, proof: 'md5' })).toEqual([
      { kind: 'synced', text: `${at}\ta b\t5` },
    ]);
    expect(settled({ key: 'c', outcome: 'ignored', size: 0, reason: 'UP_TO_DATE' })).toEqual([
      { kind: 'ignored', text: `${at}\tc\t0` },
    ]);
  });

  it('give both names, code and cause of what failed', () => {
    const failed = {
      key: 'a/b',
      outcome: 'failed',
      reason: 'SOURCE_NOT_FOUND',
      code: 'NoSuchKey',
      cause: 'gone',
    } as const;
    expect(settled(failed)).toEqual([{ kind: 'failed', text: `${at}\ta%2Fb\ta/b\tNoSuchKey\tgone` }]);
  });

  it('keep what could not start apart', () => {
    const failed = { key: 'a', outcome: 'failed', reason: 'X', code: 'Y', cause: 'z', notStarted: true } as const;
    expect(settled(failed)).toEqual([{ kind: 'creationFailed', text: `${at}\ta\ta\tY\tz` }]);
  });

  it('escape what would break a line or a column', () => {
    expect(settled({ key: 'a\tb\nc\\d', outcome: 'synced', size: 1, proof: 'md5' })).toEqual([
      { kind: 'synced', text: `${at}\ta\\tb\\nc\\\\d\t1` },
    ]);
  });
});

describe('a list file', () => {
  it('is named by the first event it covers', () => {
    expect(objectListKey('t1', 'creationFailed', 596n, at)).toBe(
      'oms/sync_task/t1/failed_object_lists/creation_failures/oms-task-sync-20260115080910123_596.txt',
    );
  });
});

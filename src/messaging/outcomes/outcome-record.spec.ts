import { readFileSync } from 'node:fs';
import { readSyncOutcome } from '../../../test/support/public-messages.js';
import type { ObjectOutcome, SyncEventSettled } from '../../sync-tasks/sync-event.events.js';
import { MAX_RECORD_BYTES, outcomeRecord } from './outcome-record.js';

const at = '2030-01-01T00:00:01.500Z';
const settled = (...outcomes: ObjectOutcome[]) => ({
  stream: 'syncEvent-event-1',
  data: { syncTaskId: 'task-1', outcomes, at } satisfies SyncEventSettled['data'],
});
const failed = (more: Partial<Extract<ObjectOutcome, { outcome: 'failed' }>> = {}): ObjectOutcome => ({
  ...{ key: 'é/c d', outcome: 'failed', reason: 'SOURCE_NOT_FOUND', code: 'NoSuchKey', cause: 'not there' },
  ...more,
});
const all = settled(
  { key: 'a', outcome: 'synced', size: 0, proof: 'md5' },
  { key: 'b', outcome: 'ignored', size: 2 ** 45, reason: 'UP_TO_DATE' },
  failed({ size: 7, notStarted: true }),
);
const SEEN = {
  sync_event_id: 'event-1',
  sync_task_id: 'task-1',
  project_id: 'project-1',
  settled_at: '2030-01-01T00:00:01.500Z',
  outcomes: [
    { object_key: 'a', result: 'OBJECT_RESULT_SYNCED', size_bytes: '0', proof: 'md5' },
    { object_key: 'b', result: 'OBJECT_RESULT_IGNORED', size_bytes: '35184372088832', reason: 'UP_TO_DATE' },
    {
      ...{ object_key: 'é/c d', result: 'OBJECT_RESULT_FAILED', size_bytes: '7', reason: 'SOURCE_NOT_FOUND' },
      ...{ code: 'NoSuchKey', cause: 'not there', side: 'STORE_SIDE_SOURCE', not_started: true },
    },
  ],
};

describe('the record of a settled sync event', () => {
  it.each([
    ['protobuf', 'application/x-protobuf'],
    ['json', 'application/json'],
  ] as const)('says all there is, as %s', (format, contentType) => {
    const { key, headers, value } = outcomeRecord(all, 'project-1', format);
    expect({ key, headers }).toEqual({
      key: 'task-1',
      headers: {
        'content-type': contentType,
        'message-type': 'openoms.v1.SyncOutcome',
        'sync-event-id': 'event-1',
      },
    });
    expect(readSyncOutcome(value, format)).toEqual(SEEN);
    if (format === 'json') expect(JSON.parse(value.toString())).toEqual(SEEN);
  });

  it('can be made of the stored events of the first version', () => {
    const file = new URL('../../../test/fixtures/events/SyncEventSettled.v1.json', import.meta.url);
    const { data } = JSON.parse(readFileSync(file, 'utf8')) as SyncEventSettled;
    const { value } = outcomeRecord({ stream: 'syncEvent-e', data }, 'p', 'protobuf');
    const seen = readSyncOutcome(value, 'protobuf') as { outcomes: { object_key: string }[] };
    expect(seen.outcomes.map((outcome) => outcome.object_key)).toEqual(data.outcomes.map(({ key }) => key));
  });

  it.each([
    ['DESTINATION_DENIED', 'STORE_SIDE_DESTINATION'],
    ['INTERNAL_ERROR', undefined],
  ])('tells the side of %s', (reason, side) => {
    const { value } = outcomeRecord(settled(failed({ reason })), 'p', 'protobuf');
    expect(readSyncOutcome(value, 'protobuf')).toMatchObject({ outcomes: [{ reason }] });
    const [outcome] = (readSyncOutcome(value, 'protobuf') as { outcomes: { side?: string }[] }).outcomes;
    expect(outcome?.side).toBe(side);
  });

  it.each(['protobuf', 'json'] as const)('can be written as %s though a text was cut in a character', (format) => {
    const { value } = outcomeRecord(settled(failed({ cause: 'broken \ud83c' })), 'p', format);
    expect(readSyncOutcome(value, format)).toMatchObject({ outcomes: [{ cause: 'broken \uFFFD' }] });
  });

  it.each(['protobuf', 'json'] as const)(
    'stays within what brokers take, as %s, whatever the stores said',
    (format) => {
      const worst = Array.from({ length: 100 }, () =>
        failed({ key: '\u0001'.repeat(1024), code: '\u0001'.repeat(5000), cause: '\u0001'.repeat(5000) }),
      );
      const { value } = outcomeRecord(settled(...worst), 'p', format);
      expect(value.length).toBeLessThanOrEqual(MAX_RECORD_BYTES);
      expect(readSyncOutcome(value, format)).toMatchObject({ outcomes: worst.map(({ key }) => ({ object_key: key })) });
    },
  );
});

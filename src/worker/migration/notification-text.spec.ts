import { taskSettings } from '../../../test/support/migration-task.js';
import { durationText, messageOf, sizeText, type EndedRun } from './notification-text.js';

const run: EndedRun = {
  name: 'photos',
  succeeded: true,
  failure: undefined,
  settings: {
    ...taskSettings,
    source: { ...taskSettings.source, listFile: { bucket: 'lists', key: 'a.txt' } },
  },
  startedAt: '2030-01-01T00:00:00.000Z',
  endedAt: '2030-01-01T01:01:40.000Z',
  transferredBytes: 3_879_731_200,
  succeededNum: 3,
  skippedNum: 2,
  failedNum: 1,
  listsUnder: 'oms/task/7/',
};

describe('the message about the end of a run', () => {
  it('fills in all placeholders of a template and leaves other braces alone', () => {
    const names = [
      ...['Task_Status', 'Task_Name', 'Start_Time', 'Total_Time_Used', 'Transferred_Data', 'Average_Speed'],
      ...['Source_Bucket', 'Destination_Bucket', 'List_File_Bucket', 'List_File_Key'],
      ...['Success_object_list_path', 'Skip_object_list_path', 'Failed_object_list_path', 'Nothing'],
    ];
    const template = names.map((name) => `{${name}}`).join('|');
    expect(messageOf(run, 'en-us', template)).toEqual({
      subject: 'Migration task photos: Succeeded',
      message: [
        ...['Succeeded', 'photos', '2030-01-01T00:00:00.000Z', '01:01:40', '3.61 GiB', '1.00 MiB/s'],
        ...['from', 'to', 'lists', 'a.txt'],
        ...['success', 'skip', 'failed'].map((kind) => `oms/task/7/${kind}_object_lists/`),
        '{Nothing}',
      ].join('|'),
    });
  });

  it('has a text of its own in each language, with the reason of a failure', () => {
    const failed = { ...run, succeeded: false, failure: { code: 'TRF.0062', message: '1 object' } };
    const english = messageOf(failed, 'en-us').message.split('\n');
    expect(english).toContain('Objects: 3 succeeded, 2 skipped, 1 failed');
    expect(english.at(-1)).toBe('Failure: TRF.0062 1 object');
    const chinese = messageOf(failed, 'zh-cn');
    expect(chinese.subject).toBe('迁移任务 photos: 失败');
    expect(chinese.message.split('\n').at(-1)).toBe('失败原因: TRF.0062 1 object');
  });

  it('keeps its subject within 512 bytes, whole characters', () => {
    const { subject } = messageOf({ ...run, name: '名'.repeat(400) }, 'en-us');
    expect(Buffer.byteLength(subject)).toBeLessThanOrEqual(512);
    expect(subject).toMatch(/^Migration task 名+$/);
  });
});

describe('figures in messages', () => {
  it('have a unit that fits', () => {
    expect([0, 1023, 1024, 1_572_864].map(sizeText)).toEqual(['0 B', '1023 B', '1.00 KiB', '1.50 MiB']);
    expect([999, 61_000, 360_000_000].map(durationText)).toEqual(['00:00:00', '00:01:01', '100:00:00']);
  });
});

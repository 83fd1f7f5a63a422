import { taskSettings, taskTotals } from '../../../test/support/migration-task.js';
import { project } from '../../../test/support/projection-spec.js';
import {
  began,
  created,
  failed,
  logOf,
  msAt,
  notified,
  page,
  plain,
  progressed,
  scanned,
  started,
  taken,
} from '../../../test/support/task-log.js';
import type { TaskEvent } from '../task.events.js';
import { presentTask, progressOf } from './task.presenter.js';
import type { TaskSettings } from '../task.settings.js';
import { taskViewProjection } from '../task-view.projection.js';
import type { TaskRow } from '../task-view.row.js';

/** The task behind these events as the API shows it, so many seconds into its story. */
function shown(seconds: number, ...events: readonly TaskEvent[]) {
  const views = project(taskViewProjection, logOf(...events));
  try {
    const row = views.get<TaskRow>('SELECT * FROM tasks');
    if (row === undefined) throw new Error('there is a task');
    return presentTask(row, msAt(seconds));
  } finally {
    views.close();
  }
}
const running = [created(), taken(1), began(2)];
const withSettings = (settings: Partial<TaskSettings>) => created(0, { settings: { ...taskSettings, ...settings } });

it('shows a task of which nothing is done yet, with what is absent as in the reference', () =>
  expect(shown(5, created())).toEqual({
    ...{ id: 190000000000001, name: 'from-20260115080910', status: 1, task_type: 'prefix', description: '' },
    ...{ group_id: '', group_type: 'NORMAL_TASK', task_priority: 'MEDIUM', obs_system: 'BUCKET' },
    src_node: {
      ...{
        bucket: 'from',
        cloud_type: 'AWS',
        region: 'eu-west-1',
        app_id: '',
        object_key: ['photos/'],
        list_file: null,
      },
    },
    dst_node: { bucket: 'to', cloud_type: 'HuaweiCloud', region: 'cn-north-4', save_prefix: '' },
    ...{ enable_failed_object_recording: true, enable_kms: false, enable_metadata_migration: false },
    ...{ enable_restore: false, enable_requester_pays: false, migrate_since: 0, dst_storage_policy: 'STANDARD' },
    ...{ object_overwrite_mode: 'SIZE_LAST_MODIFIED_COMPARISON_OVERWRITE', consistency_check: 'size_last_modified' },
    ...{ bandwidth_policy: [], source_cdn: null, smn_info: null, error_reason: null },
    ...{
      total_num: 0,
      total_size: 0,
      complete_size: 0,
      real_size: 0,
      successful_num: 0,
      failed_num: 0,
      skipped_num: 0,
    },
    ...{ is_query_over: false, progress: 0, migrate_speed: 0, left_time: 0, start_time: 0, total_time: 0 },
    failed_object_record: { result: null, list_file_key: null, error_code: null },
    ...{ success_record_error_reason: '', skip_record_error_reason: '' },
  }));

it('shows settings and limits as they were given, times in milliseconds', () => {
  const settings: Partial<TaskSettings> = {
    source: {
      ...taskSettings.source,
      cloudType: 'Tencent',
      appId: '1250',
      objectKeys: [],
      listFile: { bucket: 'l', key: 'a.txt' },
    },
    ...{ migrateSinceMs: 5000, description: 'd', enableKms: true, requesterPays: true },
    cdn: { domain: 'd', protocol: 'HTTP', authenticationType: 'ALIYUN_OSS_A' },
  };
  const rule = { start: '00:00', end: '01:00', maxBytesPerSecond: 1_048_576 };
  const event = created(0, { settings: { ...taskSettings, ...settings }, bandwidthPolicy: [rule], priority: 'LOW' });
  expect(shown(1, event)).toMatchObject({
    src_node: { app_id: '1250', list_file: { list_file_key: 'a.txt', obs_bucket: 'l', list_file_num: '1' } },
    ...{ migrate_since: 5000, description: 'd', enable_kms: true, enable_requester_pays: true, task_priority: 'LOW' },
    source_cdn: { domain: 'd', protocol: 'HTTP', authentication_type: 'ALIYUN_OSS_A' },
    bandwidth_policy: [{ start: '00:00', end: '01:00', max_bandwidth: 1_048_576 }],
  });
});

it('does not say how many files a prefix has', () => {
  const source = { ...taskSettings.source, listFile: { bucket: 'l', key: 'lists/' } };
  expect(shown(1, withSettings({ source })).src_node.list_file?.list_file_num).toBeNull();
});

it('shows a task of a group as one', () =>
  expect(shown(1, created(0, { groupId: 'g' }))).toMatchObject({ group_id: 'g', group_type: 'GROUP_TASK' }));

describe('the figures', () => {
  it('of a running task have what is on its way, its speed and the time that is left', () =>
    expect(
      shown(4, ...running, scanned(2, 20), page(3, 1, { totals: taskTotals(3, 2, 1, 20) }), progressed(3, 10)),
    ).toMatchObject({
      ...{ total_num: 20, total_size: 200, is_query_over: true, successful_num: 3, skipped_num: 2, failed_num: 1 },
      ...{ real_size: 30, complete_size: 70, progress: 0.35, migrate_speed: 20, left_time: 6500 },
      ...{ start_time: msAt(1), total_time: 3000 },
    }));

  it('of a task that stands have no speed', () =>
    expect(
      shown(99, ...running, scanned(2, 20), page(3, 1, { totals: taskTotals(1, 0, 0, 20) }), plain('TaskPaused', 5)),
    ).toMatchObject({
      ...{ migrate_speed: 0, left_time: 0, total_time: 4000, progress: 0.05 },
    }));

  it('of one that ended well are complete, whatever there was', () => {
    expect(shown(9, ...running, scanned(2, 0), plain('TaskSucceeded', 5))).toMatchObject({ status: 5, progress: 1 });
  });

  it('of one that left something behind are not', () =>
    expect(shown(9, ...running, scanned(2, 1), page(3, 1, { totals: taskTotals(0, 0, 1) }), failed(4))).toMatchObject({
      ...{ status: 4, progress: 0.9999, complete_size: 10 },
      error_reason: { error_code: 'TRF.0062', error_msg: 'because' },
    }));

  it('do not let bytes on their way pass the total', () =>
    expect(
      shown(4, ...running, scanned(2, 2), page(3, 1, { totals: taskTotals(1, 0, 0, 2) }), progressed(3, 99)),
    ).toMatchObject({ complete_size: 20 }));

  it('count objects where they have no bytes', () => {
    expect([progressOf(0, 0, 1, 4, false), progressOf(0, 0, 0, 0, false)]).toEqual([0.25, 0]);
    expect(progressOf(0, 0, 4, 4, false)).toBe(0.9999);
  });
});

describe('the record of failed objects', () => {
  const part = (number: number) => page(number, number, { lists: ['failed'] });
  const folder = 'oms/task/190000000000001/failed_object_lists/';

  it('names the one file there is, or the folder of several', () => {
    const file = `${folder}oms-task-190000000000001-20260115080000001_2.txt`;
    const one = shown(9, ...running, page(1, 1), part(2)).failed_object_record;
    expect(one).toEqual({ result: true, list_file_key: file, error_code: null });
    expect(shown(9, ...running, part(1), part(2)).failed_object_record.list_file_key).toBe(folder);
  });

  it('is in the folder of the group', () => {
    const { list_file_key } = shown(
      9,
      created(0, { groupId: 'g' }),
      taken(1),
      began(2),
      part(1),
      part(2),
    ).failed_object_record;
    expect(list_file_key).toBe('oms/task_group/g/failed_object_lists/');
  });

  it('says that it could not be written, and so do those of the others', () => {
    const broken = page(3, 1, { listErrors: { failed: 'A', success: 'B', skip: 'C' } });
    expect(shown(9, ...running, broken)).toMatchObject({
      failed_object_record: { result: false, list_file_key: null, error_code: 'OMS.0307' },
      ...{ success_record_error_reason: 'B', skip_record_error_reason: 'C' },
    });
  });

  it('is empty again when the task begins anew', () =>
    expect(shown(9, ...running, part(1), failed(4), started(5, 'all', 2)).failed_object_record.result).toBeNull());
});

describe('the message about the end', () => {
  it('was sent', () =>
    expect(shown(9, ...running, plain('TaskSucceeded', 5), notified(6)).smn_info).toEqual({
      ...{ notify_result: true, notify_error_message: '', topic_name: '' },
    }));

  it('or could not be, to the topic that is named', () =>
    expect(shown(9, ...running, plain('TaskSucceeded', 5), notified(6, 'OMS.0156')).smn_info).toEqual({
      ...{ notify_result: false, notify_error_message: 'OMS.0156', topic_name: 'ended' },
    }));
});

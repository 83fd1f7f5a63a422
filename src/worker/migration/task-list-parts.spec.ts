import type { TaskSettings } from '../../tasks/task.settings.js';
import type { MigratedObject } from '../../transfer/migration/migration.js';
import { taskSettings } from '../../../test/support/migration-task.js';
import { listPartKey, listPartPrefix, listPartsOf, pageOfPart } from './task-list-parts.js';

const at = '2030-01-02T03:04:05.006Z';
const settings: TaskSettings = { ...taskSettings, consistencyCheck: 'crc64' };

const succeeded = (key: string, size: number): MigratedObject => ({ key, size, outcome: 'succeeded', proof: 'md5' });
const failed = (key: string, targetName?: string): MigratedObject => ({
  key,
  ...(targetName === undefined ? {} : { targetName }),
  size: 7,
  outcome: 'failed',
  failure: {
    outcome: 'failed',
    reason: 'SOURCE_DENIED',
    code: 'AccessDenied',
    cause: 'not\tyours',
    side: 'source',
  },
});

const textsOf = (objects: readonly MigratedObject[], of = settings) =>
  Object.fromEntries(Object.entries(listPartsOf(objects, of, at)).map(([kind, body]) => [kind, body.toString()]));

describe('the list parts of a page', () => {
  it('have one line for each object, in the order of the page, and no part for a kind without lines', () => {
    const skipped: MigratedObject = { key: 'c', size: 3, outcome: 'skipped', reason: 'UP_TO_DATE' };
    expect(textsOf([succeeded('b', 2), skipped, succeeded('a', 0)])).toEqual({
      success: `${at}\tb\t2\tcrc64\tmd5\n${at}\ta\t0\tcrc64\tmd5\n`,
      skip: `${at}\tc\t3\tcrc64\tUP_TO_DATE\n`,
    });
    expect(textsOf([])).toEqual({});
  });

  it('keep tabs, line feeds and backslashes out of plain names', () => {
    expect(textsOf([succeeded('a\tb\nc\\d é', 1)])).toEqual({
      success: `${at}\ta\\tb\\nc\\\\d é\t1\tcrc64\tmd5\n`,
    });
  });

  it('name what failed twice, once encoded, with the code of the store, the cause and that of the migration', () => {
    expect(textsOf([failed('a\tb/é +')])).toEqual({
      failed: `${at}\ta%09b%2F%C3%A9%20%2B\ta\\tb/é +\tAccessDenied\tnot\\tyours\tTRF.0152\n`,
    });
  });

  it('cope with a name that no store would take', () => {
    expect(textsOf([failed('x\ud800')]).failed?.split('\t')[1]).toBe('x%EF%BF%BD');
  });

  it('of URLs name the target, and those that failed by their URL too, so that the list is one of URLs again', () => {
    const urls: TaskSettings = { ...settings, taskType: 'url_list' };
    const copied: MigratedObject = { ...succeeded('http://h/a?b=c', 1), targetName: 'the a' };
    expect(textsOf([copied, failed('http://h/a?b=c', 'the a')], urls)).toEqual({
      success: `${at}\tthe a\t1\tcrc64\tmd5\n`,
      failed: `${at}\thttp://h/a?b=c\tthe%20a\tAccessDenied\tnot\\tyours\tTRF.0152\n`,
    });
  });
});

describe('the key of a list part', () => {
  const run = { taskId: '17', groupId: null, stamp: '20300102030405006' };

  it('names the task, its run and the page', () => {
    expect(listPartKey(run, 'success', 3)).toBe('oms/task/17/success_object_lists/oms-task-17-20300102030405006_3.txt');
    expect(listPartKey({ ...run, groupId: 'g' }, 'failed', 12)).toBe(
      'oms/task_group/g/failed_object_lists/oms-task-17-20300102030405006_12.txt',
    );
  });

  it('tells its page, and nothing for the part of another run, kind or task', () => {
    expect(pageOfPart(run, 'failed', listPartKey(run, 'failed', 40))).toBe(40);
    for (const key of [
      listPartKey(run, 'skip', 1),
      listPartKey({ ...run, stamp: '20300102030405007' }, 'failed', 1),
      `${listPartPrefix(run, 'failed')}1.txt.bak`,
      `${listPartPrefix(run, 'failed')}01.txt`,
    ])
      expect(pageOfPart(run, 'failed', key)).toBeUndefined();
  });
});

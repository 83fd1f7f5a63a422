import { NEW_KEYS, refusalOfBody } from '../../../test/support/task-bodies.js';
import { validateRequest } from '../../http/validation/validate-request.js';
import { BatchUpdateTasksDto, ListTasksQuery, StartTaskDto, TaskPath } from './task.dto.js';

describe('starting a task', () => {
  const start = (fields: object) => refusalOfBody(StartTaskDto, { ...NEW_KEYS, ...fields });

  it('needs the keys of the destination; those of the source are for its kind to say', () => {
    expect(start({ src_ak: undefined, src_sk: undefined })).toBeUndefined();
    for (const field of ['dst_ak', 'dst_sk']) {
      expect(start({ [field]: undefined })).toBe(`${field} OMS.1004`);
      for (const wrong of ['', 'x'.repeat(101), 7]) expect(start({ [field]: wrong })).toBe(`${field} OMS.0001`);
    }
  });

  it.each([
    ['src_ak', 100],
    ['src_sk', 100],
    ['src_security_token', 16_384],
    ['dst_security_token', 16_384],
    ['source_cdn_authentication_key', 255],
  ])('takes %s up to %i characters', (field, max) => {
    expect([start({ [field]: '' }), start({ [field]: 'x'.repeat(max) })]).toEqual([undefined, undefined]);
    for (const wrong of ['x'.repeat(max + 1), 7]) expect(start({ [field]: wrong })).toBe(`${field} OMS.0001`);
  });

  it('goes through all objects unless told otherwise', () => {
    expect(validateRequest(StartTaskDto, NEW_KEYS).migrate_failed_object).toBe(false);
    for (const wrong of ['true', 1])
      expect(start({ migrate_failed_object: wrong })).toBe('migrate_failed_object OMS.0001');
  });

  it.each(['json_auth_file', 'connection_string', 'src_kms_key_id', 'dst_kms_key_id', 'source_cdn_kms_key_id'])(
    'refuses %s',
    (field) => expect(start({ [field]: 'x' })).toBe(`${field} OMS.0001`),
  );

  it.each(['src_crypto_type', 'dst_crypto_type', 'source_cdn_crypto_type'])('takes DEFAULT only for %s', (field) => {
    expect(start({ [field]: 'DEFAULT' })).toBeUndefined();
    expect(start({ [field]: 'KMS' })).toBe(`${field} OMS.0001`);
  });
});

describe('the other calls', () => {
  it('take up to 20 ids in a batch', () => {
    const batch = (fields: object) => refusalOfBody(BatchUpdateTasksDto, { bandwidth_policy: [], ...fields });
    for (const right of [[], [1], Array.from({ length: 20 }, (_, id) => id)])
      expect(batch({ ids: right })).toBeUndefined();
    for (const wrong of [Array.from({ length: 21 }, (_, id) => id), [-1], [1.5], ['1'], [null], 7, {}])
      expect(batch({ ids: wrong })).toBe('ids OMS.0001');
    for (const wrong of ['', 'x'.repeat(37), 7]) expect(batch({ group_id: wrong })).toBe('group_id OMS.0001');
    expect(batch({ task_priority: 'URGENT' })).toBe('task_priority OMS.0001');
    expect(refusalOfBody(BatchUpdateTasksDto, { ids: [1] })).toBe('bandwidth_policy OMS.1004');
  });

  it('take the filters of a list as text', () => {
    const list = (query: object) => refusalOfBody(ListTasksQuery, query);
    expect(validateRequest(ListTasksQuery, {})).toMatchObject({ limit: 10, offset: 0 });
    const all = { limit: '100', offset: '2147483647', status: '7', group_id: 'g', task_name: 'n' };
    expect(validateRequest(ListTasksQuery, all)).toEqual({
      limit: 100,
      offset: 2_147_483_647,
      status: 7,
      group_id: 'g',
      task_name: 'n',
    });
    expect(list({ group_id: '', task_name: '' })).toBeUndefined();
    for (const [field, values] of Object.entries({
      limit: ['0', '101', 'x', ['1', '2']],
      offset: ['-1', '2147483648', '1.5'],
      status: ['0', '8', 'paused', '1e0'],
      group_id: ['x'.repeat(101), ['a', 'b']],
      task_name: ['x'.repeat(256), ['a', 'b']],
    }))
      for (const value of values) expect(list({ [field]: value })).toBe(`${field} OMS.0001`);
  });

  it('take a task id of any text', () => {
    expect(refusalOfBody(TaskPath, { project_id: 'p', task_id: 'x' })).toBeUndefined();
    expect(refusalOfBody(TaskPath, { project_id: 'p', task_id: 'x'.repeat(1025) })).toBe('task_id OMS.0001');
  });
});

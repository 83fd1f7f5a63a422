import fc from 'fast-check';
import { CDN, LIST_FILE, refusalOfBody, SMN, SOURCE, TASK_BODY, withField } from '../../../test/support/task-bodies.js';
import { validateRequest } from '../../http/validation/validate-request.js';
import { CreateTaskDto } from './task.dto.js';

const FULL = {
  ...TASK_BODY,
  src_node: { ...SOURCE, list_file: LIST_FILE },
  source_cdn: CDN,
  smn_config: SMN,
};
const create = (path: string, value: unknown) => refusalOfBody(CreateTaskDto, withField(FULL, path, value));

describe('the values of a task', () => {
  it.each(['^', '<', '>', '(', ')', '"', "'", '&'])('has no %s in its description', (character) =>
    expect(create('description', `a${character}b`)).toBe('description OMS.0078'),
  );

  it('takes any other text for a description', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 60 }).filter((sample) => !/[\^<>()"'&]/.test(sample));
    fc.assert(fc.property(text, (description) => create('description', description) === undefined));
  });

  it('has a time in seconds', () => {
    for (const right of [0, 1_768_406_400, 253_402_300_799]) expect(create('migrate_since', right)).toBeUndefined();
    for (const wrong of [-1, 1.5, '1', 1_768_406_400_000, 2 ** 53])
      expect(create('migrate_since', wrong)).toBe('migrate_since OMS.0001');
  });

  it('names at most 500 objects of at most 1,024 characters', () => {
    const key = 'src_node.object_key';
    for (const right of [[''], ['a', 'b/'], Array.from({ length: 500 }, () => 'k'.repeat(1024))])
      expect(create(key, right)).toBeUndefined();
    for (const wrong of [
      Array.from({ length: 501 }, () => 'k'),
      ['k'.repeat(1025)],
      [7],
      ['a', null],
      ['\ud800'],
      'a',
      { 0: 'a' },
    ])
      expect(create(key, wrong)).toBe(`${key} OMS.0001`);
  });

  it('has whole characters in keys', () => {
    for (const path of ['dst_node.save_prefix', 'src_node.list_file.list_file_key'])
      expect(create(path, 'a\udc00')).toBe(`${path} OMS.0001`);
  });

  it('counts list files in digits', () => {
    for (const right of ['', '1', '12']) expect(create('src_node.list_file.list_file_num', right)).toBeUndefined();
    for (const wrong of ['x', 1, '-1'])
      expect(create('src_node.list_file.list_file_num', wrong)).toBe('src_node.list_file.list_file_num OMS.0001');
  });

  it.each([
    'cdn.example.com',
    'CDN.example.com:8080',
    '127.0.0.1:9000',
    'localhost',
    'a_b.example',
    'xn--bcher-kva.example',
  ])('reads from the domain %s', (domain) => expect(create('source_cdn.domain', domain)).toBeUndefined());

  it.each([
    'https://cdn.example.com',
    'a/b',
    'a b',
    'a..b',
    '.a',
    'a.',
    '-a.b',
    'a:',
    'a:0',
    'a:65536',
    'u@h',
    'ä.de',
    'x'.repeat(64),
  ])('does not read from the domain %s', (domain) =>
    expect(create('source_cdn.domain', domain)).toBe('source_cdn.domain OMS.0081'),
  );

  it('writes the protocol and Qiniu in one way', () => {
    const cdn = { ...CDN, protocol: 'https', authentication_type: 'Qiniu_PRIVATE_AUTHENTICATION' };
    const made = validateRequest(CreateTaskDto, { ...FULL, source_cdn: cdn });
    expect(made.source_cdn).toMatchObject({ protocol: 'HTTPS', authentication_type: 'QINIU_PRIVATE_AUTHENTICATION' });
  });

  it('is told about in one or both cases', () => {
    const path = 'smn_config.trigger_conditions';
    for (const right of [['SUCCESS'], ['FAILURE', 'SUCCESS']]) expect(create(path, right)).toBeUndefined();
    for (const wrong of [[], ['SUCCESS', 'SUCCESS'], ['success'], [7], 'SUCCESS', {}])
      expect(create(path, wrong)).toBe(`${path} OMS.0001`);
  });
});

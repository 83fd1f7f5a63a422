import { DIALECTS, AWS_QUIRKS } from './dialects.js';
import { describingHeaders, readObjectInfo, readPutResult } from './object-headers.js';

const MD5 = '5d41402abc4b2a76b9719d911017c592';
const modified = { 'last-modified': 'Fri, 02 Jan 2026 03:04:05 GMT' };
const quirksOf = (cloud: string) => {
  const dialect = DIALECTS[cloud];
  return dialect?.kind === 's3' ? dialect.quirks : AWS_QUIRKS;
};

describe('the MD5 of an object', () => {
  it('is its ETag when that is one', () => {
    expect(readPutResult({ etag: `"${MD5.toUpperCase()}"` })).toEqual({ etag: MD5.toUpperCase(), md5: MD5 });
    expect(readPutResult({ etag: `"${MD5}"`, 'x-amz-server-side-encryption': 'AES256' })).toMatchObject({ md5: MD5 });
  });

  it.each([
    ['multipart', { etag: `"${MD5}-2"` }],
    ['encrypted by a key service', { etag: `"${MD5}"`, 'x-amz-server-side-encryption': 'aws:kms:dsse' }],
    ['encrypted by the customer', { etag: `"${MD5}"`, 'x-amz-server-side-encryption-customer-algorithm': 'AES256' }],
    ['appended to', { etag: `"${MD5}"`, 'x-oss-object-type': 'Appendable' }],
    ['of another hash', { etag: '"FsWGtlmYQeNzXQgh3Xd6LnkN5rVa"' }],
  ])('is not known of one that is %s', (_what, headers) =>
    expect(readPutResult({ ...headers })).not.toHaveProperty('md5'),
  );

  it('never stands in for a CRC-64 of another polynomial', () => {
    expect(readPutResult({ 'x-amz-checksum-crc64nvme': 'AAAAAAAAAAA=' })).toEqual({});
    expect(readPutResult({ 'x-cos-hash-crc64ecma': '123' })).toEqual({ crc64: '123' });
  });
});

describe('the archive state', () => {
  it.each([
    ['AWS', { 'x-amz-storage-class': 'GLACIER' }, 'archived'],
    ['AWS', { 'x-amz-storage-class': 'GLACIER', 'x-amz-restore': 'ongoing-request="true"' }, 'restoring'],
    [
      'AWS',
      { 'x-amz-storage-class': 'GLACIER', 'x-amz-restore': 'ongoing-request="false", expiry-date="x"' },
      undefined,
    ],
    ['AWS', { 'x-amz-storage-class': 'GLACIER_IR' }, undefined],
    ['AWS', { 'x-amz-storage-class': 'INTELLIGENT_TIERING', 'x-amz-archive-status': 'ARCHIVE_ACCESS' }, 'archived'],
    ['Tencent', { 'x-amz-storage-class': 'ARCHIVE' }, 'archived'],
    ['HuaweiCloud', { 'x-amz-storage-class': 'COLD' }, 'archived'],
    ['Google', { 'x-amz-storage-class': 'ARCHIVE' }, undefined],
    ['AWS', {}, undefined],
  ])('at %s of %j is %s', (cloud, headers, archive) =>
    expect(readObjectInfo('k', 1, { ...modified, ...headers }, quirksOf(cloud)).archive).toBe(archive),
  );
});

describe('the headers of a write', () => {
  it('map classes, tags and user metadata to the wire', () => {
    const options = { size: 1, storageClass: 'IA', tags: { 'a b': 'c&d' }, metadata: { user: { x: 'é' } } } as const;
    expect(describingHeaders(options, quirksOf('Google')).signed).toEqual([
      ['x-amz-meta-x', '=?UTF-8?B?w6k=?='],
      ['x-amz-storage-class', 'NEARLINE'],
      ['x-amz-tagging', 'a%20b=c%26d'],
    ]);
  });

  it.each(['a b', 'a:b', 'a\r\nx', ''])('refuse the metadata name %j', (name) =>
    expect(() => describingHeaders({ size: 1, metadata: { user: { [name]: 'v' } } }, AWS_QUIRKS)).toThrow(
      'cannot be sent',
    ),
  );
});

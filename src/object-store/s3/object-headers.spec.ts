import { DIALECTS, AWS_QUIRKS } from './dialects.js';
import { describingHeaders, readMetadata, readObjectInfo, readPutResult } from './object-headers.js';
import { NO_HEADERS, ResponseHeaders, type HeaderValues } from './response-headers.js';

const MD5 = '5d41402abc4b2a76b9719d911017c592';
const modified = { 'last-modified': 'Fri, 02 Jan 2026 03:04:05 GMT' };
const quirksOf = (cloud: string) => {
  const dialect = DIALECTS[cloud];
  return dialect?.kind === 's3' ? dialect.quirks : AWS_QUIRKS;
};

describe('the MD5 of an object', () => {
  it('is its ETag when that is one', () => {
    expect(readPutResult(ResponseHeaders.of({ etag: `"${MD5.toUpperCase()}"` }))).toEqual({
      etag: MD5.toUpperCase(),
      md5: MD5,
    });
    expect(
      readPutResult(ResponseHeaders.of({ etag: `"${MD5}"`, 'x-amz-server-side-encryption': 'AES256' })),
    ).toMatchObject({ md5: MD5 });
  });

  it.each([
    ['multipart', { etag: `"${MD5}-2"` }],
    ['encrypted by a key service', { etag: `"${MD5}"`, 'x-amz-server-side-encryption': 'aws:kms:dsse' }],
    ['encrypted by the customer', { etag: `"${MD5}"`, 'x-amz-server-side-encryption-customer-algorithm': 'AES256' }],
    ['appended to', { etag: `"${MD5}"`, 'x-oss-object-type': 'Appendable' }],
    ['of another hash', { etag: '"FsWGtlmYQeNzXQgh3Xd6LnkN5rVa"' }],
  ])('is not known of one that is %s', (_what, headers) =>
    expect(readPutResult(ResponseHeaders.of({ ...headers }))).not.toHaveProperty('md5'),
  );

  it('never stands in for a CRC-64 of another polynomial', () => {
    expect(readPutResult(ResponseHeaders.of({ 'x-amz-checksum-crc64nvme': 'AAAAAAAAAAA=' }))).toEqual({});
    expect(readPutResult(ResponseHeaders.of({ 'x-cos-hash-crc64ecma': '123' }))).toEqual({ crc64: '123' });
  });
});

describe('what an answer says of an object', () => {
  const read = (headers: HeaderValues) =>
    readObjectInfo('k', 7, ResponseHeaders.of({ ...modified, ...headers }), AWS_QUIRKS);
  const bare = { key: 'k', size: 7, lastModifiedMs: Date.parse(modified['last-modified']), metadata: {} };

  it('is nothing that is not there', () => {
    expect(read({})).toStrictEqual(bare);
    expect(read({ etag: '', 'x-amz-version-id': 'null' })).toStrictEqual(bare);
  });

  it('is all that is there', () => {
    const headers = {
      etag: `"${MD5}"`,
      'content-type': 'text/plain',
      'x-amz-storage-class': 'STANDARD_IA',
      'x-amz-version-id': 'v',
      'x-amz-tagging-count': '2',
      'x-cos-hash-crc64ecma': '9',
      'cache-control': 'a',
      'content-encoding': 'b',
      'content-disposition': 'c',
      'content-language': 'd',
      expires: 'e',
      'x-amz-meta-x': '=?UTF-8?B?w6k=?=',
    };
    const described = { cacheControl: 'a', contentEncoding: 'b', contentDisposition: 'c', contentLanguage: 'd' };
    expect(read(headers)).toStrictEqual({
      ...bare,
      metadata: { ...described, expires: 'e', user: { x: 'é' } },
      etag: MD5,
      md5: MD5,
      crc64: '9',
      contentType: 'text/plain',
      storageClass: 'STANDARD_IA',
      versionId: 'v',
      tagCount: 2,
    });
  });

  it('must have the time of its last change', () =>
    expect(() => readObjectInfo('k', 7, NO_HEADERS, AWS_QUIRKS)).toThrow('no Last-Modified'));

  it('joins what users have put there more than once, under any of the prefixes', () => {
    const headers = new ResponseHeaders(['x-amz-meta-a', '1', 'x-oss-meta-b', '2', 'x-amz-meta-a', '3']);
    expect(readMetadata(headers)).toStrictEqual({ user: { a: '1,3' } });
    expect(readMetadata(headers, ['x-oss-meta-', 'x-amz-meta-'])).toStrictEqual({ user: { a: '1,3', b: '2' } });
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
    expect(readObjectInfo('k', 1, ResponseHeaders.of({ ...modified, ...headers }), quirksOf(cloud)).archive).toBe(
      archive,
    ),
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

import { StoreError } from '../object-store.port.js';
import { fromAnswer, fromSystemError, parseRetryAfter } from './errors.js';
import { NO_HEADERS, ResponseHeaders } from './response-headers.js';

const document = (code: string) =>
  Buffer.from(`<?xml version="1.0"?>\n<Error><Code>${code}</Code><Message>AKIDSECRET</Message></Error>`);

describe('an error answer', () => {
  it.each([
    [404, 'NoSuchKey', 'not-found'],
    [404, 'NoSuchBucket', 'no-such-bucket'],
    [403, 'AccessDenied', 'denied'],
    [403, 'InvalidAccessKeyId', 'bad-credentials'],
    [403, 'SignatureDoesNotMatch', 'bad-credentials'],
    [400, 'ExpiredToken', 'bad-credentials'],
    [403, 'RequestTimeTooSkewed', 'bad-credentials'],
    [403, 'InvalidObjectState', 'archived'],
    [503, 'SlowDown', 'throttled'],
    [503, 'ServiceUnavailable', 'unavailable'],
    [500, 'InternalError', 'unavailable'],
    [412, 'PreconditionFailed', 'changed'],
    [400, 'KeyTooLongError', 'invalid'],
    [400, 'EntityTooLarge', 'invalid'],
    [400, 'BadDigest', 'checksum'],
    [400, 'RequestTimeout', 'timeout'],
    [418, 'SomethingNew', 'invalid'],
    [502, 'SomethingNew', 'unavailable'],
  ])('%i %s is %s', (status, code, kind) =>
    expect(fromAnswer('Get failed', status, NO_HEADERS, document(code))).toMatchObject({
      kind,
      backendCode: code,
      httpStatus: status,
    }),
  );

  it.each([
    [304, 'changed'],
    [401, 'bad-credentials'],
    [403, 'denied'],
    [404, 'not-found'],
    [412, 'changed'],
    [416, 'invalid'],
    [429, 'throttled'],
    [500, 'unavailable'],
    [503, 'unavailable'],
  ])('%i without a document is %s', (status, kind) =>
    expect(fromAnswer('Head failed', status, NO_HEADERS, Buffer.alloc(0))).toMatchObject({ kind }),
  );

  it('carries what the backend asked for in Retry-After, and none of its text', () => {
    const error = fromAnswer('Put failed', 503, ResponseHeaders.of({ 'retry-after': '7' }), document('SlowDown'));
    expect(error).toMatchObject({ kind: 'throttled', retryAfterMs: 7000 });
    expect(`${error.message} ${JSON.stringify(error)}`).not.toContain('AKIDSECRET');
  });

  it('with Retry-After and no document is throttling', () =>
    expect(fromAnswer('Head failed', 503, ResponseHeaders.of({ 'retry-after': '1' }), Buffer.alloc(0))).toMatchObject({
      kind: 'throttled',
    }));
});

describe('Retry-After', () => {
  const now = Date.parse('2026-01-02T03:04:05Z');
  it.each([
    ['3', 3000],
    ['Fri, 02 Jan 2026 03:04:15 GMT', 10_000],
    ['Fri, 02 Jan 2026 03:04:00 GMT', 0],
    ['soon', undefined],
    [undefined, undefined],
  ])('%j is %j ms', (value, ms) => expect(parseRetryAfter(value, now)).toBe(ms));
});

describe('a system error', () => {
  it.each([
    ['ECONNRESET', 'connection', 'ECONNRESET'],
    ['ECONNREFUSED', 'connection', 'ECONNREFUSED'],
    ['ENOTFOUND', 'connection', 'ENOTFOUND'],
    ['EPIPE', 'connection', 'ECONNRESET'],
    ['UND_ERR_SOCKET', 'connection', 'ECONNRESET'],
    ['HPE_INVALID_CONSTANT', 'connection', 'HPE_INVALID_CONSTANT'],
    ['UND_ERR_HEADERS_TIMEOUT', 'timeout', 'RequestTimeout'],
    ['UND_ERR_BODY_TIMEOUT', 'timeout', 'RequestTimeout'],
    ['UND_ERR_CONNECT_TIMEOUT', 'timeout', 'RequestTimeout'],
    ['ETIMEDOUT', 'timeout', 'RequestTimeout'],
    ['UND_ERR_INVALID_ARG', 'invalid', 'UND_ERR_INVALID_ARG'],
  ])('%s is %s, under a name that does not depend on who noticed it: %s', (code, kind, backendCode) =>
    expect(fromSystemError(Object.assign(new Error('x'), { code }))).toMatchObject({ kind, backendCode }),
  );

  it('that is a StoreError already stays itself', () => {
    const error = new StoreError('checksum', 'the source broke');
    expect(fromSystemError(error)).toBe(error);
  });
});

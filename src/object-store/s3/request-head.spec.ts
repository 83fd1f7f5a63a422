import { Readable } from 'node:stream';
import { goesInOnePiece, mayShareConnection, requestHead } from './request-head.js';
import type { S3WireRequest } from './transport.js';

const KIB = 1024;
const request = (overrides: Partial<S3WireRequest> = {}): S3WireRequest => ({
  method: 'GET',
  target: '/b/k',
  headers: ['host', 'here'],
  body: undefined,
  streamed: false,
  ...overrides,
});

describe('the head of a request', () => {
  it('has its headers in their order', () => {
    const headers = ['host', 'here', 'x-amz-meta-a', 'tab\tand \u00fc', 'b', ''];
    expect(requestHead(request({ headers }))).toBe(
      'GET /b/k HTTP/1.1\r\nhost: here\r\nx-amz-meta-a: tab\tand \u00fc\r\nb: \r\n\r\n',
    );
  });

  it.each([
    ['a body in memory', { method: 'PUT', body: Buffer.from('abc') }, 'content-length: 3\r\n'],
    ['a PUT without a body', { method: 'PUT' }, 'content-length: 0\r\n'],
    ['a POST without a body', { method: 'POST' }, 'content-length: 0\r\n'],
    ['a GET', {}, ''],
  ] as const)('has the length of %s', (_what, overrides, lines) => {
    const head = requestHead(request(overrides));
    expect(head.slice(head.indexOf('here\r\n') + 6)).toBe(`${lines}\r\n`);
  });

  it.each([
    ['an empty target', { target: '' }],
    ['a target with a space', { target: '/a b' }],
    ['a target beyond ASCII', { target: '/\u00fc' }],
    ['a line end in a value', { headers: ['host', 'here\r\nx: y'] }],
    ['a line end in a name', { headers: ['host\n', 'here'] }],
    ['a character beyond one byte', { headers: ['host', '\u0100'] }],
    ['a stream without a length', { method: 'PUT', body: Readable.from(['x']) }],
  ] as const)('is refused with %s', (_what, overrides) => {
    expect(() => requestHead(request(overrides))).toThrow(/^The request cannot be sent/);
  });
});

describe('a request', () => {
  const put = (body: Buffer | Readable | undefined, ...headers: string[]): S3WireRequest =>
    request({ method: 'PUT', headers: ['host', 'here', ...headers], body });

  it('goes in one piece unless its body is long or a stream', () => {
    const bodies = [undefined, Buffer.alloc(64 * KIB), Buffer.alloc(64 * KIB + 1), Readable.from([])];
    expect(bodies.map((body) => goesInOnePiece(put(body)))).toEqual([true, true, false, false]);
  });

  it.each([
    ['a HEAD', request({ method: 'HEAD' }), true],
    ['a GET of something small', request({ streamed: true, collectUpTo: 64 * KIB }), true],
    ['a GET of something larger', request({ streamed: true, collectUpTo: 64 * KIB + 1 }), false],
    ['a GET that is streamed', request({ streamed: true }), false],
    ['a listing', request(), false],
    ['a PUT of something small', put(Buffer.alloc(64 * KIB)), true],
    ['a PUT of something larger', put(Buffer.alloc(64 * KIB + 1)), false],
    ['a PUT of a stream', put(Readable.from(['x']), 'content-length', '1'), false],
    ['a copy', put(undefined, 'x-amz-copy-source', '/a/b'), false],
    ['a PUT on a condition', put(Buffer.alloc(1), 'if-none-match', '*'), false],
    ['a POST', request({ method: 'POST', body: Buffer.alloc(1) }), false],
    ['a DELETE', request({ method: 'DELETE' }), false],
  ])('may share a connection or not: %s', (_what, wire, shares) => {
    expect(mayShareConnection(wire)).toBe(shares);
  });
});

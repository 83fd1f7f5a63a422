import fc from 'fast-check';
import type { ResponseHead } from './response-head.js';
import { ResponseParser } from './response-parser.js';

const recordOf = (head: ResponseHead | undefined): Record<string, string> => {
  const record: Record<string, string> = {};
  head?.headers.each((name) => (record[name] = head.headers.joined(name) ?? ''));
  return record;
};

/** What a parser made of an answer that came in those pieces. */
function parse(pieces: readonly string[], { toHead = false, closes = false } = {}) {
  const heads: ResponseHead[] = [];
  let body = '';
  let ends = 0;
  const parser = new ResponseParser({
    head: (head) => heads.push(head),
    data: (bytes) => (body += bytes.toString('latin1')),
    end: () => ends++,
  });
  parser.begin(toHead);
  const clean = pieces.map((piece) => parser.push(Buffer.from(piece, 'latin1')));
  const whole = closes && parser.closed();
  return { status: heads[0]?.status, headers: recordOf(heads[0]), head: heads[0], heads, body, ends, clean, whole };
}

const refusalOf = (pieces: readonly string[]): unknown => {
  try {
    return parse(pieces);
  } catch (error) {
    return error;
  }
};

const chunked =
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n5;name="x"\r\nhello\r\nB\r\n, world\r\n!!\r\n0\r\nA: b\r\n\r\n';

describe('the parser of answers', () => {
  it('takes status, headers and body', () => {
    const { status, headers, body, ends } = parse([
      'HTTP/1.1 206 Partial Content\r\nContent-Length: 5\r\nX-Amz-Meta-A:  spaces \t\r\nETag: "e"\r\nempty:\r\n\r\nhello',
    ]);
    expect({ status, headers, body, ends }).toEqual({
      status: 206,
      headers: { 'content-length': '5', 'x-amz-meta-a': 'spaces', etag: '"e"', empty: '' },
      body: 'hello',
      ends: 1,
    });
  });

  it('keeps repeated headers, also those named like what objects inherit', () => {
    const { head } = parse(['HTTP/1.1 200 OK\r\nA: 1\r\na: 2\r\nA: 3\r\nconstructor: x\r\n__proto__: y\r\n\r\n']);
    expect(['a', 'constructor', '__proto__', 'toString'].map((name) => head?.headers.joined(name))).toEqual([
      '1,2,3',
      'x',
      'y',
      undefined,
    ]);
  });

  it('leaves the bytes of values alone, but for spaces and tabs around them', () => {
    const bytes = Buffer.from('à\u00a0', 'utf8').toString('latin1');
    expect(parse([`HTTP/1.1 200 OK\r\na: \t${bytes} \r\n\r\n`]).headers).toEqual({ a: bytes });
  });

  it('takes any answer in pieces of any size', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }), (sizes) => {
        const pieces: string[] = [];
        for (let at = 0, turn = 0; at < chunked.length; turn++) {
          const size = sizes[turn % sizes.length] ?? 1;
          pieces.push(chunked.slice(at, at + size));
          at += size;
        }
        expect(parse(pieces)).toMatchObject({ status: 200, body: 'hello, world\r\n!!', ends: 1 });
      }),
    );
  });

  it('passes interim answers over, within bounds', () => {
    const early = 'HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n';
    const answer = 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n';
    expect(parse([early + early + answer])).toMatchObject({ status: 200, ends: 1 });
    expect(() => parse([early.repeat(9) + answer])).toThrow('interim');
    expect(() => parse(['HTTP/1.1 101 Switching Protocols\r\n\r\n'])).toThrow('interim');
  });

  it.each([
    ['a HEAD', '200 OK', true],
    ['204', '204 No Content', false],
    ['304', '304 Not Modified', false],
  ])('expects no body after %s, whatever is announced', (_what, status, toHead) => {
    const { body, ends, headers } = parse([`HTTP/1.1 ${status}\r\ncontent-length: 9\r\n\r\n`], { toHead });
    expect({ body, ends, headers }).toEqual({ body: '', ends: 1, headers: { 'content-length': '9' } });
  });

  it('says when something follows the answer', () => {
    expect(parse(['HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n']).clean).toEqual([false]);
    expect(parse(['HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok', 'x']).clean).toEqual([true, false]);
  });

  it('takes the end of the connection for the end of the body only where nothing else tells', () => {
    expect(parse(['HTTP/1.1 200 OK\r\n\r\nhel', 'lo'], { closes: true })).toMatchObject({
      body: 'hello',
      ends: 1,
      whole: true,
    });
    expect(parse(['HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhello'], { closes: true })).toMatchObject({
      ends: 0,
      whole: false,
    });
    expect(
      parse(['HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n'], { closes: true }),
    ).toMatchObject({
      ends: 0,
      whole: false,
    });
    expect(parse(['HTTP/1.1 200 OK\r\n'], { closes: true })).toMatchObject({ ends: 0, whole: false });
  });

  it.each([
    ['HTTP/1.1', '', true],
    ['HTTP/1.1', 'connection: close\r\n', false],
    ['HTTP/1.1', 'connection: x, Close\r\n', false],
    ['HTTP/1.0', '', false],
    ['HTTP/1.0', 'connection: keep-alive\r\n', true],
  ])('knows whether the connection stays: %s %s', (version, header, stays) => {
    expect(parse([`${version} 200 OK\r\n${header}content-length: 0\r\n\r\n`]).head?.keepsAlive).toBe(stays);
  });

  it('reads how long the server keeps an idle connection', () => {
    const { head } = parse(['HTTP/1.1 200 OK\r\nkeep-alive: max=100, timeout=5\r\ncontent-length: 0\r\n\r\n']);
    expect(head?.keepAliveMs).toBe(5000);
  });

  it.each([
    ['another protocol', 'SSH-2.0-server\r\n'],
    ['another version', 'HTTP/2 200 OK\r\n\r\n'],
    ['a status of two digits', 'HTTP/1.1 20 OK\r\n\r\n'],
    ['a status of four digits', 'HTTP/1.1 2000 OK\r\n\r\n'],
    ['a header without a colon', 'HTTP/1.1 200 OK\r\nnonsense\r\n\r\n'],
    ['a space before the colon', 'HTTP/1.1 200 OK\r\ncontent-length : 5\r\n\r\n'],
    ['a folded header', 'HTTP/1.1 200 OK\r\na: b\r\n c: d\r\n\r\n'],
    ['a nameless header', 'HTTP/1.1 200 OK\r\n: b\r\n\r\n'],
    ['a bare line feed', 'HTTP/1.1 200 OK\r\na: b\ncontent-length: 5\r\n\r\n'],
    ['a bare carriage return', 'HTTP/1.1 200 OK\r\na: b\rcontent-length: 5\r\n\r\n'],
    ['a NUL in the status line', 'HTTP/1.1 200 O\0K\r\ncontent-length: 0\r\n\r\n'],
    ['a carriage return before a line end', 'HTTP/1.1 200 OK\r\na: b\r\r\n\r\n'],
    ['a NUL', 'HTTP/1.1 200 OK\r\na: b\0\r\n\r\n'],
    ['two different lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\n'],
    ['a list of lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 5, 5\r\n\r\n'],
    ['a negative length', 'HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n'],
    ['a length beyond all numbers', 'HTTP/1.1 200 OK\r\ncontent-length: 99999999999999999\r\n\r\n'],
    ['a length and chunks', 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n'],
    ['another coding', 'HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n'],
    ['a chunk without a size', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n\r\nx'],
    ['a chunk whose size is no number', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0x5\r\nhello\r\n'],
    ['a chunk longer than its size', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhello\r\n'],
    ['a chunk with a bare line feed', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\nhello\r\n'],
    ['a chunk of an impossible size', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nfffffffffffff\r\n'],
    ['endless chunk extensions', `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5;${'x'.repeat(5000)}`],
    [
      'endless trailers',
      `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n${`a: ${'x'.repeat(4000)}\r\n`.repeat(5)}`,
    ],
    ['an endless head', `HTTP/1.1 200 OK\r\na: ${'x'.repeat(40_000)}`],
    ['too many headers', `HTTP/1.1 200 OK\r\n${'a: b\r\n'.repeat(300)}\r\n`],
  ])('refuses %s', (_what, text) => {
    const bytewise = Array.from({ length: text.length }, (_, at) => text.charAt(at));
    for (const pieces of [[text], bytewise])
      expect(refusalOf(pieces)).toMatchObject({ kind: 'connection', backendCode: 'MalformedAnswer' });
  });
});

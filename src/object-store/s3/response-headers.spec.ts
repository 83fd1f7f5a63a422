import fc from 'fast-check';
import { NO_HEADERS, ResponseHeaders } from './response-headers.js';

const headers = new ResponseHeaders(['etag', '"e"', 'via', 'a', 'empty', '', 'x-amz-meta-a', '1', 'via', 'b']);

describe('the headers of an answer', () => {
  it('are found by their names in lower case', () => {
    expect(['etag', 'ETag', 'eta', 'empty', 'toString'].map((name) => headers.get(name))).toEqual([
      '"e"',
      undefined,
      undefined,
      '',
      undefined,
    ]);
    expect(headers.get('"e"')).toBeUndefined();
  });

  it('that are repeated are the first or all of them', () => {
    expect(headers.get('via')).toBe('a');
    expect(headers.joined('via')).toBe('a,b');
    expect(headers.joined('empty')).toBe('');
    expect(headers.joined('absent')).toBeUndefined();
    expect(new ResponseHeaders(['a', '', 'a', '']).joined('a')).toBe(',');
  });

  it('are found by the begin of their names', () => {
    expect(headers.namesWith('x-amz-meta-')).toEqual(['x-amz-meta-a']);
    expect(headers.namesWith('via')).toEqual(['via', 'via']);
    expect(NO_HEADERS.namesWith('')).toEqual([]);
  });

  it('come in the order in which they were, whatever they are called', () => {
    const pair = fc.tuple(fc.constantFrom('a', 'b', '__proto__', 'constructor'), fc.string());
    fc.assert(
      fc.property(fc.array(pair), (pairs) => {
        const seen: [string, string][] = [];
        const all = new ResponseHeaders(pairs.flat());
        all.each((name, value) => seen.push([name, value]));
        expect(seen).toEqual(pairs);
        for (const [name] of pairs) {
          const values = pairs.filter(([other]) => other === name).map(([, value]) => value);
          expect([all.get(name), all.joined(name)]).toEqual([values[0], values.join(',')]);
        }
      }),
    );
  });

  it('are taken from a dictionary', () => {
    const taken = ResponseHeaders.of({ a: '1', b: ['2', '3'], c: undefined, d: [] });
    expect(['a', 'b', 'c', 'd'].map((name) => taken.joined(name))).toEqual(['1', '2,3', undefined, undefined]);
  });
});

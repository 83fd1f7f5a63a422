import fc from 'fast-check';
import { OmsError } from '../kernel/oms-error.js';
import { decodeObjectKeys } from './object-keys.js';

const wellFormed = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 100 });

describe('object keys', () => {
  it('come back from their URL encoding, whatever is in them', () => {
    fc.assert(fc.property(wellFormed, (key) => expect(decodeObjectKeys([encodeURIComponent(key)])).toEqual([key])));
  });

  it('stay as they are where nothing is encoded', () => {
    const raw = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 50 }).filter((key) => !key.includes('%'));
    fc.assert(fc.property(raw, (key) => expect(decodeObjectKeys([key])).toEqual([key])));
  });

  it('never come back as anything but distinct, well-formed text of 1 to 1024 bytes', () => {
    const anything = fc.string({ unit: fc.constantFrom('%', '2', 'F', 'e', '4', 'g', '\ud800', 'é'), maxLength: 12 });
    fc.assert(
      fc.property(fc.array(anything, { maxLength: 4 }), (encoded) => {
        try {
          const keys = decodeObjectKeys(encoded);
          expect(new Set(keys).size).toBe(keys.length);
          for (const key of keys) expect(Buffer.from(key).toString()).toBe(key);
        } catch (error) {
          expect(error).toMatchObject({ name: 'OmsError', kind: 'INVALID_PARAMETER' });
        }
      }),
    );
  });

  it('are decoded once and only once', () =>
    expect(decodeObjectKeys(['a%2520b', 'x%252Fy'])).toEqual(['a%20b', 'x%2Fy']));

  it('keep their plus signs, newlines, byte order marks and NULs', () =>
    expect(decodeObjectKeys(['a+b', 'a%0Ab', '%EF%BB%BFx', 'a%00b'])).toEqual(['a+b', 'a\nb', '\ufeffx', 'a\0b']));

  it('decode escapes of one character that are in mixed case', () =>
    expect(decodeObjectKeys(['%e6%B5%8b'])).toEqual(['测']));

  it('lose their repeats, also those that only differ in encoding', () =>
    expect(decodeObjectKeys(['b', 'a/1', 'b', 'a%2F1'])).toEqual(['b', 'a/1']));

  it.each([
    ['a bare percent sign', '%'],
    ['an escape cut short', 'a%2'],
    ['an escape that is not hexadecimal', '%zz'],
    ['bytes that are not UTF-8', '%FF'],
    ['a sequence cut short', '%E6%B5'],
    ['a sequence mixed with raw text', '%E6测'],
    ['an encoded surrogate', '%ED%A0%80'],
    ['an overlong form', '%C0%AF'],
    ['a lone surrogate', 'a\ud800'],
    ['nothing', ''],
    ['1025 bytes', 'é'.repeat(512) + 'x'],
  ])('with %s are refused, naming the element', (_what, bad) => {
    const decode = () => decodeObjectKeys(['fine', bad]);
    expect(decode).toThrow(/^object_keys\[1\] /);
    expect(decode).toThrow(OmsError);
  });

  it('may be 1024 bytes long', () => expect(decodeObjectKeys(['%C3%A9'.repeat(512)])).toEqual(['é'.repeat(512)]));
});

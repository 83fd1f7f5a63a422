import fc from 'fast-check';
import { comesBefore, shortlyBefore } from './key-order.js';

/** Units of one, two and three bytes, surrogate pairs, and what lies beside their bounds. */
const unit = fc.constantFrom(
  '!',
  '/',
  '0',
  'a',
  '~',
  '\u007f',
  '\u0080',
  '\u00a1',
  'é',
  '世',
  '\ud7ff',
  '\ue000',
  '\ufffd',
  '😀',
  '\u{10ffff}',
  ' ',
  '\n',
);
const key = fc.oneof(
  fc.array(unit, { maxLength: 6 }).map((units) => units.join('')),
  fc.string({ unit: 'binary', maxLength: 6 }),
);

const controls = (text: string): number => text.length - text.replace(/\p{Cc}/gu, '').length;

describe('the order of keys', () => {
  it('is that of their UTF-8 bytes', () => {
    fc.assert(
      fc.property(key, key, (a, b) => {
        expect(comesBefore(a, b)).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)) < 0);
      }),
      { numRuns: 2000 },
    );
  });

  it('puts what UTF-16 has last before what it has as a pair', () => {
    expect(comesBefore('\ufffd', '😀')).toBe(true);
    expect(['😀', '\ufffd'].sort()).toEqual(['😀', '\ufffd']);
  });
});

describe('what comes shortly before a key', () => {
  it('comes before it, is text, and has no new control characters', () => {
    fc.assert(
      fc.property(
        key.filter((text) => text !== ''),
        (text) => {
          const before = shortlyBefore(text);
          expect(comesBefore(before, text)).toBe(true);
          expect(Buffer.from(before).toString()).toBe(before);
          expect(controls(before)).toBeLessThanOrEqual(controls(text));
        },
      ),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['part-00010', 'part-0001/'],
    ['a/b', 'a/a'],
    ['a!', 'a'],
    ['!', ''],
    ['a\ue000', 'a\ud7ff'],
    ['a\u{10000}', 'a\ufffd'],
    ['a😀', `a${String.fromCodePoint(0x1f5ff)}`],
  ])('is, for %j, %j', (text, expected) => expect(shortlyBefore(text)).toBe(expected));
});

const HIGH = /[\ud800-\uffff]/;

/**
 * True when `a` comes before `b` in the order of UTF-8 bytes. JavaScript's own order, by UTF-16 units, is another only where a
 * surrogate meets a unit above all surrogates; and that a string has neither is found quickly.
 */
export const comesBefore = (a: string, b: string): boolean =>
  HIGH.test(a) && HIGH.test(b) ? comesBeforeByCodePoint(a, b) : a < b;

function comesBeforeByCodePoint(a: string, b: string): boolean {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) {
    const one = a.charCodeAt(at);
    const other = b.charCodeAt(at);
    if (one !== other) return rank(one) < rank(other);
  }
  return a.length < b.length;
}

/** Surrogates stand for the code points above all others. */
const rank = (unit: number): number => (unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit);

/**
 * A string that comes before `key` and before which hardly anything lies that is close to `key`: to list from `key` on with a
 * store that lists what comes after something. Empty when nothing can come before.
 */
export function shortlyBefore(key: string): string {
  const last = key.codePointAt(lastCodePoint(key)) ?? 0;
  const rest = key.slice(0, lastCodePoint(key));
  // Below these come control characters, which not every store takes; few keys lie between `rest` and `key` then.
  if (last <= 0x21 || (last > 0x7e && last <= 0xa1)) return rest;
  return rest + String.fromCodePoint(BELOW.get(last) ?? last - 1);
}

/** Where the code point below is none that an answer in XML can repeat. */
const BELOW: ReadonlyMap<number, number> = new Map([
  [0xe000, 0xd7ff],
  [0xffff, 0xfffd],
  [0x10000, 0xfffd],
]);

const lastCodePoint = (text: string): number => {
  const pair = text.length > 1 && (text.codePointAt(text.length - 2) ?? 0) > 0xffff;
  return Math.max(0, text.length - (pair ? 2 : 1));
};

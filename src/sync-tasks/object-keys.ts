import { OmsError } from '../kernel/oms-error.js';

/** Longest key an object store takes, in UTF-8 bytes. */
const MAX_KEY_BYTES = 1024;
const ESCAPES = /(?:%[0-9A-Fa-f]{2})+/g;
const LONE_SURROGATE = /\p{Surrogate}/u;
const BAD_ESCAPE = /%(?![0-9A-Fa-f]{2})/;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const refused = (index: number, problem: string): OmsError =>
  new OmsError('INVALID_PARAMETER', `object_keys[${index}] ${problem}`, { index });

/**
 * Object keys as the API has them, percent-decoded once (`+` stays `+`); repeats are dropped, the first one stays.
 * Throws INVALID_PARAMETER naming the element whose escapes, bytes or length are wrong; then none is accepted.
 */
export const decodeObjectKeys = (encoded: readonly string[]): readonly string[] => [
  ...new Set(encoded.map((key, index) => decodeKey(key, index))),
];

function decodeKey(encoded: string, index: number): string {
  if (LONE_SURROGATE.test(encoded)) throw refused(index, 'holds a lone surrogate, which no UTF-8 can express');
  if (BAD_ESCAPE.test(encoded)) throw refused(index, 'holds a "%" that is not followed by two hexadecimal digits');
  const key = encoded.includes('%') ? decodeEscapes(encoded, index) : encoded;
  const bytes = Buffer.byteLength(key);
  if (bytes < 1 || bytes > MAX_KEY_BYTES)
    throw refused(index, `must be 1 to ${MAX_KEY_BYTES} bytes after decoding, not ${bytes}`);
  return key;
}

function decodeEscapes(encoded: string, index: number): string {
  try {
    return encoded.replace(ESCAPES, (run) => utf8.decode(Buffer.from(run.replaceAll('%', ''), 'hex')));
  } catch (cause) {
    throw new OmsError(
      'INVALID_PARAMETER',
      `object_keys[${index}] decodes to bytes that are not UTF-8`,
      { index },
      { cause },
    );
  }
}

import { StoreError } from '../object-store.port.js';

const PLAIN = /^[\t\x20-\x7e]*$/;
const CONTROL = new RegExp(`[${String.fromCharCode(0)}-\\x08\\x0a-\\x1f\\x7f]`);

/**
 * A header value as characters below U+0100 that stand for its UTF-8 bytes, the way sockets write headers; the signature is
 * over the same bytes. Control characters but the tab are refused: they would start a header of their own.
 */
export function onTheWire(value: string): string {
  if (PLAIN.test(value)) return value;
  if (CONTROL.test(value)) throw new StoreError('invalid', 'A header value holds a control character');
  return Buffer.from(value, 'utf8').toString('latin1');
}

const ENCODED_WORD = /=\?([\w-]{1,40})\?([BbQq])\?([^?\s]*)\?=/g;
const BETWEEN_WORDS = /\?=\s+=\?/g;
const SAFE = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/;

/**
 * User metadata as a header value. S3 decodes RFC 2047 words and answers with them, so everything that a header cannot carry
 * safely (other scripts, control characters, spaces at the ends) travels as one, and so does text that looks like one.
 */
export const encodeMetadataValue = (value: string): string =>
  value === '' || (SAFE.test(value) && !value.includes('=?'))
    ? value
    : `=?UTF-8?B?${Buffer.from(value, 'utf8').toString('base64')}?=`;

const UNDERSCORE = /_/g;
const QUOTED_BYTE = /=([0-9A-Fa-f]{2})/g;

function decodeWord(whole: string, charset: string, encoding: string, text: string): string {
  const name = charset.toLowerCase();
  const target = name === 'utf-8' || name === 'us-ascii' ? 'utf8' : name === 'iso-8859-1' ? 'latin1' : undefined;
  if (target === undefined) return whole;
  if (encoding === 'B' || encoding === 'b') return Buffer.from(text, 'base64').toString(target);
  const bytes = text
    .replace(UNDERSCORE, ' ')
    .replace(QUOTED_BYTE, (_match, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString(target);
}

/** The reverse; a value without RFC 2047 words is itself. */
export const decodeMetadataValue = (value: string): string =>
  value.includes('=?') ? value.replace(BETWEEN_WORDS, '?==?').replace(ENCODED_WORD, decodeWord) : value;

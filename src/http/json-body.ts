import { OmsError } from '../kernel/oms-error.js';

/** Deep enough for every request of the API, shallow enough for everything that recurses. */
const MAX_DEPTH = 32;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPENERS: ReadonlySet<number> = new Set([0x5b, 0x7b]);
const CLOSERS: ReadonlySet<number> = new Set([0x5d, 0x7d]);
const utf8 = new TextDecoder('utf-8', { fatal: true });

const notJson = (problem: string, cause?: unknown): OmsError =>
  new OmsError('BODY_NOT_JSON', `The body is not acceptable JSON: ${problem}`, {}, { cause });

/** The body's value; undefined for an empty one. Throws BODY_NOT_JSON for bad UTF-8, bad JSON, and what smells of attack. */
export function parseJsonBody(body: Buffer): unknown {
  if (body.length === 0) return undefined;
  if (isTooDeep(body)) throw notJson(`it is nested more than ${MAX_DEPTH} levels deep`);
  const value = parse(decode(body));
  if (hasProtoKey(value)) throw notJson('"__proto__" is not allowed as a name');
  return value;
}

function decode(body: Buffer): string {
  try {
    return utf8.decode(body);
  } catch (error) {
    throw notJson('it is not valid UTF-8', error);
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own message quotes the body, and bodies hold secrets.
    throw notJson('it cannot be parsed');
  }
}

/** Counts brackets outside of strings; bytes of multi-byte characters are never equal to these. */
function isTooDeep(body: Buffer): boolean {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < body.length; at++) {
    const byte = body[at] ?? 0;
    if (inString) {
      if (byte === BACKSLASH) at++;
      else if (byte === QUOTE) inString = false;
    } else if (byte === QUOTE) inString = true;
    else if (OPENERS.has(byte)) {
      if (++depth > MAX_DEPTH) return true;
    } else if (CLOSERS.has(byte)) depth--;
  }
  return false;
}

/** The depth is bounded by now, so recursion is too. */
function hasProtoKey(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (Array.isArray(value)) return value.some(hasProtoKey);
  return Object.hasOwn(value, '__proto__') || Object.values(value).some(hasProtoKey);
}

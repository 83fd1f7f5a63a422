import { StoreError } from '../object-store.port.js';
import { ResponseHeaders } from './response-headers.js';

/** How the end of an answer's body is known. */
export type Framing =
  { readonly kind: 'length'; readonly bytes: number } | { readonly kind: 'chunked' | 'until-close' };

export interface ResponseHead {
  readonly status: number;
  readonly headers: ResponseHeaders;
  readonly framing: Framing;
  /** The connection may serve another request after this answer. */
  readonly keepsAlive: boolean;
  /** How long the server says it keeps an idle connection. */
  readonly keepAliveMs: number | undefined;
}

/** Not HTTP/1.1, or not whole: the connection that brought it cannot be trusted any further. */
export const malformedAnswer = (what: string): StoreError =>
  new StoreError('connection', `The answer is malformed: ${what}`, { backendCode: 'MalformedAnswer' });

const STATUS_LINE = /^HTTP\/1\.[01] [1-5]\d\d(?:[ \r]|$)/;
const MINOR_VERSION_AT = 7;
const STATUS_AT = 9;
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** Tabs and what is not a control character; whether line ends are whole ones is for the walk over the lines to see. */
const TEXT = /^[\t\x20-\x7e\x80-\xff\r\n]*$/;
const MAX_HEADERS = 200;
const NO_BODY: Framing = { kind: 'length', bytes: 0 };

/** Names as servers write them, to their lower case, once they are known to be valid. Servers use few. */
const knownNames = new Map<string, string>();
const MAX_KNOWN_NAMES = 500;

function nameOf(raw: string): string {
  const known = knownNames.get(raw);
  if (known !== undefined) return known;
  if (!TOKEN.test(raw)) throw malformedAnswer('a header name');
  const name = raw.toLowerCase();
  if (knownNames.size < MAX_KNOWN_NAMES) knownNames.set(raw, name);
  return name;
}

/**
 * Reads status line and headers, `text` being everything before the empty line, in Latin-1. As strict as RFC 9112 asks of a
 * client that keeps connections: what two readers could take for two different answers is refused.
 */
export function parseResponseHead(text: string, toHead: boolean): ResponseHead {
  if (!STATUS_LINE.test(text)) throw malformedAnswer('no status line');
  if (!TEXT.test(text)) throw malformedAnswer('a control character');
  const headers = readHeaders(text);
  const status = Number(text.slice(STATUS_AT, STATUS_AT + 3));
  const framing = toHead || status < 200 || status === 204 || status === 304 ? NO_BODY : framingOf(headers);
  const staysByDefault = text.charAt(MINOR_VERSION_AT) === '1';
  const keepsAlive = framing.kind !== 'until-close' && staysOpen(headers, staysByDefault);
  return { status, headers, framing, keepsAlive, keepAliveMs: keepAliveMs(headers) };
}

/** The lines after the first. */
function readHeaders(text: string): ResponseHeaders {
  const flat: string[] = [];
  for (let at = nextLine(text, 0); at < text.length;) {
    const next = nextLine(text, at);
    const colon = text.indexOf(':', at);
    if (colon < 0 || colon >= next) throw malformedAnswer('a header without a colon');
    if (flat.length === 2 * MAX_HEADERS) throw malformedAnswer('too many headers');
    flat.push(nameOf(text.slice(at, colon)), valueIn(text, colon + 1, next));
    at = next;
  }
  return new ResponseHeaders(flat);
}

/** Where the line after the one at `at` begins. */
function nextLine(text: string, at: number): number {
  const feed = text.indexOf('\n', at);
  const ret = text.indexOf('\r', at);
  if (feed < 0 && ret < 0) return text.length;
  if (ret !== feed - 1) throw malformedAnswer('a line end that is none');
  return feed + 1;
}

/** What stands between `from` and `to` without the white space around it. */
function valueIn(text: string, from: number, to: number): string {
  while (from < to && isSpace(text.charCodeAt(from))) from++;
  while (from < to && isSpace(text.charCodeAt(to - 1))) to--;
  return text.slice(from, to);
}

/** Also line ends, which stand only at the end of a line when this is asked. */
const isSpace = (code: number): boolean => code === 32 || code === 9 || code === 13 || code === 10;

function framingOf(headers: ResponseHeaders): Framing {
  const length = headers.joined('content-length');
  const encoding = headers.joined('transfer-encoding');
  if (encoding !== undefined) {
    if (length !== undefined) throw malformedAnswer('two lengths of one body');
    if (encoding.toLowerCase() !== 'chunked') throw malformedAnswer('an unknown transfer encoding');
    return { kind: 'chunked' };
  }
  if (length === undefined) return { kind: 'until-close' };
  if (!/^\d{1,15}$/.test(length)) throw malformedAnswer('its Content-Length');
  return { kind: 'length', bytes: Number(length) };
}

function staysOpen(headers: ResponseHeaders, byDefault: boolean): boolean {
  const connection = headers.joined('connection');
  if (connection === undefined) return byDefault;
  if (connection === 'keep-alive') return true;
  const options = connection
    .toLowerCase()
    .split(',')
    .map((option) => option.trim());
  return !options.includes('close') && (byDefault || options.includes('keep-alive'));
}

function keepAliveMs(headers: ResponseHeaders): number | undefined {
  const hint = headers.joined('keep-alive');
  const seconds = hint === undefined ? undefined : /(?:^|[,\s])timeout=(\d{1,6})/i.exec(hint)?.[1];
  return seconds === undefined ? undefined : Number(seconds) * 1000;
}

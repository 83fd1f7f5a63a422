import { StoreError } from '../object-store.port.js';
import type { S3Headers } from './transport.js';

/** How the end of an answer's body is known. */
export type Framing =
  { readonly kind: 'length'; readonly bytes: number } | { readonly kind: 'chunked' | 'until-close' };

export interface ResponseHead {
  readonly status: number;
  readonly headers: S3Headers;
  readonly framing: Framing;
  /** The connection may serve another request after this answer. */
  readonly keepsAlive: boolean;
  /** How long the server says it keeps an idle connection. */
  readonly keepAliveMs: number | undefined;
}

/** Not HTTP/1.1, or not whole: the connection that brought it cannot be trusted any further. */
export const malformedAnswer = (what: string): StoreError =>
  new StoreError('connection', `The answer is malformed: ${what}`, { backendCode: 'MalformedAnswer' });

const STATUS_LINE = /^HTTP\/1\.([01]) ([1-5]\d\d)(?: .*)?$/;
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
// Everything below the space but the tab, and DEL; line ends are gone when this is asked.
const CONTROL = new RegExp(`[${String.fromCharCode(0)}-\\x08\\x0a-\\x1f\\x7f]`);
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
  const lines = text.split('\r\n');
  const [, minor, code] = STATUS_LINE.exec(lines[0] ?? '') ?? [];
  if (minor === undefined) throw malformedAnswer('no status line');
  if (lines.length > MAX_HEADERS) throw malformedAnswer('too many headers');
  const headers: Record<string, string | string[]> = {};
  for (let at = 1; at < lines.length; at++) {
    const line = lines[at] ?? '';
    const colon = line.indexOf(':');
    if (colon < 0 || CONTROL.test(line)) throw malformedAnswer('a header line');
    add(headers, nameOf(line.slice(0, colon)), line.slice(colon + 1).trim());
  }
  const status = Number(code);
  const framing = toHead || status < 200 || status === 204 || status === 304 ? NO_BODY : framingOf(headers);
  const keepsAlive = framing.kind !== 'until-close' && staysOpen(headers, minor === '1');
  return { status, headers, framing, keepsAlive, keepAliveMs: keepAliveMs(headers) };
}

function add(headers: Record<string, string | string[]>, name: string, value: string): void {
  if (name === '__proto__') return;
  const before: unknown = headers[name];
  if (typeof before === 'string') headers[name] = [before, value];
  else if (Array.isArray(before)) before.push(value);
  else headers[name] = value; // also over what every object inherits, such as `constructor`
}

function framingOf(headers: S3Headers): Framing {
  const { 'content-length': length, 'transfer-encoding': encoding } = headers;
  if (encoding !== undefined) {
    if (length !== undefined) throw malformedAnswer('two lengths of one body');
    if (typeof encoding !== 'string' || encoding.toLowerCase() !== 'chunked')
      throw malformedAnswer('an unknown transfer encoding');
    return { kind: 'chunked' };
  }
  if (length === undefined) return { kind: 'until-close' };
  if (typeof length !== 'string' || !/^\d{1,15}$/.test(length)) throw malformedAnswer('its Content-Length');
  return { kind: 'length', bytes: Number(length) };
}

function staysOpen({ connection }: S3Headers, byDefault: boolean): boolean {
  if (connection === undefined) return byDefault;
  const options = String(connection)
    .toLowerCase()
    .split(',')
    .map((option) => option.trim());
  return !options.includes('close') && (byDefault || options.includes('keep-alive'));
}

function keepAliveMs(headers: S3Headers): number | undefined {
  const hint = headers['keep-alive'];
  const seconds = hint === undefined ? undefined : /(?:^|[,\s])timeout=(\d{1,6})/i.exec(String(hint))?.[1];
  return seconds === undefined ? undefined : Number(seconds) * 1000;
}

import { hash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';

/** An object to download, and how the server is about it. */
export interface HttpResource {
  readonly content: string | Buffer;
  /** Beside or in place of those that the server makes. */
  readonly headers?: Readonly<Record<string, string>>;
  /** With its quotes; null for none. The MD5 of the content unless given. */
  readonly etag?: string | null;
  /** Null for no Last-Modified. */
  readonly lastModifiedMs?: number | null;
  /** False: no Content-Length, the body comes in chunks. */
  readonly tellsLength?: boolean;
  /** False: ranges are ignored. */
  readonly takesRanges?: boolean;
  /** False: If-Match is ignored. */
  readonly takesConditions?: boolean;
  /** Refuses HEAD with this. */
  readonly headStatus?: number;
  /** The connection is cut after this many bytes of a body. */
  readonly cutAfter?: number;
  /** The body stands still after this many bytes, for ever. */
  readonly stallAfter?: number;
}

export const DEFAULT_LAST_MODIFIED_MS = Date.parse('2024-05-06T07:08:09Z');

/** Answers a GET or a HEAD for the object. */
export function answerWith(resource: HttpResource, request: IncomingMessage, response: ServerResponse): void {
  const content = Buffer.from(resource.content);
  const isHead = request.method === 'HEAD';
  const etag = resource.etag === undefined ? `"${hash('md5', content)}"` : resource.etag;
  const ifMatch = request.headers['if-match'];
  if (isHead && resource.headStatus !== undefined) {
    response.writeHead(resource.headStatus).end();
  } else if (ifMatch !== undefined && ifMatch !== etag && resource.takesConditions !== false) {
    response.writeHead(412).end();
  } else {
    const range = isHead || resource.takesRanges === false ? undefined : rangeOf(request);
    if (range !== undefined && range.start >= content.length) {
      response.writeHead(416, { 'content-range': `bytes */${content.length}` }).end();
      return;
    }
    const body = range === undefined ? content : content.subarray(range.start, range.end + 1);
    response.writeHead(range === undefined ? 200 : 206, {
      ...describing(resource, etag),
      ...(resource.tellsLength !== false && { 'content-length': String(body.length) }),
      ...(range !== undefined && { 'content-range': contentRange(range.start, body.length, content.length) }),
      ...resource.headers,
    });
    if (isHead) response.end();
    else send(resource, body, response);
  }
}

function describing({ lastModifiedMs }: HttpResource, etag: string | null): Record<string, string> {
  return {
    ...(etag !== null && { etag }),
    ...(lastModifiedMs !== null && {
      'last-modified': new Date(lastModifiedMs ?? DEFAULT_LAST_MODIFIED_MS).toUTCString(),
    }),
  };
}

const contentRange = (start: number, length: number, total: number): string =>
  `bytes ${start}-${start + length - 1}/${total}`;

function rangeOf({ headers }: IncomingMessage): { start: number; end: number } | undefined {
  const match = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? '');
  return match === null ? undefined : { start: Number(match[1]), end: Number(match[2]) };
}

function send({ cutAfter, stallAfter }: HttpResource, body: Buffer, response: ServerResponse): void {
  const stop = cutAfter ?? stallAfter;
  if (stop === undefined) {
    response.end(body);
    return;
  }
  response.write(body.subarray(0, stop), () => {
    if (cutAfter !== undefined) response.socket?.destroy();
  });
}

import { createHash } from 'node:crypto';
import { CONTENT, type Bucket, type StoredObject, WrittenBucket } from './buckets.js';
import { listBucket } from './listing.js';
import { type Connection, type Head, headerOf, type Receiver } from './wire.js';

const XML = 'content-type: application/xml\r\n';
const KEPT = /^(?:x-amz-meta-[^:]+|content-type|cache-control|content-encoding):.*$/gim;

const answering = (end: () => void): Receiver => ({ data: () => undefined, end });
const kept = (text: string): string => (text.match(KEPT) ?? []).map((line) => `${line}\r\n`).join('');

interface Upload {
  readonly headers: string;
  readonly parts: Map<number, { readonly size: number; readonly md5: string }>;
}

/**
 * The part of S3 that a migration uses, quick rather than strict: no signatures are checked and no content is kept, but every
 * body is read and digested, so that ETags are true. The strict endpoint of the tests would be what a bench measures.
 */
export class BenchService {
  readonly buckets = new Map<string, Bucket>();
  /** Requests since the last reset, by kind. */
  counts: Record<string, number> = {};
  private readonly uploads = new Map<string, Upload>();

  readonly serve = (head: Head, connection: Connection): Receiver => {
    const slash = head.path.indexOf('/', 1);
    const bucketName = head.path.slice(1, slash < 0 ? undefined : slash);
    const key = slash < 0 ? '' : head.path.slice(slash + 1);
    if (bucketName === '__bench') return this.control(head, connection);
    const kind = key === '' ? 'LIST' : head.method;
    this.counts[kind] = (this.counts[kind] ?? 0) + 1;
    const bucket = this.bucket(bucketName);
    if (key === '') return answering(() => this.bucketCall(head, bucket, connection));
    switch (head.method) {
      case 'GET':
      case 'HEAD':
        return answering(() => this.read(head, bucket.get(key), connection));
      case 'PUT':
        return this.write(head, bucket, key, connection);
      case 'POST':
        return this.uploadCall(head, bucket, key, connection);
      default:
        return answering(() => connection.answer('204 No Content', ''));
    }
  };

  private bucket(name: string): Bucket {
    let bucket = this.buckets.get(name);
    if (bucket === undefined) this.buckets.set(name, (bucket = new WrittenBucket()));
    return bucket;
  }

  /** `GET /__bench/counts`, `POST /__bench/reset`, `POST /__bench/drop?bucket=`. */
  private control({ path, query }: Head, connection: Connection): Receiver {
    if (path === '/__bench/reset') this.counts = {};
    if (path === '/__bench/drop') this.buckets.delete(query.get('bucket') ?? '');
    return answering(() => connection.answer('200 OK', '', JSON.stringify(this.counts)));
  }

  private bucketCall({ method, query }: Head, bucket: Bucket, connection: Connection): void {
    if (method !== 'GET') connection.answer('200 OK', '');
    else if (query.has('location')) connection.answer('200 OK', XML, '<LocationConstraint></LocationConstraint>');
    else connection.answer('200 OK', XML, listBucket(bucket, query));
  }

  private read({ method, text }: Head, object: StoredObject | undefined, connection: Connection): void {
    if (object === undefined) {
      const body = '<Error><Code>NoSuchKey</Code></Error>';
      connection.answer('404 Not Found', XML, method === 'HEAD' ? '' : body, body.length);
      return;
    }
    const { size, etag, lastModifiedMs } = object;
    const range = /^bytes=(\d+)-(\d*)$/.exec(headerOf(text, 'range') ?? '');
    const start = Number(range?.[1] ?? 0);
    const end = Math.min(size - 1, range?.[2] ? Number(range[2]) : size - 1);
    const headers =
      `${object.headers}etag: "${etag}"\r\nlast-modified: ${new Date(lastModifiedMs).toUTCString()}\r\n` +
      `accept-ranges: bytes\r\n${range === null ? '' : `content-range: bytes ${start}-${end}/${size}\r\n`}`;
    const status = range === null ? '200 OK' : '206 Partial Content';
    const length = end - start + 1;
    if (method === 'HEAD') connection.answer(status, headers, '', length);
    else if (length <= CONTENT.length && start % CONTENT.length === 0)
      connection.answer(status, headers, CONTENT.subarray(0, length));
    else stream(connection, `HTTP/1.1 ${status}\r\n${headers}content-length: ${length}\r\n\r\n`, start, length);
  }

  private write(head: Head, bucket: Bucket, key: string, connection: Connection): Receiver {
    const md5 = createHash('md5');
    return {
      data: (chunk) => void md5.update(chunk),
      end: () => {
        const etag = md5.digest('hex');
        const size = head.contentLength;
        const upload = this.uploads.get(head.query.get('uploadId') ?? '');
        if (upload !== undefined) upload.parts.set(Number(head.query.get('partNumber')), { size, md5: etag });
        else bucket.put(key, { size, etag, lastModifiedMs: Date.now(), headers: kept(head.text) });
        connection.answer('200 OK', `etag: "${etag}"\r\n`);
      },
    };
  }

  private uploadCall(head: Head, bucket: Bucket, key: string, connection: Connection): Receiver {
    return answering(() => {
      if (head.query.has('uploads')) {
        const id = `upload-${this.uploads.size + 1}`;
        this.uploads.set(id, { headers: kept(head.text), parts: new Map() });
        connection.answer('200 OK', XML, uploadXml('InitiateMultipartUploadResult', key, `<UploadId>${id}</UploadId>`));
        return;
      }
      const { headers, parts } = this.uploads.get(head.query.get('uploadId') ?? '')!;
      const all = [...parts].sort(([a], [b]) => a - b).map(([, part]) => part);
      const md5 = createHash('md5');
      for (const part of all) md5.update(part.md5, 'hex');
      const etag = `${md5.digest('hex')}-${all.length}`;
      const size = all.reduce((sum, part) => sum + part.size, 0);
      bucket.put(key, { size, etag, lastModifiedMs: Date.now(), headers });
      const result = uploadXml('CompleteMultipartUploadResult', key, `<ETag>&quot;${etag}&quot;</ETag>`);
      connection.answer('200 OK', XML, result);
    });
  }
}

const uploadXml = (root: string, key: string, rest: string): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<${root}><Bucket>bench</Bucket><Key>${key}</Key>${rest}</${root}>`;

/** Writes a long body as fast as the client takes it. */
function stream({ socket }: Connection, head: string, start: number, length: number): void {
  let at = start;
  const end = start + length;
  const more = (): void => {
    while (at < end) {
      const from = at % CONTENT.length;
      const piece = CONTENT.subarray(from, Math.min(CONTENT.length, from + end - at));
      at += piece.length;
      if (!socket.write(piece)) {
        if (at < end) socket.once('drain', more);
        return;
      }
    }
  };
  socket.write(head, 'latin1');
  more();
}

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseRequest, type S3Request } from '../s3-endpoint/request.js';
import { S3Error, statusOf } from '../s3-endpoint/s3-error.js';
import { document, element } from '../s3-endpoint/xml.js';
import { GeneratedBucket } from './generated-bucket.js';
import { listPage } from './listed-bucket.js';
import { readObject, receive, type SyntheticBucket } from './objects.js';
import { completeUpload, listParts } from './parts.js';
import type { SyntheticOptions } from './plan.js';
import { LISTS, SinkBucket } from './sink-bucket.js';
import { TrafficLog } from './traffic-log.js';

const uploadId = ({ query }: S3Request): string => query.get('uploadId') ?? '';

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text?: string;
}

/** An S3 endpoint for what is too large to be stored: computed objects, and copies of which only the traces are kept. Checks no signatures. */
export class SyntheticEndpoint {
  readonly traffic = new TrafficLog();
  private readonly buckets = new Map<string, SyntheticBucket>();
  private readonly servers: readonly [Server, Server];
  private readonly readDelayMs: number;

  private constructor({ buckets, readDelayMs = 0 }: SyntheticOptions) {
    this.readDelayMs = readDelayMs;
    for (const [name, plan] of Object.entries(buckets))
      this.buckets.set(name, {
        generated: plan.kind === 'generated' ? new GeneratedBucket(plan) : undefined,
        sink: new SinkBucket(plan.keepLists ?? false, () => Date.now()),
      });
    const options = { keepAliveTimeout: 60_000, requestTimeout: 0, noDelay: true };
    this.servers = [createServer(options), createServer(options)];
  }

  /** Listens on 127.0.0.1. `aside` answers requests that are none of S3's; it says whether it did. */
  static async start(
    options: SyntheticOptions,
    aside: (message: IncomingMessage, response: ServerResponse) => boolean = () => false,
  ): Promise<SyntheticEndpoint> {
    const endpoint = new SyntheticEndpoint(options);
    const take = (message: IncomingMessage, response: ServerResponse) => {
      if (!aside(message, response)) void endpoint.answer(message, response);
    };
    for (const server of endpoint.servers)
      await new Promise<void>((resolve, reject) => {
        server.on('request', take).once('error', reject).listen(0, '127.0.0.1', resolve);
      });
    return endpoint;
  }

  get url(): string {
    return urlOf(this.servers[0]);
  }

  /** The same at another address: who knows both takes them for two, and does not leave the copying to the endpoint. */
  get twinUrl(): string {
    return urlOf(this.servers[1]);
  }

  bucket(name: string): SyntheticBucket {
    const bucket = this.buckets.get(name);
    if (bucket === undefined) throw new S3Error('NoSuchBucket');
    return bucket;
  }

  async close(): Promise<void> {
    for (const server of this.servers)
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
  }

  private async answer(message: IncomingMessage, response: ServerResponse): Promise<void> {
    message.on('error', () => message.destroy()); // a client that goes away is none of our errors
    try {
      const request = parseRequest(message);
      this.traffic.request(request.operation);
      const answer = await this.serve(request, response);
      if (answer !== undefined) respond(response, answer);
    } catch (error) {
      if (response.headersSent || (message.destroyed && !message.complete)) return void response.destroy();
      const refusal = error instanceof S3Error ? error : new S3Error('InternalError', String(error));
      const body = document('Error', element('Code', refusal.code) + element('Message', refusal.message));
      response.writeHead(statusOf(refusal.code), {
        'content-type': 'application/xml',
        ...(message.method !== 'HEAD' && { 'content-length': Buffer.byteLength(body) }),
      });
      response.end(message.method === 'HEAD' ? undefined : body);
      message.resume();
    }
  }

  /** Answers undefined when it has responded itself. */
  private async serve(request: S3Request, response: ServerResponse): Promise<Answer | undefined> {
    const bucket = this.bucket(request.bucket);
    switch (request.operation) {
      case 'HeadBucket':
        return empty(200);
      case 'GetBucketLocation':
        return xml(document('LocationConstraint', ''));
      case 'ListObjects':
      case 'ListObjectsV2':
        return xml(listPage(bucket.generated ?? bucket.sink, request));
      case 'GetObject':
      case 'HeadObject':
        await readObject(bucket, request, response, this.traffic, this.readDelayMs);
        return undefined;
      case 'PutObject':
        return this.put(bucket, request, response);
      case 'DeleteObject':
        bucket.sink.remove(request.key);
        return empty(204);
      case 'GetObjectTagging':
        return xml(document('Tagging', '<TagSet></TagSet>'));
      default:
        return this.serveUpload(bucket, request, response);
    }
  }

  private async serveUpload({ sink }: SyntheticBucket, request: S3Request, response: ServerResponse): Promise<Answer> {
    const { operation, key } = request;
    switch (operation) {
      case 'CreateMultipartUpload':
        return xml(document('InitiateMultipartUploadResult', element('UploadId', sink.begin(key))));
      case 'UploadPart':
        return this.putPart(sink, request, response);
      case 'ListParts':
        return xml(listParts(sink, request, uploadId(request)));
      case 'CompleteMultipartUpload':
        return xml(await completeUpload(sink, request, uploadId(request)));
      case 'AbortMultipartUpload':
        sink.abort(key, uploadId(request));
        return empty(204);
      default:
        throw new S3Error('NotImplemented', `${operation} is not played here`);
    }
  }

  private async put({ sink }: SyntheticBucket, request: S3Request, response: ServerResponse): Promise<Answer> {
    const over = this.traffic.under(`write ${request.key}`);
    response.once('close', over);
    const arrived = await receive(request);
    over();
    sink.put(request.key, arrived);
    if (!request.key.startsWith(LISTS)) this.traffic.objectsWritten++;
    return empty(200, { etag: `"${arrived.md5}"` });
  }

  private async putPart(sink: SinkBucket, request: S3Request, response: ServerResponse): Promise<Answer> {
    const partNumber = Number(request.query.get('partNumber'));
    const what = `${request.key} part ${partNumber}`;
    const { parts } = sink.upload(request.key, uploadId(request));
    this.traffic.part(what);
    const over = this.traffic.under(`write ${what}`);
    response.once('close', over);
    const { size, md5 } = await receive(request);
    over();
    parts.set(partNumber, { size, etag: md5 });
    return empty(200, { etag: `"${md5}"` });
  }
}

const urlOf = (server: Server): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

const empty = (status: number, headers: Readonly<Record<string, string>> = {}): Answer => ({ status, headers });

const xml = (text: string): Answer => ({ status: 200, headers: { 'content-type': 'application/xml' }, text });

function respond(response: ServerResponse, { status, headers, text = '' }: Answer): void {
  const body = Buffer.from(text);
  response.writeHead(status, { ...headers, ...(status !== 204 && { 'content-length': body.length }) }).end(body);
}

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { allow, type Call, type Reply } from './call.js';
import { handleControl } from './control.js';
import { Faults, type Fault } from './faults.js';
import type { S3Endpoint, S3EndpointOptions } from './endpoint.js';
import { Inspector } from './inspector.js';
import { handlerOf } from './operations.js';
import { parseRequest, type Operation, type S3Request } from './request.js';
import { send, sendFaulty } from './respond.js';
import { S3Error, statusOf } from './s3-error.js';
import { SignatureVerifier, type AccessKey } from './sigv4.js';
import { State } from './state.js';
import { element } from './xml.js';

/** The most a key may have, in UTF-8 bytes. */
const MAX_KEY_BYTES = 1024;

class Endpoint extends Inspector implements S3Endpoint {
  readonly faults = new Faults();
  readonly requests: Partial<Record<Operation, number>> = {};
  private readonly server: Server;
  private readonly verifier: SignatureVerifier;
  private readonly now: () => Date;
  private requestCount = 0;
  port = 0;

  constructor(private readonly options: S3EndpointOptions) {
    const now = options.now ?? (() => new Date());
    super(new State(options.storage ?? 'memory', now), now);
    this.now = now;
    this.verifier = new SignatureVerifier(options.accessKeys, options.region, now);
    for (const bucket of options.buckets) this.state.createBucket(bucket);
    this.server = createServer({ keepAliveTimeout: 60_000, requestTimeout: 0, noDelay: true }, (request, response) => {
      void this.answer(request, response);
    });
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject).listen(this.options.port ?? 0, '127.0.0.1', resolve);
    });
    this.port = (this.server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    this.faults.clear();
    await new Promise<void>((resolve) => {
      this.server.close(() => resolve());
      this.server.closeAllConnections();
    });
    this.state.close();
  }

  private async answer(message: IncomingMessage, response: ServerResponse): Promise<void> {
    response.setHeader('x-amz-request-id', (++this.requestCount).toString(16).toUpperCase().padStart(16, '0'));
    message.on('error', () => message.destroy()); // a client that goes away in the middle is none of our errors
    try {
      if (this.options.control === true && message.url === '/__control') await handleControl(this, message, response);
      else await this.serve(message, response);
    } catch (error) {
      if (message.destroyed && !message.complete) response.destroy();
      else this.refuse(message, response, error);
    }
  }

  private async serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const request = parseRequest(message);
    const { operation } = request;
    this.requests[operation] = (this.requests[operation] ?? 0) + 1;
    const fault = this.faults.strike(request);
    const early = fault === undefined ? undefined : this.failEarly(fault, request, response);
    if (early === 'reset') return;
    const reply = early ?? (await this.handle(request, fault));
    if (fault?.kind === 'meanwhile') await fault.happen();
    if (fault === undefined) await send(response, reply);
    else
      await sendFaulty(response, reply, fault, {
        faults: this.faults,
        change: () => this.change(request.bucket, request.key),
      });
  }

  private async handle(request: S3Request, fault: Fault | undefined): Promise<Reply> {
    const { who, payload } = this.verifier.verify(request);
    if (Buffer.byteLength(request.key) > MAX_KEY_BYTES) throw new S3Error('KeyTooLongError');
    allow(who, request.bucket);
    const { state, now } = this;
    const { minPartBytes = 5 * 1024 ** 2, region = 'us-east-1' } = this.options;
    const call: Call = { request, who, payload, state, now, minPartBytes, region, fault };
    return handlerOf(request.operation)(call);
  }

  /** Faults that come instead of doing anything. */
  private failEarly(fault: Fault, request: S3Request, response: ServerResponse): Reply | 'reset' | undefined {
    if (fault.kind === 'reset' && fault.when === 'before-headers') {
      response.socket?.resetAndDestroy();
      return 'reset';
    }
    if (fault.kind === 'error') {
      const { code, retryAfterSeconds } = fault;
      throw new S3Error(
        code,
        undefined,
        retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) },
      );
    }
    if (fault.kind === 'error-in-200') return asXml(this.errorBody(new S3Error(fault.code), '/', '0'));
    return fault.kind === 'document' ? asXml(Buffer.from(fault.text(request))) : undefined;
  }

  private errorBody({ code, message }: S3Error, resource: string, requestId: string): Buffer {
    return Buffer.from(
      `<?xml version="1.0" encoding="UTF-8"?>\n<Error>${element('Code', code)}${element('Message', message)}` +
        `${element('Resource', resource)}${element('RequestId', requestId)}</Error>`,
    );
  }

  /** The rest of a body that is refused is read and thrown away by node, so that the client hears the answer. */
  private refuse(message: IncomingMessage, response: ServerResponse, error: unknown): void {
    if (response.headersSent) return void response.destroy();
    const refusal =
      error instanceof S3Error
        ? error
        : new S3Error('InternalError', error instanceof Error ? error.message : undefined);
    const body = this.errorBody(refusal, message.url ?? '/', String(response.getHeader('x-amz-request-id')));
    const withoutBody = message.method === 'HEAD';
    response.writeHead(statusOf(refusal.code), {
      'content-type': 'application/xml',
      ...refusal.headers,
      ...(!withoutBody && { 'content-length': body.length }),
    });
    response.end(withoutBody ? undefined : body);
    message.resume();
  }
}

const asXml = (body: Buffer): Reply => ({
  status: 200,
  headers: { 'content-type': 'application/xml' },
  body,
  length: body.length,
});

/** Starts a strict S3 endpoint on 127.0.0.1. */
export async function startS3Endpoint(options: S3EndpointOptions): Promise<S3Endpoint> {
  const endpoint = new Endpoint(options);
  await endpoint.listen();
  return endpoint;
}

export type { S3Endpoint, S3EndpointOptions } from './endpoint.js';
export type { AccessKey, Operation };
export type { Fault, FaultMatcher, FaultSchedule, FaultHandle } from './faults.js';

import { Readable } from 'node:stream';
import { Pool, type Dispatcher } from 'undici';
import { notWhenAborted, whenAborted } from '../../kernel/abort-calls.js';
import { SLOWEST_BYTES_PER_MS, timedOut } from '../call-deadlines.js';
import { StoreError } from '../object-store.port.js';
import { fromSystemError } from './errors.js';
import { ResponseBody } from './response-body.js';
import { NO_HEADERS, ResponseHeaders, type HeaderValues } from './response-headers.js';
import {
  type S3Transport,
  type S3TransportOptions,
  type S3WireRequest,
  type S3WireResponse,
  wantsStream,
} from './transport.js';

/** Longest answer that is collected: a page of 1,000 keys of 1,024 bytes, each byte escaped, stays below. */
const MAX_COLLECTED_BYTES = 32 * 1024 * 1024;
const NO_BODY = Buffer.alloc(0);

/** Over undici's dispatch interface, which spares a promise chain and a stream per request. */
export class UndiciTransport implements S3Transport {
  private readonly pool: Pool;
  private readonly idleTimeoutMs: number;

  constructor(options: S3TransportOptions) {
    this.idleTimeoutMs = options.idleTimeoutMs;
    this.pool = new Pool(options.origin, {
      connections: options.connections,
      pipelining: 1,
      allowH2: false,
      headersTimeout: options.requestTimeoutMs,
      bodyTimeout: options.idleTimeoutMs,
      keepAliveTimeout: 15_000,
      connect: {
        timeout: Math.min(options.requestTimeoutMs, 10_000),
        ...(options.trustedCertificates !== undefined && { ca: options.trustedCertificates }),
      },
    });
  }

  async send(request: S3WireRequest, signal: AbortSignal): Promise<S3WireResponse> {
    try {
      signal.throwIfAborted();
      return await new Promise<S3WireResponse>((resolve, reject) => {
        const exchange = new Exchange(request, signal, this.idleTimeoutMs, resolve, reject);
        this.dispatch(request, exchange);
      });
    } catch (error) {
      if (request.body instanceof Readable) request.body.destroy();
      signal.throwIfAborted();
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.pool.destroy();
  }

  private dispatch(request: S3WireRequest, exchange: Exchange): void {
    try {
      const { method, target: path, headers, body = null } = request;
      // Without reset: false undici closes the connection after every HEAD.
      this.pool.dispatch({ method, path, headers: [...headers], body, reset: false }, exchange);
    } catch (error) {
      exchange.fail(error);
    }
  }
}

/** One request and its answer. Collects the body, or hands it on as a stream. */
class Exchange implements Dispatcher.DispatchHandler {
  private controller: Dispatcher.DispatchController | undefined;
  private status = 0;
  private headers = NO_HEADERS;
  private stream: ResponseBody | undefined;
  private readonly chunks: Buffer[] = [];
  private collected = 0;
  private begunMs = 0;
  private settled = false;

  constructor(
    private readonly request: S3WireRequest,
    private readonly signal: AbortSignal,
    private readonly idleTimeoutMs: number,
    private readonly resolve: (response: S3WireResponse) => void,
    private readonly reject: (error: unknown) => void,
  ) {
    whenAborted(signal, this.onAbort);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller;
    // It may have been aborted while it waited for a connection.
    if (this.settled) controller.abort(asError(this.signal.reason));
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, values: HeaderValues): void {
    if (status < 200) return;
    const headers = ResponseHeaders.of(values);
    this.status = status;
    this.headers = headers;
    const length = contentLength(headers);
    this.begunMs = performance.now();
    if (!wantsStream(this.request, status, length)) return;
    this.stream = new ResponseBody(controller, length, this.stopListening);
    this.settled = true;
    this.resolve({ status, headers, body: NO_BODY, stream: this.stream });
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.stream !== undefined) {
      this.stream.receive(chunk);
      return;
    }
    this.collected += chunk.length;
    if (this.collected > MAX_COLLECTED_BYTES) controller.abort(new StoreError('unavailable', 'The answer is too long'));
    else if (this.trickles()) controller.abort(timedOut('The body took too long'));
    else this.chunks.push(chunk);
  }

  onResponseEnd(): void {
    this.stopListening();
    if (this.stream !== undefined) {
      this.stream.finish();
      return;
    }
    this.settled = true;
    const body = this.chunks.length === 1 && this.chunks[0] !== undefined ? this.chunks[0] : Buffer.concat(this.chunks);
    this.resolve({ status: this.status, headers: this.headers, body, stream: undefined });
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.fail(error);
  }

  /** No answer, or no end of it. */
  fail(error: unknown): void {
    this.stopListening();
    const failure = this.signal.aborted ? asError(this.signal.reason) : fromSystemError(error);
    if (this.stream !== undefined) this.stream.destroy(failure);
    else this.reject(failure);
    this.settled = true;
  }

  /** Each piece may come in time, and the whole take for ever. */
  private trickles(): boolean {
    return performance.now() - this.begunMs > this.idleTimeoutMs + this.collected / SLOWEST_BYTES_PER_MS;
  }

  private readonly onAbort = (): void => {
    const controller = this.controller;
    this.fail(this.signal.reason);
    controller?.abort(asError(this.signal.reason));
  };

  private readonly stopListening = (): void => notWhenAborted(this.signal, this.onAbort);
}

const asError = (reason: unknown): Error => (reason instanceof Error ? reason : new Error(String(reason)));

function contentLength(headers: ResponseHeaders): number | undefined {
  const text = headers.get('content-length');
  return text !== undefined && /^\d{1,16}$/.test(text) ? Number(text) : undefined;
}

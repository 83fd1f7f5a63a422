import { setMaxListeners } from 'node:events';
import type { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import { ResponseBody } from '../s3/response-body.js';
import { ResponseHeaders, type HeaderValues } from '../s3/response-headers.js';
import { transportFailure } from './http-errors.js';

export interface HttpWireRequest {
  readonly method: 'GET' | 'HEAD';
  /** Path and query; go on the wire verbatim. */
  readonly path: string;
  /** Flat `name, value, name, value`, without `host`. */
  readonly headers: readonly string[];
}

export interface HttpAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: ResponseHeaders;
  /** The bytes that the body will have, where the answer tells. */
  readonly announced: number | undefined;
  /** Ends only after exactly the announced bytes. Read it to its end or discard it. */
  readonly body: Readable;
}

/** A refusal shorter than this is read, to keep its connection; a longer one costs more than a new connection. */
const MAX_DRAINED_BYTES = 64 * 1024;

/** Ends a body that nobody wants. */
export function discardBody({ announced, body }: HttpAnswer): void {
  body.on('error', () => undefined);
  if ((announced ?? Infinity) <= MAX_DRAINED_BYTES) body.resume();
  else body.destroy();
}

/** The bytes that Content-Length announces. */
export function contentLength(headers: ResponseHeaders): number | undefined {
  const text = headers.get('content-length');
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/**
 * One request and the begin of its answer; its body comes as a stream. Rejects with a `StoreError` when no answer came, and
 * with the signal's reason when it aborts. `over` is called once, when nothing of the exchange is under way any more.
 */
export function exchange(
  dispatcher: Dispatcher,
  request: HttpWireRequest,
  signal: AbortSignal,
  over: () => void,
): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const handler = new ExchangeHandler(request.method, signal, resolve, reject, over);
    if (signal.aborted) {
      handler.fail(signal.reason);
      return;
    }
    try {
      const { method, path, headers } = request;
      // Without reset: false undici closes the connection after every HEAD.
      dispatcher.dispatch({ method, path, headers: [...headers], body: null, reset: false }, handler);
    } catch (error) {
      handler.fail(error);
    }
  });
}

class ExchangeHandler implements Dispatcher.DispatchHandler {
  private controller: Dispatcher.DispatchController | undefined;
  private body: ResponseBody | undefined;
  private ended = false;

  constructor(
    private readonly method: 'GET' | 'HEAD',
    private readonly signal: AbortSignal,
    private readonly resolve: (answer: HttpAnswer) => void,
    private readonly reject: (error: unknown) => void,
    private readonly over: () => void,
  ) {
    // One signal serves a whole task: many requests listen to it at once, and that is no leak.
    setMaxListeners(0, signal);
    signal.addEventListener('abort', this.onAbort, { once: true });
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller;
    // It may have been aborted while it waited for a connection.
    if (this.ended) controller.abort(asError(this.signal.reason));
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, values: HeaderValues): void {
    if (status < 200) return;
    const headers = ResponseHeaders.of(values);
    const announced = this.method === 'HEAD' ? 0 : contentLength(headers);
    this.body = new ResponseBody(controller, announced, this.finish);
    this.resolve({ status, headers, announced, body: this.body });
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.body?.receive(chunk);
  }

  onResponseEnd(): void {
    this.body?.finish();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.fail(error);
  }

  /** No answer, or no end of it. */
  fail(error: unknown): void {
    const failure = this.signal.aborted ? asError(this.signal.reason) : transportFailure(error);
    if (this.body === undefined) this.reject(failure);
    else this.body.destroy(failure);
    this.finish();
  }

  private readonly onAbort = (): void => {
    const { controller } = this;
    this.fail(this.signal.reason);
    controller?.abort(asError(this.signal.reason));
  };

  private readonly finish = (): void => {
    if (this.ended) return;
    this.ended = true;
    this.signal.removeEventListener('abort', this.onAbort);
    this.over();
  };
}

const asError = (reason: unknown): Error => (reason instanceof Error ? reason : new Error(String(reason)));

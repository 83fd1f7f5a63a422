import { Readable } from 'node:stream';
import { StoreError } from '../object-store.port.js';
import type { S3Method, S3Transport } from './transport.js';
import { encodeUriStrictly } from './uri.js';

/** The part of the SDK's request that matters here. */
interface SdkRequest {
  readonly method: string;
  readonly path: string;
  readonly query?: Readonly<Record<string, string | string[] | null>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

interface SdkResponse {
  readonly statusCode: number;
  readonly headers: Record<string, string>;
  readonly body: Readable;
}

const METHODS: readonly S3Method[] = ['GET', 'HEAD', 'PUT', 'POST', 'DELETE'];

/** Lets the AWS SDK send over an `S3Transport`: same connections, same limits, same timeouts, paths verbatim. */
export class SdkOverTransport {
  readonly metadata = { handlerProtocol: 'http/1.1' };

  constructor(private readonly transport: S3Transport) {}

  async handle(request: SdkRequest, options?: { readonly abortSignal?: unknown }): Promise<{ response: SdkResponse }> {
    const method = METHODS.find((known) => known === request.method);
    if (method === undefined) throw new StoreError('invalid', `The SDK asked for ${request.method}`);
    const query = queryOf(request.query ?? {});
    const headers: string[] = [];
    for (const [name, value] of Object.entries(request.headers)) headers.push(name.toLowerCase(), value);
    const signal = options?.abortSignal instanceof AbortSignal ? options.abortSignal : new AbortController().signal;
    const target = query === '' ? request.path : `${request.path}?${query}`;
    const answer = await this.transport.send(
      { method, target, headers, body: bodyOf(request.body), streamed: false },
      signal,
    );
    const flat: Record<string, string> = {};
    answer.headers.each((name, value) => (flat[name] ??= value));
    const body = Readable.from(answer.body.length === 0 ? [] : [answer.body]);
    return { response: { statusCode: answer.status, headers: flat, body } };
  }

  /** Connections belong to whoever made the transport. */
  destroy(): void {
    return undefined;
  }

  updateHttpClientConfig(): void {
    return undefined;
  }

  httpHandlerConfigs(): Record<string, never> {
    return {};
  }
}

function bodyOf(body: unknown): Buffer | undefined {
  if (body === undefined || body === null || body === '') return undefined;
  if (typeof body === 'string') return Buffer.from(body, 'utf8');
  if (body instanceof Uint8Array) return Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  throw new StoreError('invalid', 'The SDK sent a body of an unexpected kind');
}

const queryOf = (query: Readonly<Record<string, string | string[] | null>>): string =>
  Object.keys(query)
    .sort()
    .flatMap((name) =>
      [query[name] ?? ''].flat().map((value) => `${encodeUriStrictly(name)}=${encodeUriStrictly(value)}`),
    )
    .join('&');

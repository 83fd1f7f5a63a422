import type { Readable } from 'node:stream';
import type { Pipelining } from './pipeline-depth.js';
import type { ResponseHeaders } from './response-headers.js';

export type S3Method = 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE';

export interface S3WireRequest {
  readonly method: S3Method;
  /** Encoded path with its query; goes on the wire verbatim. */
  readonly target: string;
  /** Flat `name, value, name, value`, with `host`. Values hold no characters above U+00FF. */
  readonly headers: readonly string[];
  /** A stream needs its `content-length` among the headers. */
  readonly body: Buffer | Readable | undefined;
  /** Hand a successful body over as a stream instead of collecting it. Failures are always collected. */
  readonly streamed: boolean;
  /** A successful body that announces at most this many bytes is collected all the same: small ones are not worth a stream. */
  readonly collectUpTo?: number | undefined;
}

export interface S3WireResponse {
  readonly status: number;
  readonly headers: ResponseHeaders;
  /** The collected body; empty when `stream` is there. */
  readonly body: Buffer;
  /** Ends only after exactly Content-Length bytes, otherwise errors with a `StoreError`. */
  readonly stream: Readable | undefined;
}

export interface S3TransportOptions {
  /** `http://host:port` or `https://host:port`. */
  readonly origin: string;
  readonly connections: number;
  /** A response must begin within this time. */
  readonly requestTimeoutMs: number;
  /** A body must not stand still longer than this. */
  readonly idleTimeoutMs: number;
  /** Whether small requests share connections, several on their way at once; over sockets only, `auto` unless given. */
  readonly pipelining?: Pipelining;
  /** Certificates (PEM) that are trusted in place of the well-known ones. */
  readonly trustedCertificates?: string;
}

/** One endpoint's connections. The only thing that touches the network, so that another client can take its place. */
export interface S3Transport {
  /**
   * Sends one request, once. Rejects with a `StoreError` when no answer came, and with the signal's reason when it aborts;
   * an HTTP error status is an answer. A stream body is destroyed when the request fails.
   */
  send(request: S3WireRequest, signal: AbortSignal): Promise<S3WireResponse>;
  /** Ends all connections; requests in flight fail. */
  close(): Promise<void>;
}

/** True when the body of this answer is to be handed over as a stream. */
export function wantsStream(request: S3WireRequest, status: number, announcedBytes: number | undefined): boolean {
  if (!request.streamed || status < 200 || status >= 300) return false;
  return announcedBytes === undefined || announcedBytes > (request.collectUpTo ?? -1);
}

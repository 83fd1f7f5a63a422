import { Readable } from 'node:stream';
import { ResponseHeaders } from '../../src/object-store/s3/response-headers.js';
import type { S3Transport, S3WireRequest, S3WireResponse } from '../../src/object-store/s3/transport.js';

export interface ScriptedAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Answers requests as a test says, and remembers them. */
export class ScriptedTransport implements S3Transport {
  readonly requests: S3WireRequest[] = [];

  constructor(private readonly answer: (request: S3WireRequest, count: number) => ScriptedAnswer) {}

  send(request: S3WireRequest): Promise<S3WireResponse> {
    this.requests.push(request);
    const { status = 200, headers = {}, body = '' } = this.answer(request, this.requests.length);
    const streamed = request.streamed && status < 300;
    const content = Buffer.from(body);
    return Promise.resolve({
      status,
      headers: ResponseHeaders.of(headers),
      body: streamed ? Buffer.alloc(0) : content,
      stream: streamed ? Readable.from([content], { objectMode: false }) : undefined,
    });
  }

  /** The value of a header of a request; undefined when it has none. */
  headerOf({ headers }: S3WireRequest, name: string): string | undefined {
    const at = headers.findIndex((text, index) => index % 2 === 0 && text === name);
    return at < 0 ? undefined : headers[at + 1];
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

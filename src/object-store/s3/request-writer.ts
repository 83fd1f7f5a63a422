import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { StoreError } from '../object-store.port.js';
import { giveBack } from './read-slabs.js';
import type { S3WireRequest } from './transport.js';

/** A body up to this size travels in one write with its head. */
const ONE_WRITE_BYTES = 16 * 1024;
/** Large bodies in memory are written in pieces of this size, so that their progress can be seen. */
const PIECE_BYTES = 512 * 1024;
const NOT_IN_A_HEADER = /[^\t\x20-\x7e\x80-\xff]/;
const NOT_IN_A_TARGET = /[^\x21-\x7e]/;

const invalid = (what: string): StoreError => new StoreError('invalid', `The request cannot be sent: ${what}`);

/** The request up to its body; adds the length where the caller left that out. */
export function requestHead({ method, target, headers, body }: S3WireRequest): string {
  if (target === '' || NOT_IN_A_TARGET.test(target)) throw invalid('its target');
  let head = `${method} ${target} HTTP/1.1\r\n`;
  let hasLength = false;
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at] ?? '';
    const line = `${name}: ${headers[at + 1] ?? ''}`;
    if (NOT_IN_A_HEADER.test(line)) throw invalid('a header value');
    if (name === 'content-length') hasLength = true;
    head += `${line}\r\n`;
  }
  if (!hasLength) {
    if (body instanceof Readable) throw invalid('a stream needs its length');
    if (body !== undefined || method === 'PUT' || method === 'POST') head += `content-length: ${body?.length ?? 0}\r\n`;
  }
  return `${head}\r\n`;
}

/** Told of what happens to a request on its way out. */
export interface WriterEvents {
  /** Something went out, or came to be sent. */
  progressed(): void;
  failed(error: Error): void;
}

/** Writes one request to a socket, as fast as the socket takes it. */
export class RequestWriter {
  /** Everything was handed to the socket. */
  done = false;
  private stopped = false;
  private written = 0;

  constructor(
    private readonly socket: Socket,
    private readonly body: S3WireRequest['body'],
    private readonly events: WriterEvents,
  ) {}

  start(head: string, announced: number): void {
    const { body, socket } = this;
    if (Buffer.isBuffer(body)) this.writeBuffer(head, body);
    else if (body === undefined) {
      this.done = true;
      socket.write(head, 'latin1');
    } else {
      socket.write(head, 'latin1');
      this.pipe(body, announced);
    }
  }

  /** The socket takes more. */
  drained(): void {
    const { body } = this;
    if (this.stopped || this.done) return;
    if (Buffer.isBuffer(body)) this.writePieces(body);
    else body?.resume();
  }

  /** Writes no more; a stream is destroyed. */
  stop(): void {
    if (this.stopped) return;
    this.stopped = true;
    if (this.body instanceof Readable) this.body.on('error', () => undefined).destroy();
  }

  private writeBuffer(head: string, body: Buffer): void {
    if (body.length <= ONE_WRITE_BYTES) {
      const whole = Buffer.allocUnsafe(head.length + body.length);
      whole.write(head, 0, 'latin1');
      body.copy(whole, head.length);
      this.done = true;
      this.socket.write(whole);
      return;
    }
    this.socket.cork();
    this.socket.write(head, 'latin1');
    this.writePieces(body);
    this.socket.uncork();
  }

  private writePieces(body: Buffer): void {
    for (let takesMore = true; takesMore && this.written < body.length;) {
      const end = Math.min(body.length, this.written + PIECE_BYTES);
      takesMore = this.socket.write(body.subarray(this.written, end));
      this.written = end;
    }
    this.done = this.written === body.length;
  }

  private pipe(body: Readable, announced: number): void {
    if (body.destroyed && !body.readableEnded) {
      this.events.failed(body.errored ?? closedEarly());
      return;
    }
    body.on('data', (chunk: Buffer | string) =>
      this.writeChunk(body, typeof chunk === 'string' ? Buffer.from(chunk) : chunk, announced),
    );
    body.once('end', () => {
      if (this.stopped) return;
      if (this.written < announced) this.events.failed(wrongLength(this.written, announced));
      else this.done = true;
    });
    body.once('error', (error) => this.stopped || this.events.failed(error));
    body.once('close', () => {
      if (!this.done && !this.stopped && !body.readableEnded) this.events.failed(closedEarly());
    });
  }

  private writeChunk(body: Readable, chunk: Buffer, announced: number): void {
    if (this.stopped) return;
    this.written += chunk.length;
    if (this.written > announced) {
      this.events.failed(wrongLength(this.written, announced));
      return;
    }
    this.events.progressed();
    const taken = (error?: Error | null): void => {
      if (error == null) giveBack(chunk);
    };
    if (!this.socket.write(chunk, taken)) body.pause();
  }
}

const closedEarly = (): StoreError => new StoreError('connection', 'The body was closed before its end');
const wrongLength = (bytes: number, announced: number): StoreError =>
  new StoreError('connection', `The body brought ${bytes} of ${announced} bytes announced`);

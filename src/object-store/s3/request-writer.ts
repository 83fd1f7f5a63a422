import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { giveBack } from '../body-memory.js';
import { StoreError } from '../object-store.port.js';
import { announcedLength, requestHead } from './request-head.js';
import type { S3WireRequest } from './transport.js';

/** Large bodies in memory are written in pieces of this size, so that their progress can be seen. */
const PIECE_BYTES = 512 * 1024;

/** Told of what happens to a request on its way out. */
export interface WriterEvents {
  /** Something went out, or came to be sent. */
  progressed(): void;
  failed(error: Error): void;
}

/** Writes one request with a long body to a socket, as fast as the socket takes it. */
export class RequestWriter {
  /** Everything was handed to the socket. */
  done = false;
  private readonly body: S3WireRequest['body'];
  private stopped = false;
  private written = 0;

  constructor(
    private readonly socket: Socket,
    private readonly request: S3WireRequest,
    private readonly events: WriterEvents,
  ) {
    this.body = request.body;
  }

  start(): void {
    const { body, socket } = this;
    const head = requestHead(this.request);
    if (Buffer.isBuffer(body)) {
      socket.cork();
      socket.write(head, 'latin1');
      this.writePieces(body);
      socket.uncork();
    } else if (body !== undefined) {
      socket.write(head, 'latin1');
      this.pipe(body, announcedLength(this.request));
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

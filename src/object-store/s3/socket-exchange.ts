import { setMaxListeners } from 'node:events';
import { Readable } from 'node:stream';
import { StoreError } from '../object-store.port.js';
import { fromSystemError } from './errors.js';
import { type BodySource, ResponseBody } from './response-body.js';
import type { ResponseHead } from './response-head.js';
import { type S3Headers, type S3WireRequest, type S3WireResponse, wantsStream } from './transport.js';

/** Longest answer that is collected: a page of 1,000 keys of 1,024 bytes, each byte escaped, stays below. */
const MAX_COLLECTED_BYTES = 32 * 1024 * 1024;
/** Memory that is taken on an announcement alone. */
const MAX_RESERVED_BYTES = 1024 * 1024;
const NO_BODY = Buffer.alloc(0);

/** What an exchange needs of whoever carries it: a queue first, then a connection. */
export interface Carrier {
  pause(): void;
  resume(): void;
  /** The exchange is over for its side: nothing more is to be sent or read. */
  drop(): void;
}

/** One request and its answer. Collects the body, or hands it on as a stream. */
export class SocketExchange implements BodySource {
  private carrier: Carrier | undefined;
  private status = 0;
  private headers: S3Headers = {};
  private stream: ResponseBody | undefined;
  private reserved: Buffer | undefined;
  private chunks: Buffer[] = [];
  private collected = 0;
  private settled = false;

  constructor(
    readonly request: S3WireRequest,
    private readonly signal: AbortSignal,
    private readonly resolve: (response: S3WireResponse) => void,
    private readonly reject: (error: unknown) => void,
  ) {
    // One signal may serve a whole task: many requests listen to it at once, and that is no leak.
    setMaxListeners(0, signal);
    signal.addEventListener('abort', this.aborted, { once: true });
    // It may fail while it waits for a connection, where nobody else listens; whoever writes it asks whether it did.
    if (request.body instanceof Readable) request.body.on('error', () => undefined);
  }

  carriedBy(carrier: Carrier): void {
    this.carrier = carrier;
  }

  get streams(): boolean {
    return this.stream !== undefined;
  }

  head({ status, headers, framing }: ResponseHead): void {
    this.status = status;
    this.headers = headers;
    const announced = framing.kind === 'length' ? framing.bytes : undefined;
    if (!wantsStream(this.request, status, announced)) {
      if (announced !== undefined && announced > 0 && announced <= MAX_RESERVED_BYTES)
        this.reserved = Buffer.allocUnsafe(announced);
      return;
    }
    this.stream = new ResponseBody(this, announced, this.stopListening);
    this.settled = true;
    this.resolve({ status, headers, body: NO_BODY, stream: this.stream });
  }

  /** `lent` bytes are valid during the call only. */
  data(bytes: Buffer, lent: boolean): void {
    if (this.stream !== undefined) {
      this.stream.receive(lent ? Buffer.from(bytes) : bytes);
      return;
    }
    if (this.reserved !== undefined) bytes.copy(this.reserved, this.collected);
    this.collected += bytes.length;
    if (this.collected > MAX_COLLECTED_BYTES) throw new StoreError('unavailable', 'The answer is too long');
    if (this.reserved === undefined) this.chunks.push(Buffer.from(bytes));
  }

  /** The answer is whole. */
  complete(): void {
    this.carrier = undefined;
    this.stopListening();
    if (this.stream !== undefined) {
      this.stream.finish();
      return;
    }
    this.settled = true;
    const body = this.reserved ?? (this.chunks.length === 0 ? NO_BODY : Buffer.concat(this.chunks));
    this.resolve({ status: this.status, headers: this.headers, body, stream: undefined });
  }

  /** No answer, or no end of it. */
  fail(error: unknown): void {
    this.carrier = undefined;
    this.stopListening();
    const { body } = this.request;
    if (body instanceof Readable) body.destroy();
    const failure = this.signal.aborted ? asError(this.signal.reason) : fromSystemError(error);
    if (this.stream !== undefined) this.stream.destroy(failure);
    else if (!this.settled) this.reject(failure);
    this.settled = true;
  }

  pause(): void {
    this.carrier?.pause();
  }

  resume(): void {
    this.carrier?.resume();
  }

  /** The reader of the body has had enough. */
  abort(): void {
    const { carrier } = this;
    this.carrier = undefined;
    carrier?.drop();
  }

  private readonly aborted = (): void => {
    const { carrier } = this;
    this.fail(this.signal.reason);
    carrier?.drop();
  };

  private readonly stopListening = (): void => this.signal.removeEventListener('abort', this.aborted);
}

const asError = (reason: unknown): Error => (reason instanceof Error ? reason : new Error(String(reason)));

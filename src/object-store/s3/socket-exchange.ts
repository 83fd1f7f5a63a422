import { Readable } from 'node:stream';
import { notWhenAborted, whenAborted } from '../../kernel/abort-calls.js';
import { memoryFor } from '../body-memory.js';
import { StoreError } from '../object-store.port.js';
import { fromSystemError } from './errors.js';
import { type BodySource, ResponseBody } from './response-body.js';
import { mayShareConnection } from './request-head.js';
import type { ResponseHead } from './response-head.js';
import { NO_HEADERS } from './response-headers.js';
import { SmallMemory } from './small-memory.js';
import { type S3WireRequest, type S3WireResponse, wantsStream } from './transport.js';

/** Longest answer that is collected: a page of 1,000 keys of 1,024 bytes, each byte escaped, stays below. */
const MAX_COLLECTED_BYTES = 32 * 1024 * 1024;
/** Memory that is taken on an announcement alone. */
const MAX_RESERVED_BYTES = 1024 * 1024;
/** A body up to this size comes with its head, as a rule. */
const SHORT_BYTES = 64 * 1024;
/** Bodies up to this size are cut from larger pieces of memory. */
const CUT_BYTES = 16 * 1024;
const NO_BODY = Buffer.alloc(0);
const smallBodies = new SmallMemory();

/** What an exchange needs of whoever carries it: a queue first, then a connection. */
export interface Carrier {
  pause(): void;
  resume(): void;
  /** The exchange is over for its side: nothing more is to be sent or read of it. */
  drop(exchange: SocketExchange): void;
}

/** One request and its answer. Collects the body, or hands it on as a stream. */
export class SocketExchange implements BodySource {
  private carrier: Carrier | undefined;
  private status = 0;
  private headers = NO_HEADERS;
  private stream: ResponseBody | undefined;
  private reserved: Buffer | undefined;
  private chunks: Buffer[] = [];
  private collected = 0;
  private settled = false;
  /** It may be on its way together with others. */
  mayShare: boolean;

  constructor(
    readonly request: S3WireRequest,
    private readonly signal: AbortSignal,
    private readonly resolve: (response: S3WireResponse) => void,
    private readonly reject: (error: unknown) => void,
  ) {
    this.mayShare = mayShareConnection(request);
    whenAborted(signal, this.aborted);
    // It may fail while it waits for a connection, where nobody else listens; whoever writes it asks whether it did.
    if (request.body instanceof Readable) request.body.on('error', () => undefined);
  }

  carriedBy(carrier: Carrier): void {
    this.carrier = carrier;
  }

  get streams(): boolean {
    return this.stream !== undefined;
  }

  /** Nobody waits for its answer any more. */
  get over(): boolean {
    return this.settled && this.stream === undefined;
  }

  /** From now on it has a connection to itself. */
  sendAlone(): void {
    this.mayShare = false;
  }

  head({ status, headers, framing }: ResponseHead): void {
    if (this.over) return;
    this.status = status;
    this.headers = headers;
    const announced = framing.kind === 'length' ? framing.bytes : undefined;
    if (!wantsStream(this.request, status, announced)) {
      if (announced !== undefined && announced > 0) this.reserved = this.reserve(announced);
      return;
    }
    this.stream = new ResponseBody(this, announced, () => this.stopListening());
    this.settled = true;
    this.resolve({ status, headers, body: NO_BODY, stream: this.stream });
  }

  /** Where the rest of a longer body that is collected can be read to at once. */
  room(): Buffer | undefined {
    const { reserved } = this;
    if (reserved === undefined || reserved.length <= SHORT_BYTES || this.collected === reserved.length)
      return undefined;
    return reserved.subarray(this.collected);
  }

  /** `lent` bytes are valid during the call only. */
  data(bytes: Buffer, lent: boolean): void {
    if (this.over) return;
    if (this.stream !== undefined) {
      this.stream.receive(lent ? Buffer.from(bytes) : bytes);
      return;
    }
    const { reserved } = this;
    if (reserved !== undefined && reserved.buffer !== bytes.buffer) bytes.copy(reserved, this.collected);
    this.collected += bytes.length;
    if (reserved !== undefined) return;
    if (this.collected > MAX_COLLECTED_BYTES) throw new StoreError('unavailable', 'The answer is too long');
    this.chunks.push(Buffer.from(bytes));
  }

  /** The answer is whole. */
  complete(): void {
    this.carrier = undefined;
    if (this.over) return;
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
    if (this.over) return;
    this.stopListening();
    const { body } = this.request;
    if (body instanceof Readable) body.destroy();
    const failure = this.signal.aborted ? asError(this.signal.reason) : fromSystemError(error);
    if (this.stream !== undefined) this.stream.destroy(failure);
    else if (!this.settled) this.reject(failure);
    this.settled = true;
  }

  /** Who asks for content keeps room for it, and may give its memory back. */
  private reserve(announced: number): Buffer | undefined {
    if (announced <= CUT_BYTES) return smallBodies.take(announced);
    if (announced <= (this.request.collectUpTo ?? 0)) return memoryFor(announced);
    return announced <= MAX_RESERVED_BYTES ? Buffer.allocUnsafe(announced) : undefined;
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
    carrier?.drop(this);
  }

  private readonly aborted = (): void => {
    const { carrier } = this;
    this.fail(this.signal.reason);
    carrier?.drop(this);
  };

  private stopListening(): void {
    notWhenAborted(this.signal, this.aborted);
  }
}

const asError = (reason: unknown): Error => (reason instanceof Error ? reason : new Error(String(reason)));

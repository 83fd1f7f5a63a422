import { ChunkedDecoder } from './chunked-decoder.js';
import { malformedAnswer, parseResponseHead, type ResponseHead } from './response-head.js';

/** Told of an answer as it comes. The bytes belong to the reader of the socket: they are valid during the call only. */
export interface ResponseHandler {
  /** The final answer's head; interim ones are skipped. */
  head(head: ResponseHead): void;
  data(bytes: Buffer): void;
  end(): void;
}

const HEAD_END = Buffer.from('\r\n\r\n');
const MINOR_VERSION_AT = 'HTTP/1.'.length;
const ONE = '1'.charCodeAt(0);
const MAX_HEAD_BYTES = 32 * 1024;
/** Interim answers (1xx) before the final one. */
const MAX_INTERIM = 8;
const NOTHING = Buffer.alloc(0);

type State = 'idle' | 'head' | 'length' | 'chunked' | 'until-close';

/** Takes one answer after the other from the bytes of a connection. Throws a `StoreError` on what is not HTTP/1.1. */
export class ResponseParser {
  /** The last answer was one of HTTP/1.1, not of an older version. */
  modern = false;
  private state: State = 'idle';
  private toHead = false;
  private pending: Buffer = NOTHING;
  private interim = 0;
  private left = 0;
  private chunks: ChunkedDecoder | undefined;

  constructor(private readonly handler: ResponseHandler) {}

  /** The next bytes answer a new request; answers to HEAD have no body whatever they announce. */
  begin(toHead: boolean): void {
    this.state = 'head';
    this.toHead = toHead;
    this.interim = 0;
  }

  /** Expects nothing any more; also from within the handler. */
  stop(): void {
    this.state = 'idle';
    this.pending = NOTHING;
  }

  /** Takes bytes. False when there are some that belong to no answer. */
  push(bytes: Buffer): boolean {
    let rest = bytes;
    while (rest.length > 0) {
      switch (this.state) {
        case 'idle':
          return false;
        case 'head':
          rest = this.readHead(rest);
          break;
        case 'length':
          rest = this.readLength(rest);
          break;
        case 'chunked':
          rest = this.readChunked(rest);
          break;
        case 'until-close':
          this.handler.data(rest);
          return true;
      }
    }
    return true;
  }

  /** The server has closed its side. True when that was the end of the answer. */
  closed(): boolean {
    if (this.state !== 'until-close') return false;
    this.finish();
    return true;
  }

  private readHead(bytes: Buffer): Buffer {
    const before = this.pending.length;
    const all = before === 0 ? bytes : Buffer.concat([this.pending, bytes]);
    const end = all.indexOf(HEAD_END, Math.max(0, before - HEAD_END.length));
    if (end > MAX_HEAD_BYTES || (end < 0 && all.length > MAX_HEAD_BYTES)) throw malformedAnswer('its head is too long');
    if (end < 0) {
      this.pending = before === 0 ? Buffer.from(all) : all;
      if (!mayBeHttp(all)) throw malformedAnswer('no status line');
      return NOTHING;
    }
    this.pending = NOTHING;
    this.modern = all[MINOR_VERSION_AT] === ONE;
    const head = parseResponseHead(all.toString('latin1', 0, end), this.toHead);
    const rest = all.subarray(end + HEAD_END.length);
    if (head.status < 200) {
      if (head.status === 101 || ++this.interim > MAX_INTERIM) throw malformedAnswer('an unexpected interim answer');
      return rest;
    }
    this.expectBody(head);
    return rest;
  }

  private expectBody(head: ResponseHead): void {
    const { framing } = head;
    this.state = framing.kind;
    if (framing.kind === 'length') this.left = framing.bytes;
    if (framing.kind === 'chunked') this.chunks = new ChunkedDecoder();
    this.handler.head(head);
    if (framing.kind === 'length' && framing.bytes === 0 && this.state === 'length') this.finish();
  }

  private readLength(bytes: Buffer): Buffer {
    const part = bytes.length > this.left ? bytes.subarray(0, this.left) : bytes;
    this.left -= part.length;
    this.handler.data(part);
    // The handler may have had enough.
    if (this.left === 0 && this.state === 'length') this.finish();
    return bytes.subarray(part.length);
  }

  private readChunked(bytes: Buffer): Buffer {
    const { chunks } = this;
    if (chunks === undefined) return NOTHING;
    const part = chunks.next(bytes);
    if (part !== undefined) this.handler.data(part);
    if (chunks.isOver && this.state === 'chunked') this.finish();
    return bytes.subarray(chunks.consumed);
  }

  private finish(): void {
    this.stop();
    this.handler.end();
  }
}

/** A peer that speaks something else may never send an empty line. */
const mayBeHttp = (bytes: Buffer): boolean => 'HTTP/1.'.startsWith(bytes.toString('latin1', 0, 7));

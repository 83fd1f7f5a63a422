import type { Socket } from 'node:net';
import { StoreError } from '../object-store.port.js';
import { ChunkGatherer } from './chunk-gatherer.js';
import { openSocket, type SocketTarget } from './open-socket.js';
import { SlabReader } from './read-slabs.js';
import { RequestWriter, requestHead } from './request-writer.js';
import type { ResponseHead } from './response-head.js';
import { ResponseParser } from './response-parser.js';
import type { Carrier, SocketExchange } from './socket-exchange.js';

/** All sockets read heads and small bodies into this: what is read is used up before the next read. */
const SHARED = Buffer.allocUnsafeSlow(64 * 1024);
/** Longer bodies that are streamed get memory of their own. */
const SLABS_FROM_BYTES = SHARED.length;

/** Times in ticks of the owner's clock, which is as exact as waits of seconds need. */
export interface ConnectionTimes {
  readonly connect: number;
  readonly request: number;
  readonly idle: number;
  readonly keepAlive: number;
  readonly tickMs: number;
}

/** The pool that a connection belongs to. */
export interface ConnectionOwner extends SocketTarget {
  readonly times: ConnectionTimes;
  /** In ticks. */
  readonly now: number;
  /** It can take another request. */
  freed(connection: SocketConnection): void;
  /** It is gone. */
  closed(connection: SocketConnection): void;
}

/** One HTTP/1.1 connection, one request at a time. */
export class SocketConnection implements Carrier {
  private readonly socket: Socket;
  private readonly parser = new ResponseParser(this);
  private exchange: SocketExchange | undefined;
  private writer: RequestWriter | undefined;
  private answer: ResponseHead | undefined;
  private ended = false;
  private slabs: SlabReader | undefined;
  private inSlab = false;
  private readonly gathered = new ChunkGatherer((chunk) => this.exchange?.data(chunk, false));
  private paused = false;
  private connecting = true;
  private touchedAt: number;
  private idleTicks: number;

  constructor(private readonly owner: ConnectionOwner) {
    this.touchedAt = owner.now;
    this.idleTicks = owner.times.keepAlive;
    const into = {
      buffer: () => this.nextBuffer(),
      callback: (bytes: number, buffer: Uint8Array) => this.read(Buffer.from(buffer.buffer, buffer.byteOffset, bytes)),
    };
    this.socket = openSocket(owner, into, () => {
      this.connecting = false;
      this.touch();
    });
    this.socket.on('drain', () => {
      this.touch();
      this.writer?.drained();
    });
    this.socket.once('end', () => this.hungUp());
    this.socket.on('error', (error) => this.fail(error));
    this.socket.once('close', () => {
      this.fail(hungUp());
      owner.closed(this);
    });
  }

  /** Nothing is wrong with it as far as is known. */
  get usable(): boolean {
    return !this.socket.destroyed && this.socket.readable && this.socket.writable;
  }

  run(exchange: SocketExchange): void {
    const { request } = exchange;
    this.exchange = exchange;
    exchange.carriedBy(this);
    this.touch();
    try {
      const head = requestHead(request);
      this.parser.begin(request.method === 'HEAD');
      this.writer = new RequestWriter(this.socket, request.body, this);
      this.writer.start(head, announcedLength(request.headers));
    } catch (error) {
      this.fail(error);
    }
  }

  pause(): void {
    this.paused = true;
    this.socket.pause();
  }

  resume(): void {
    if (!this.paused) return;
    this.paused = false;
    this.touch();
    this.socket.resume();
  }

  drop(): void {
    this.exchange = undefined;
    this.gathered.drop();
    this.parser.stop();
    this.writer?.stop();
    this.socket.destroy();
  }

  /** Looks whether something takes too long. */
  check(): void {
    const { times, now } = this.owner;
    const waited = now - this.touchedAt;
    if (this.exchange === undefined) {
      if (waited > this.idleTicks) this.drop();
    } else if (!this.paused) {
      const limit = this.connecting ? times.connect : this.answer === undefined ? times.request : times.idle;
      if (waited > limit)
        this.fail(late(this.connecting ? 'to connect' : this.answer === undefined ? 'to answer' : 'of the body'));
    }
  }

  async close(): Promise<void> {
    const closed = this.socket.closed ? undefined : new Promise((resolve) => this.socket.once('close', resolve));
    this.fail(new StoreError('connection', 'The connections were closed'));
    this.socket.destroy();
    await closed;
  }

  head(head: ResponseHead): void {
    this.answer = head;
    this.exchange?.head(head);
    if (this.exchange?.streams !== true) return;
    if (head.framing.kind !== 'length' || head.framing.bytes > SLABS_FROM_BYTES) this.slabs = new SlabReader();
  }

  data(bytes: Buffer): void {
    if (this.inSlab && this.slabs !== undefined) {
      this.slabs.handOn(bytes);
      this.gathered.add(bytes);
    } else this.exchange?.data(bytes, true);
  }

  end(): void {
    this.ended = true;
  }

  progressed(): void {
    this.touch();
  }

  failed(error: Error): void {
    this.fail(error);
  }

  private nextBuffer(): Buffer {
    this.inSlab = this.slabs !== undefined;
    return this.slabs?.room() ?? SHARED;
  }

  private read(bytes: Buffer): boolean {
    this.touch();
    if (this.inSlab) this.slabs?.read(bytes.length);
    try {
      const clean = this.parser.push(bytes);
      if (this.ended) this.finish(clean);
      else if (!clean) this.drop(); // it speaks unasked
      if (this.inSlab) this.slabs?.next();
    } catch (error) {
      this.fail(error);
    }
    return !this.paused;
  }

  /** The answer is whole; `clean` when nothing came after it. */
  private finish(clean: boolean): void {
    this.gathered.flush();
    const { exchange, answer, writer } = this;
    this.ended = false;
    this.exchange = undefined;
    this.answer = undefined;
    this.writer = undefined;
    this.slabs?.close();
    this.slabs = undefined;
    const whole = writer?.done === true && this.socket.writableLength === 0;
    const again = clean && whole && answer?.keepsAlive === true && this.usable;
    if (!again) {
      writer?.stop();
      this.socket.destroy();
    }
    exchange?.complete();
    if (again) this.release(answer);
  }

  private release({ keepAliveMs }: ResponseHead): void {
    const { times } = this.owner;
    // A second less than it says: what is on its way must still find it open.
    const told = keepAliveMs === undefined ? Infinity : (keepAliveMs - 1000) / times.tickMs;
    this.idleTicks = Math.min(times.keepAlive, told);
    if (this.paused) this.resume();
    if (this.idleTicks <= 0) this.socket.destroy();
    else this.owner.freed(this);
  }

  private hungUp(): void {
    if (!this.parser.closed()) this.fail(hungUp());
    else this.finish(false);
    this.socket.destroy();
  }

  private fail(error: unknown): void {
    const { exchange } = this;
    this.drop();
    exchange?.fail(error);
  }

  private touch(): void {
    this.touchedAt = this.owner.now;
  }
}

const hungUp = (): StoreError =>
  new StoreError('connection', 'The other side closed the connection', { backendCode: 'ECONNRESET' });
const late = (what: string): StoreError =>
  new StoreError('timeout', `Too slow ${what}`, { backendCode: 'RequestTimeout' });

function announcedLength(headers: readonly string[]): number {
  for (let at = 0; at < headers.length; at += 2) if (headers[at] === 'content-length') return Number(headers[at + 1]);
  return 0;
}

import type { Socket } from 'node:net';
import { timedOut } from '../call-deadlines.js';
import { StoreError } from '../object-store.port.js';
import { ConnectionClock } from './connection-clock.js';
import type { ConnectionOwner } from './connection-owner.js';
import { openSocket } from './open-socket.js';
import { writeTogether } from './request-batch.js';
import { goesInOnePiece, isSmallAnswer } from './request-head.js';
import { RequestWriter, type WriterEvents } from './request-writer.js';
import type { ResponseHead } from './response-head.js';
import { type ResponseHandler, ResponseParser } from './response-parser.js';
import type { Carrier, SocketExchange } from './socket-exchange.js';
import { SocketMemory, type SocketReader } from './socket-memory.js';

/** A server that closes a connection after so many answers has had enough of it, not of several requests at once. */
const LONG_SERVICE = 100;

/** One HTTP/1.1 connection. What it has taken is sent together, and nothing more until all of it is answered. */
export class SocketConnection implements Carrier, ResponseHandler, SocketReader, WriterEvents {
  private readonly socket: Socket;
  private readonly parser = new ResponseParser(this);
  /** In the order in which answers come. */
  private readonly exchanges: SocketExchange[] = [];
  private sent = false;
  private answers = 0;
  /** It is not used again. */
  private last = false;
  private writer: RequestWriter | undefined;
  private answer: ResponseHead | undefined;
  private ended = false;
  private readonly memory = new SocketMemory(this);
  private paused = false;
  private readonly clock: ConnectionClock;

  constructor(private readonly owner: ConnectionOwner<SocketConnection>) {
    this.clock = new ConnectionClock(owner);
    this.socket = openSocket(owner, this.memory, () => this.clock.connected());
    this.socket.on('drain', () => {
      this.clock.touch();
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

  /** How many exchanges it has taken that are not over. */
  get load(): number {
    return this.exchanges.length;
  }

  /** It has shown that it answers one request after the other: several may be on their way. */
  get takesSeveral(): boolean {
    return this.answers > 0 && this.parser.modern;
  }

  /** Only between two calls of `send`, and before the first answer. */
  take(exchange: SocketExchange): void {
    this.exchanges.push(exchange);
    exchange.carriedBy(this);
    this.clock.touch();
  }

  /** Sends what it has taken. */
  send(): void {
    this.clock.touch();
    this.sent = true;
    const first = this.exchanges[0];
    if (first !== undefined && !goesInOnePiece(first.request)) this.sendLong(first);
    else this.exchanges.push(...writeTogether(this.socket, this.exchanges.splice(0)));
    if (this.exchanges[0] !== undefined) this.parser.begin(this.exchanges[0].request.method === 'HEAD');
    else if (this.usable) this.giveBack();
  }

  pause(): void {
    this.paused = true;
    this.socket.pause();
  }

  resume(): void {
    if (!this.paused) return;
    this.paused = false;
    this.clock.touch();
    this.socket.resume();
  }

  drop(exchange: SocketExchange): void {
    if (!this.sent) this.exchanges.splice(this.exchanges.indexOf(exchange), 1);
    else if (exchange.streams || this.exchanges.every(({ over }) => over)) this.destroy();
  }

  /** Looks whether something takes too long. */
  check(): void {
    if (this.exchanges.length === 0) {
      if (this.clock.lateWith('request') !== undefined) this.destroy();
    } else if (!this.paused) {
      const late = this.clock.lateWith(this.answer === undefined ? 'answer' : 'body');
      if (late !== undefined) this.fail(timedOut(`The ${late} took too long`));
    }
  }

  async close(): Promise<void> {
    const closed = this.socket.closed ? undefined : new Promise((resolve) => this.socket.once('close', resolve));
    this.fail(new StoreError('connection', 'The connections were closed'));
    await closed;
  }

  head(head: ResponseHead): void {
    const exchange = this.exchanges[0];
    this.clock.touch();
    this.answer = head;
    exchange?.head(head);
    // Nobody should wait for a long body that is read slowly, or by nobody; and behind the last answer there is none.
    const holdsUp = exchange?.streams === true || (exchange?.over === true && !isSmallAnswer(head));
    if (holdsUp || !head.keepsAlive) this.leaveOthers(!holdsUp && this.answers < LONG_SERVICE);
    if (exchange?.streams === true) this.memory.begin(head);
    else if (holdsUp) this.destroy();
  }

  data(bytes: Buffer): void {
    this.memory.body(bytes);
  }

  deliver(bytes: Buffer, lent: boolean): void {
    this.exchanges[0]?.data(bytes, lent);
  }

  room(): Buffer | undefined {
    return this.exchanges[0]?.room();
  }

  read(bytes: Buffer): boolean {
    if (this.exchanges[0]?.streams === true) this.clock.touch();
    else this.clock.earn(bytes.length);
    try {
      const clean = this.parser.push(bytes);
      if (this.ended) this.finish(clean);
      else if (!clean) this.fail(hungUp()); // it speaks unasked
    } catch (error) {
      this.fail(error);
    }
    return !this.paused;
  }

  end(): void {
    const next = this.exchanges[1];
    this.clock.touch();
    if (next === undefined) {
      this.ended = true;
      return;
    }
    this.answers++;
    this.answer = undefined;
    this.exchanges.shift()?.complete();
    this.clock.touch(); // the time of the next begins
    this.parser.begin(next.request.method === 'HEAD');
  }

  progressed(): void {
    this.clock.touch();
  }

  failed(error: Error): void {
    this.fail(error);
  }

  private sendLong(exchange: SocketExchange): void {
    try {
      this.writer = new RequestWriter(this.socket, exchange.request, this);
      this.writer.start();
    } catch (error) {
      this.fail(error);
    }
  }

  /** The last answer is whole; `clean` when nothing came after it. */
  private finish(clean: boolean): void {
    this.memory.end();
    const { answer, writer } = this;
    const exchange = this.exchanges.shift();
    this.answers++;
    this.ended = false;
    this.answer = undefined;
    this.writer = undefined;
    const whole = (writer === undefined || writer.done) && this.socket.writableLength === 0;
    const again = clean && whole && !this.last && answer?.keepsAlive === true && this.usable;
    if (!again) {
      writer?.stop();
      this.socket.destroy();
    }
    exchange?.complete();
    if (!again) return;
    if (this.paused) this.resume();
    if (this.clock.keep(answer.keepAliveMs)) this.giveBack();
    else this.socket.destroy();
  }

  private giveBack(): void {
    this.sent = false;
    this.owner.freed(this);
  }

  private hungUp(): void {
    if (!this.parser.closed()) this.fail(hungUp());
    else this.finish(false);
    this.socket.destroy();
  }

  /** The one whose answer is due fails; the others find another connection. */
  private fail(error: unknown): void {
    const due = this.sent ? this.exchanges.shift() : undefined;
    const others = this.exchanges.splice(0);
    this.destroy();
    due?.fail(error);
    this.leave(others, this.sent);
  }

  /** What is behind the answer that comes finds another connection. */
  private leaveOthers(distrust: boolean): void {
    if (this.exchanges.length === 1) return;
    this.last = true;
    this.leave(this.exchanges.splice(1), distrust);
  }

  private leave(exchanges: readonly SocketExchange[], distrust: boolean): void {
    if (this.sent) for (const exchange of exchanges) exchange.sendAlone();
    this.owner.unanswered(exchanges, distrust);
  }

  private destroy(): void {
    this.exchanges.length = 0;
    this.memory.drop();
    this.parser.stop();
    this.writer?.stop();
    this.socket.destroy();
  }
}

const hungUp = (): StoreError =>
  new StoreError('connection', 'The other side closed the connection', { backendCode: 'ECONNRESET' });

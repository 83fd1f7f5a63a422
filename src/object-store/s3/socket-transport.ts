import { createSecureContext, type SecureContext } from 'node:tls';
import { StoreError } from '../object-store.port.js';
import type { ConnectionTimes } from './connection-clock.js';
import type { ConnectionOwner } from './connection-owner.js';
import { depthFor, type DepthSource, OriginDepth } from './pipeline-depth.js';
import { SocketConnection } from './socket-connection.js';
import { type Carrier, SocketExchange } from './socket-exchange.js';
import type { S3Transport, S3TransportOptions, S3WireRequest, S3WireResponse } from './transport.js';

const KEEP_ALIVE_MS = 15_000;
const MAX_CONNECT_MS = 10_000;
/** Times are looked at this often in the shortest of them. */
const LOOKS = 16;
const MAX_TICK_MS = 1000;

/**
 * HTTP/1.1 over bare sockets: one parser, one write and no promise but the caller's for a small request; large bodies go from
 * one socket's memory to the next without copies.
 */
export class SocketTransport implements S3Transport, ConnectionOwner<SocketConnection>, Carrier {
  readonly origin: URL;
  readonly secureContext: SecureContext | undefined;
  readonly times: ConnectionTimes;
  now = 0;
  tlsSession: Buffer | undefined;
  private readonly limit: number;
  private readonly all = new Set<SocketConnection>();
  private readonly free: SocketConnection[] = [];
  private readonly waiting = new Set<SocketExchange>();
  private readonly pipelining: OriginDepth;
  /** Connections that send at the end of this turn of the event loop, and the one of them that takes more. */
  private readonly sending: SocketConnection[] = [];
  private filling: SocketConnection | undefined;
  private clock: NodeJS.Timeout | undefined;
  private isClosed = false;

  constructor(
    options: S3TransportOptions,
    private readonly load: DepthSource = depthFor(options.pipelining ?? 'auto'),
  ) {
    const { requestTimeoutMs, idleTimeoutMs } = options;
    this.pipelining = new OriginDepth(load);
    this.origin = new URL(options.origin);
    if (this.origin.protocol === 'https:')
      this.secureContext = createSecureContext({ ca: options.trustedCertificates });
    this.limit = options.connections;
    const connectMs = Math.min(requestTimeoutMs, MAX_CONNECT_MS);
    const tickMs = Math.max(1, Math.min(MAX_TICK_MS, Math.min(connectMs, idleTimeoutMs) / LOOKS));
    const ticks = (ms: number): number => Math.ceil(ms / tickMs);
    this.times = {
      connect: ticks(connectMs),
      request: ticks(requestTimeoutMs),
      idle: ticks(idleTimeoutMs),
      keepAlive: ticks(KEEP_ALIVE_MS),
      tickMs,
    };
  }

  send(request: S3WireRequest, signal: AbortSignal): Promise<S3WireResponse> {
    return new Promise((resolve, reject) => {
      const exchange = new SocketExchange(request, signal, resolve, reject);
      if (signal.aborted) exchange.fail(signal.reason);
      else this.accept(exchange);
    });
  }

  async close(): Promise<void> {
    this.isClosed = true;
    for (const exchange of this.waiting) exchange.fail(new StoreError('connection', 'The connections were closed'));
    this.waiting.clear();
    await Promise.all([...this.all].map((connection) => connection.close()));
  }

  freed(connection: SocketConnection): void {
    this.free.push(connection);
    this.serveWaiting();
  }

  unanswered(exchanges: readonly SocketExchange[], distrust: boolean): void {
    const wanted = exchanges.filter(({ over }) => !over);
    if (distrust && wanted.length > 0) this.pipelining.distrust();
    for (const exchange of wanted) this.accept(exchange);
  }

  closed(connection: SocketConnection): void {
    this.all.delete(connection);
    const at = this.free.indexOf(connection);
    if (at >= 0) this.free.splice(at, 1);
    this.serveWaiting();
    if (this.all.size > 0) return;
    clearInterval(this.clock);
    this.clock = undefined;
    this.load.unwatch();
  }

  pause(): void {
    // Nothing comes for an exchange that waits.
  }

  resume(): void {
    // As above.
  }

  drop(exchange: SocketExchange): void {
    this.waiting.delete(exchange);
  }

  private accept(exchange: SocketExchange): void {
    if (this.isClosed) {
      exchange.fail(new StoreError('connection', 'The connections were closed'));
      return;
    }
    const connection = this.connectionFor(exchange);
    if (connection !== undefined) {
      this.run(exchange, connection);
      return;
    }
    this.waiting.add(exchange);
    exchange.carriedBy(this);
  }

  private serveWaiting(): void {
    for (const exchange of this.waiting) {
      const connection = this.connectionFor(exchange);
      if (connection === undefined) return;
      this.waiting.delete(exchange);
      this.run(exchange, connection);
    }
  }

  private connectionFor(exchange: SocketExchange): SocketConnection | undefined {
    const { filling } = this;
    if (filling?.usable === true && filling.load < this.pipelining.depth && exchange.mayShare) return filling;
    for (let kept = this.free.pop(); kept !== undefined; kept = this.free.pop()) if (kept.usable) return kept;
    return this.all.size < this.limit ? this.connect() : undefined;
  }

  /** Alone at once, or with others at the end of this turn. */
  private run(exchange: SocketExchange, connection: SocketConnection): void {
    connection.take(exchange);
    this.load.sent();
    if (connection === this.filling) return;
    if (this.pipelining.depth === 1 || !connection.takesSeveral || !exchange.mayShare) {
      connection.send();
      return;
    }
    this.filling = connection;
    if (this.sending.push(connection) === 1) setImmediate(this.sendAll);
  }

  private readonly sendAll = (): void => {
    this.filling = undefined;
    for (const connection of this.sending.splice(0)) connection.send();
  };

  private connect(): SocketConnection {
    if (this.clock === undefined) {
      this.clock = setInterval(() => this.tick(), this.times.tickMs).unref();
      this.load.watch();
    }
    const connection = new SocketConnection(this);
    this.all.add(connection);
    return connection;
  }

  private tick(): void {
    this.now++;
    for (const connection of this.all) connection.check();
  }
}

import { createSecureContext, type SecureContext } from 'node:tls';
import { StoreError } from '../object-store.port.js';
import { type ConnectionOwner, type ConnectionTimes, SocketConnection } from './socket-connection.js';
import { SocketExchange } from './socket-exchange.js';
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
export class SocketTransport implements S3Transport, ConnectionOwner {
  readonly origin: URL;
  readonly secureContext: SecureContext | undefined;
  readonly times: ConnectionTimes;
  now = 0;
  tlsSession: Buffer | undefined;
  private readonly limit: number;
  private readonly all = new Set<SocketConnection>();
  private readonly free: SocketConnection[] = [];
  private readonly waiting = new Set<SocketExchange>();
  private clock: NodeJS.Timeout | undefined;
  private isClosed = false;

  constructor(options: S3TransportOptions) {
    const { requestTimeoutMs, idleTimeoutMs } = options;
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
      else if (this.isClosed) exchange.fail(new StoreError('connection', 'The connections were closed'));
      else this.place(exchange);
    });
  }

  async close(): Promise<void> {
    this.isClosed = true;
    for (const exchange of this.waiting) exchange.fail(new StoreError('connection', 'The connections were closed'));
    this.waiting.clear();
    await Promise.all([...this.all].map((connection) => connection.close()));
  }

  freed(connection: SocketConnection): void {
    const next = this.nextWaiting();
    if (next === undefined) this.free.push(connection);
    else connection.run(next);
  }

  closed(connection: SocketConnection): void {
    this.all.delete(connection);
    const at = this.free.indexOf(connection);
    if (at >= 0) this.free.splice(at, 1);
    const next = this.isClosed ? undefined : this.nextWaiting();
    if (next !== undefined) this.connect().run(next);
    if (this.all.size > 0) return;
    clearInterval(this.clock);
    this.clock = undefined;
  }

  private place(exchange: SocketExchange): void {
    for (let kept = this.free.pop(); kept !== undefined; kept = this.free.pop()) {
      if (!kept.usable) continue;
      kept.run(exchange);
      return;
    }
    if (this.all.size < this.limit) this.connect().run(exchange);
    else this.queue(exchange);
  }

  private queue(exchange: SocketExchange): void {
    this.waiting.add(exchange);
    const nothing = (): void => undefined;
    exchange.carriedBy({ pause: nothing, resume: nothing, drop: () => void this.waiting.delete(exchange) });
  }

  private nextWaiting(): SocketExchange | undefined {
    for (const exchange of this.waiting) {
      this.waiting.delete(exchange);
      return exchange;
    }
    return undefined;
  }

  private connect(): SocketConnection {
    this.clock ??= setInterval(() => this.tick(), this.times.tickMs).unref();
    const connection = new SocketConnection(this);
    this.all.add(connection);
    return connection;
  }

  private tick(): void {
    this.now++;
    for (const connection of this.all) connection.check();
  }
}

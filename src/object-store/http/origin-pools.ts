import { Pool, type buildConnector } from 'undici';
import { StoreError } from '../object-store.port.js';

export interface OriginPoolsOptions {
  readonly connector: buildConnector.connector;
  /** Connections to one origin at most. */
  readonly connectionsPerOrigin: number;
  /** Origins with open connections at most. */
  readonly maxOrigins: number;
  /** A response must begin within this time. */
  readonly requestTimeoutMs: number;
  /** A body must not stand still longer than this. */
  readonly idleTimeoutMs: number;
  /** How long the connections to an origin are kept when nobody uses them. */
  readonly keepMs: number;
}

interface OpenPool {
  readonly pool: Pool;
  users: number;
  expiry: NodeJS.Timeout | undefined;
}

/** The right to use the connections to one origin, until it is given back. */
export interface PoolLease {
  readonly pool: Pool;
  readonly release: () => void;
}

/** Connections by origin, for lists that name many: only so many origins are held at once, and unused ones are let go. */
export class OriginPools {
  private readonly open = new Map<string, OpenPool>();
  private readonly waiting = new Set<() => void>();
  private closed = false;

  constructor(private readonly options: OriginPoolsOptions) {}

  /** Origins that are held now. */
  get size(): number {
    return this.open.size;
  }

  /** Waits while all origins that may be held are in use. */
  async acquire(origin: string, signal: AbortSignal): Promise<PoolLease> {
    for (;;) {
      signal.throwIfAborted();
      if (this.closed) throw new StoreError('connection', 'The connections are closed');
      const entry = this.open.get(origin) ?? this.add(origin);
      if (entry !== undefined) return this.lease(origin, entry);
      await this.turn(signal);
    }
  }

  /** Ends all connections; requests in flight fail. */
  async close(): Promise<void> {
    this.closed = true;
    const entries = [...this.open.values()];
    this.open.clear();
    this.wake();
    for (const { expiry } of entries) clearTimeout(expiry);
    await Promise.all(entries.map(({ pool }) => pool.destroy()));
  }

  private add(origin: string): OpenPool | undefined {
    if (this.open.size >= this.options.maxOrigins && !this.dropIdle()) return undefined;
    const { connector, connectionsPerOrigin, requestTimeoutMs, idleTimeoutMs, keepMs } = this.options;
    const pool = new Pool(origin, {
      connect: connector,
      connections: connectionsPerOrigin,
      pipelining: 1,
      allowH2: false,
      headersTimeout: requestTimeoutMs,
      bodyTimeout: idleTimeoutMs,
      keepAliveTimeout: keepMs,
    });
    const entry: OpenPool = { pool, users: 0, expiry: undefined };
    this.open.set(origin, entry);
    return entry;
  }

  /** Lets the origin go that nobody uses for longest, if there is one. */
  private dropIdle(): boolean {
    for (const [origin, entry] of this.open) {
      if (entry.users > 0) continue;
      this.drop(origin, entry);
      return true;
    }
    return false;
  }

  private drop(origin: string, entry: OpenPool): void {
    clearTimeout(entry.expiry);
    if (this.open.get(origin) === entry) this.open.delete(origin);
    void entry.pool.destroy();
    this.wake();
  }

  private lease(origin: string, entry: OpenPool): PoolLease {
    entry.users++;
    clearTimeout(entry.expiry);
    // The map goes from the origin unused for longest to the one used last.
    this.open.delete(origin);
    this.open.set(origin, entry);
    let released = false;
    const release = (): void => {
      if (released) return;
      released = true;
      if (--entry.users > 0 || this.open.get(origin) !== entry) return;
      entry.expiry = setTimeout(() => this.drop(origin, entry), this.options.keepMs).unref();
      this.wake();
    };
    return { pool: entry.pool, release };
  }

  /** All of them look again: whether a place that became free serves one depends on its origin. */
  private wake(): void {
    for (const next of [...this.waiting]) next();
  }

  private turn(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        this.waiting.delete(next);
        signal.removeEventListener('abort', abort);
      };
      const next = (): void => {
        settle();
        resolve();
      };
      const abort = (): void => {
        settle();
        reject(signal.reason as Error);
      };
      this.waiting.add(next);
      signal.addEventListener('abort', abort, { once: true });
    });
  }
}

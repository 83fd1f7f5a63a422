import { StoreError } from '../object-store.port.js';
import { guardedConnector, type ResolveAll } from './address-guard.js';
import { discardBody, exchange, type HttpAnswer } from './exchange.js';
import { OriginPools } from './origin-pools.js';
import { redirected, type HttpTarget } from './target.js';

export interface HttpClientOptions {
  /** Let connections lead to loopback, private and link-local addresses too. */
  readonly allowPrivateNetworks: boolean;
  readonly connectionsPerOrigin: number;
  /** A response must begin within this time, each one of a chain of redirects. */
  readonly requestTimeoutMs: number;
  /** A body must not stand still longer than this. */
  readonly idleTimeoutMs: number;
  /** Origins with open connections at most; 256 unless given. */
  readonly maxOrigins?: number;
  /** How long the connections to an origin are kept when nobody uses them; 15 s unless given. */
  readonly keepMs?: number;
  /** Certificates to trust instead of the well-known ones, as PEM. */
  readonly ca?: string;
  /** Resolves names in place of the system. */
  readonly resolve?: ResolveAll;
}

export interface HttpRequest {
  readonly method: 'GET' | 'HEAD';
  readonly target: HttpTarget;
  /** Beside those that every request has. */
  readonly headers: readonly string[];
}

const MAX_REDIRECTS = 5;
const MAX_CONNECT_MS = 10_000;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
/** What is stored is wanted as it is stored: nothing may be compressed for the way. */
const ALWAYS = ['accept', '*/*', 'accept-encoding', 'identity', 'user-agent', 'OpenOMS'];

/** Reads from whatever origin a URL names. One for all URL lists and CDN domains of a process. */
export class HttpClient {
  private readonly pools: OriginPools;

  constructor(options: HttpClientOptions) {
    const { requestTimeoutMs, maxOrigins = 256, keepMs = 15_000 } = options;
    const connectTimeoutMs = Math.min(requestTimeoutMs, MAX_CONNECT_MS);
    const connector = guardedConnector({ ...options, connectTimeoutMs });
    this.pools = new OriginPools({ ...options, connector, maxOrigins, keepMs });
  }

  /** Origins with connections now. */
  get origins(): number {
    return this.pools.size;
  }

  /**
   * Sends a request, follows its redirects, and answers with the first answer that is none, whatever its status. Every hop
   * is to an allowed address, with http or https. Rejects with a `StoreError`, or with the signal's reason.
   */
  async send(request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer> {
    let { target } = request;
    for (let hops = 0; ; hops++) {
      const answer = await this.sendOnce({ ...request, target }, signal);
      if (!REDIRECTS.has(answer.status)) return answer;
      discardBody(answer);
      if (hops === MAX_REDIRECTS)
        throw new StoreError('invalid', `The URL is redirected more than ${MAX_REDIRECTS} times`, {
          backendCode: 'TooManyRedirects',
          httpStatus: answer.status,
        });
      target = redirected(target, answer.headers.get('location'));
    }
  }

  /** Ends all connections; requests in flight fail. */
  async close(): Promise<void> {
    await this.pools.close();
  }

  private async sendOnce({ method, target, headers }: HttpRequest, signal: AbortSignal): Promise<HttpAnswer> {
    const { origin, path, authorization } = target;
    const credentials = authorization === undefined ? [] : ['authorization', authorization];
    const { pool, release } = await this.pools.acquire(origin, signal);
    return exchange(pool, { method, path, headers: [...ALWAYS, ...credentials, ...headers] }, signal, release);
  }
}

import { EndpointGuards } from '../../src/object-store/endpoint-guards.js';
import { guardStore } from '../../src/object-store/guard-store.js';
import type { DestinationStore } from '../../src/object-store/object-store.port.js';
import { SharedConnections } from '../../src/object-store/s3/connections.js';
import { GENERIC_S3 } from '../../src/object-store/s3/dialects.js';
import { S3Store } from '../../src/object-store/s3/store.js';
import { UndiciTransport } from '../../src/object-store/s3/undici-transport.js';
import { type S3Endpoint, startS3Endpoint } from './s3-endpoint/index.js';

const credentials = { accessKey: 'AKTEST', secretKey: 'secret-of-the-test' };

export interface S3PairTimes {
  readonly retry: { readonly attempts: number; readonly baseDelayMs: number; readonly maxDelayMs: number };
  readonly deadlines: { readonly requestTimeoutMs: number; readonly idleTimeoutMs: number };
}

/** Two S3 endpoints with one bucket each, `from` and `to`, and guarded stores over them. */
export class S3Pair {
  readonly source: DestinationStore;
  readonly destination: DestinationStore;
  private readonly opened: DestinationStore[] = [];

  private constructor(
    readonly from: S3Endpoint,
    readonly to: S3Endpoint,
    private readonly connections: SharedConnections,
    private readonly times: S3PairTimes,
  ) {
    this.source = this.open(from, 'from');
    this.destination = this.open(to, 'to');
  }

  static async start(times: S3PairTimes): Promise<S3Pair> {
    const connect = (origin: string) => new UndiciTransport({ origin, connections: 16, ...times.deadlines });
    const from = await startS3Endpoint({ accessKeys: [credentials], buckets: ['from'] });
    const to = await startS3Endpoint({ accessKeys: [credentials], buckets: ['to'] });
    return new S3Pair(from, to, new SharedConnections(connect), times);
  }

  /** A store of its own, with guards of its own; closed with the pair. */
  open(endpoint: S3Endpoint, bucket: string): DestinationStore {
    const store = new S3Store({
      bucket,
      endpoint: endpoint.url,
      addressing: 'path',
      signingRegion: 'us-east-1',
      credentials,
      quirks: GENERIC_S3.quirks,
      connect: (origin) => this.connections.acquire(origin),
    });
    const breaker = { failures: 50, resetMs: 100 };
    const guards = new EndpointGuards({ readConcurrency: 8, writeConcurrency: 8, breaker });
    const guarded = guardStore(store, { guards, ...this.times });
    this.opened.push(guarded);
    return guarded;
  }

  async close(): Promise<void> {
    for (const store of this.opened) await store.close();
    await this.connections.close();
    await this.from.close();
    await this.to.close();
  }
}

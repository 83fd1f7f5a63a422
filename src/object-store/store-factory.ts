import { isAbsolute } from 'node:path';
import type { CdnSecrets, CdnSettings } from './http/cdn/cdn.js';
import { withCdn } from './http/cdn/with-cdn.js';
import { HttpClient } from './http/http-client.js';
import { UrlStore } from './http/url-store.js';
import {
  StoreError,
  type DestinationStore,
  type SourceStore,
  type StoreCredentials,
  type StoreLocation,
} from './object-store.port.js';
import { LocalStore } from './local/local-store.js';
import { openTransport, SharedConnections, type TransportKind } from './s3/connections.js';
import { dialectOf, GENERIC_S3, type CloudDialect } from './s3/dialects.js';
import type { Pipelining } from './s3/pipeline-depth.js';
import { S3Store } from './s3/store.js';

/** What the configuration adds to a cloud's region. */
interface ConfiguredRegion {
  readonly endpoint?: string;
  readonly addressing?: 'path' | 'virtual';
  readonly signingRegion?: string;
  readonly root?: string;
  readonly description?: string;
}

export interface StoreFactoryOptions {
  readonly clouds: Readonly<Record<string, { readonly regions: Readonly<Record<string, ConfiguredRegion>> }>>;
  readonly transfer: {
    readonly readConcurrency: number;
    readonly writeConcurrency: number;
    readonly requestTimeoutMs: number;
    readonly idleTimeoutMs: number;
    /** What speaks HTTP to S3 endpoints; undici unless given. */
    readonly transport?: TransportKind;
    /** Whether small requests share connections; only over sockets, `auto` unless given. */
    readonly pipelining?: Pipelining;
  };
  /** URL lists and CDN domains: whether they may lead to loopback, private and link-local addresses; false unless given. */
  readonly urlSource?: { readonly allowPrivateNetworks: boolean };
}

export interface OpenStoreOptions {
  /** All requests that read say that the one who asks pays. Local folders cost nothing. */
  readonly requesterPays?: boolean;
}

export interface RegionDescription {
  readonly name: string;
  readonly description: string;
}

/** Where a bucket is, once cloud and region are known. */
export type LocatedStore =
  | {
      readonly kind: 's3';
      readonly endpoint: string;
      readonly addressing: 'path' | 'virtual';
      readonly signingRegion: string;
      /** With the account's suffix where the cloud wants one. */
      readonly bucket: string;
    }
  | { readonly kind: 'local'; readonly endpoint: string; readonly root: string; readonly bucket: string };

/** Turns the name of a place into a store. The only switch over kinds of backends. */
export class StoreFactory {
  private readonly connections: SharedConnections;
  private readonly http: HttpClient;

  constructor(private readonly options: StoreFactoryOptions) {
    const { readConcurrency, writeConcurrency, requestTimeoutMs, idleTimeoutMs } = options.transfer;
    const { transport = 'undici', pipelining = 'auto' } = options.transfer;
    const connections = readConcurrency + writeConcurrency;
    const times = { requestTimeoutMs, idleTimeoutMs };
    this.connections = new SharedConnections((origin) =>
      openTransport(transport, { origin, connections, pipelining, ...times }),
    );
    const { allowPrivateNetworks = false } = options.urlSource ?? {};
    const connectionsPerOrigin = readConcurrency;
    this.http = new HttpClient({ allowPrivateNetworks, connectionsPerOrigin, requestTimeoutMs, idleTimeoutMs });
  }

  /** True when the cloud has a name here, built in or configured, with an adapter or without. */
  knows(cloudType: string): boolean {
    return this.dialect(cloudType) !== undefined;
  }

  /** True when stores of the cloud can be opened. */
  supports(cloudType: string): boolean {
    const dialect = this.dialect(cloudType);
    return dialect !== undefined && dialect.kind !== 'unsupported';
  }

  /** Built-in regions and configured ones, each once, by name. */
  regionsOf(cloudType: string): readonly RegionDescription[] {
    const dialect = this.dialect(cloudType);
    const builtIn = dialect?.kind === 's3' ? dialect.regions : {};
    const configured = this.configuredRegions(cloudType);
    const names = [...new Set([...Object.keys(builtIn), ...Object.keys(configured)])].sort();
    return names.map((name) => ({
      name,
      description: configured[name]?.description ?? builtIn[name]?.description ?? name,
    }));
  }

  /** Undefined for a cloud without an adapter and for a region that is neither built in nor configured. */
  locate(location: StoreLocation): LocatedStore | undefined {
    const dialect = this.dialect(location.cloudType);
    if (dialect === undefined || dialect.kind === 'unsupported') return undefined;
    const { region } = location;
    const regions = this.configuredRegions(location.cloudType);
    const configured = Object.hasOwn(regions, region) ? regions[region] : undefined;
    if (dialect.kind === 'local') {
      const root = configured?.root;
      if (root === undefined || !isAbsolute(root)) return undefined;
      return { kind: 'local', endpoint: `file://${root}`, root, bucket: location.bucket };
    }
    const builtIn = Object.hasOwn(dialect.regions, region) ? dialect.regions[region] : undefined;
    if (configured === undefined && builtIn === undefined) return undefined;
    const endpoint = configured?.endpoint ?? builtIn?.endpoint ?? dialect.endpoint.replace('{region}', region);
    if (endpoint === '') return undefined;
    return {
      kind: 's3',
      endpoint,
      addressing: configured?.addressing ?? dialect.addressing,
      signingRegion: configured?.signingRegion ?? builtIn?.signingRegion ?? region,
      bucket: dialect.bucketNeedsAppId ? withAppId(location) : location.bucket,
    };
  }

  /** A store that the caller closes. Throws a `StoreError` of kind `invalid` for a place that `locate` does not find. */
  open(location: StoreLocation, credentials: StoreCredentials, options: OpenStoreOptions = {}): DestinationStore {
    const located = this.locate(location);
    if (located === undefined)
      throw new StoreError('invalid', `${location.cloudType} has no region ${location.region}`, {
        backendCode: 'UnknownRegion',
      });
    if (located.kind === 'local') return new LocalStore({ root: located.root, bucket: located.bucket });
    const dialect = this.dialect(location.cloudType);
    const { quirks } = dialect?.kind === 's3' ? dialect : GENERIC_S3;
    const connect = (origin: string) => this.connections.acquire(origin);
    const { requesterPays = false } = options;
    return new S3Store({ ...located, credentials, quirks, requesterPays, connect });
  }

  /** A store whose keys are whole URLs; it can be read and neither listed nor written. */
  openUrls(): SourceStore {
    return new UrlStore(this.http);
  }

  /**
   * The same bucket with its objects read from a CDN domain; closing it closes the bucket's store. Throws a `StoreError` of
   * kind `invalid` when the domain is none or the authentication lacks its key.
   */
  throughCdn(store: SourceStore, cdn: CdnSettings, secrets: CdnSecrets): SourceStore {
    return withCdn(store, this.http, cdn, secrets);
  }

  /** Ends all connections; stores still open fail from now on. */
  async close(): Promise<void> {
    await Promise.all([this.connections.close(), this.http.close()]);
  }

  private dialect(cloudType: string): CloudDialect | undefined {
    return dialectOf(cloudType) ?? (Object.hasOwn(this.options.clouds, cloudType) ? GENERIC_S3 : undefined);
  }

  /** Those of the cloud, and of the cloud that it is another name of. */
  private configuredRegions(cloudType: string): Readonly<Record<string, ConfiguredRegion>> {
    const { clouds } = this.options;
    const own = (Object.hasOwn(clouds, cloudType) ? clouds[cloudType]?.regions : undefined) ?? {};
    return cloudType === 'HEC' ? { ...this.configuredRegions('HuaweiCloud'), ...own } : own;
  }
}

/** `<bucket>-<appId>`, also when the caller gave the whole name. */
function withAppId({ bucket, appId }: StoreLocation): string {
  return appId === undefined || appId === '' || bucket.endsWith(`-${appId}`) ? bucket : `${bucket}-${appId}`;
}

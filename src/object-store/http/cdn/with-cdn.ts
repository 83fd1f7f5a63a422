import { StoreError, type ObjectInfo, type SourceStore } from '../../object-store.port.js';
import { encodePath } from '../../s3/uri.js';
import type { HttpClient } from '../http-client.js';
import { HttpObjects, type TargetOf } from '../http-objects.js';
import type { CdnSecrets, CdnSettings } from './cdn.js';
import { cdnSigner } from './signers.js';

/**
 * A bucket whose objects are read from a CDN domain. What there is, tags and restores are still the bucket's; what a CDN
 * does not tell, such as a storage class, is left out, and `headInBucket` tells it. Closing it closes the bucket's store, not the client.
 */
export function withCdn(
  store: SourceStore,
  client: HttpClient,
  cdn: CdnSettings,
  secrets: CdnSecrets,
  now: () => number = Date.now,
): SourceStore {
  const { origin, basePath } = placeOf(cdn);
  const objects = new HttpObjects(client, targetsOf(store.bucket, { origin, basePath }, cdn, secrets, now));
  const { restore, getTags, traits } = store;
  const { listsInKeyOrder, maxPutBytes } = traits;
  return {
    label: `${store.label} through ${origin}`,
    bucket: store.bucket,
    traits: { listsInKeyOrder, maxPutBytes, checksum: 'none', keepsMetadata: true },
    // No bucket has such an identity, so nothing is ever copied server-side.
    endpointIdentity: `cdn ${origin}`,
    list: (prefix, after, signal) => store.list(prefix, after, signal),
    listPages: (prefix, after, signal) => store.listPages(prefix, after, signal),
    head: async (key, signal) => {
      assertKey(key);
      try {
        return await objects.head(key, signal);
      } catch (error) {
        const archived = await archivedObject(store, key, error, signal);
        if (archived === undefined) throw error;
        return archived;
      }
    },
    open: async (key, options, signal) => {
      assertKey(key);
      try {
        return await objects.open(key, options, signal);
      } catch (error) {
        if ((await archivedObject(store, key, error, signal)) === undefined) throw error;
        throw new StoreError('archived', 'The object is archived', { backendCode: 'InvalidObjectState', cause: error });
      }
    },
    ...(restore && {
      restore: (key: string, days: number, signal: AbortSignal) => restore.call(store, key, days, signal),
    }),
    headInBucket: (key, signal) => store.head(key, signal),
    ...(getTags && { getTags: (key: string, signal: AbortSignal) => getTags.call(store, key, signal) }),
    close: () => store.close(),
  };
}

/** An archived object is forbidden to a CDN like any other that it may not read; only the bucket can tell them apart. */
async function archivedObject(
  store: SourceStore,
  key: string,
  error: unknown,
  signal: AbortSignal,
): Promise<ObjectInfo | undefined> {
  if (store.restore === undefined || !(error instanceof StoreError) || error.kind !== 'denied') return undefined;
  if (error.backendCode === 'AddressNotAllowed') return undefined;
  const info = await store.head(key, signal).catch(() => undefined);
  signal.throwIfAborted();
  return info?.archive === undefined ? undefined : info;
}

interface CdnPlace {
  readonly origin: string;
  readonly basePath: string;
}

function targetsOf(
  bucket: string,
  { origin, basePath }: CdnPlace,
  { authenticationType }: CdnSettings,
  secrets: CdnSecrets,
  now: () => number,
): TargetOf {
  const sign = cdnSigner(authenticationType, secrets);
  return (key, method) => {
    const name = encodePath(key);
    return { origin, path: sign({ method, origin, basePath, bucket, name, atMs: now() }) };
  };
}

/** A URL parser would make something of these. */
const NO_DOMAIN = /[\s\\]|\/\//;

function placeOf({ domain, protocol }: CdnSettings): CdnPlace {
  const text = `${protocol.toLowerCase()}://${domain}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const extras = url === undefined ? '' : url.search + url.hash + url.username + url.password;
  if (url === undefined || extras !== '' || NO_DOMAIN.test(domain))
    throw new StoreError('invalid', 'The CDN domain is not a host name', { backendCode: 'InvalidCdnDomain' });
  return { origin: url.origin, basePath: url.pathname.replace(/\/+$/, '') };
}

/** An empty key would address the domain itself. */
function assertKey(key: string): void {
  if (key === '') throw new StoreError('invalid', 'An object needs a key', { backendCode: 'InvalidKey' });
}

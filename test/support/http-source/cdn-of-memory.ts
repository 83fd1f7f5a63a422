import { MemoryBuckets } from '../../../src/object-store/memory/memory-buckets.js';
import { MemoryStore } from '../../../src/object-store/memory/memory-store.js';
import type { CdnAuthentication, CdnSecrets, CdnSettings } from '../../../src/object-store/http/cdn/cdn.js';
import { cdnGate } from './cdn-gate.js';
import { HttpSource } from './http-source.js';

const SAS_TOKEN = 'sv=2022-11-02&sr=c&sp=r&se=2999-01-01T00%3A00%3A00Z&sig=c2VjcmV0%2BsigN4tUre%3D';
const CREDENTIALS = { accessKey: 'CDN/ACCESS+KEY', secretKey: 'cdn-secret-key' };
const HASH_KEY = 'cdnHashKey0123456789';

const needsCredentials = (type: CdnAuthentication): boolean => type.endsWith('PRIVATE_AUTHENTICATION');

/** What a domain of this kind is configured with. */
export function cdnSecrets(type: CdnAuthentication): CdnSecrets {
  if (type === 'NONE') return {};
  if (needsCredentials(type)) return { credentials: CREDENTIALS };
  return { authenticationKey: type === 'AZURE_SAS_TOKEN' ? `?${SAS_TOKEN}` : HASH_KEY };
}

/** A bucket in memory, and a web server that strictly is its CDN. */
export interface CdnOfMemory {
  readonly bucket: MemoryStore;
  readonly source: HttpSource;
  readonly settings: CdnSettings;
  readonly secrets: CdnSecrets;
}

export async function startCdnOfMemory(
  type: CdnAuthentication,
  objects: Readonly<Record<string, string | Buffer>> = {},
): Promise<CdnOfMemory> {
  const { signal } = new AbortController();
  const bucketName = 'origin';
  const bucket = new MemoryStore(new MemoryBuckets([bucketName]), bucketName);
  const key = type === 'AZURE_SAS_TOKEN' ? SAS_TOKEN : HASH_KEY;
  const source = await HttpSource.start({ gate: cdnGate(type, { ...CREDENTIALS, key, bucket: bucketName }) });
  for (const [name, content] of Object.entries(objects)) {
    const bytes = Buffer.from(content);
    const { etag = '' } = await bucket.put(name, bytes, { size: bytes.length }, signal);
    const { lastModifiedMs } = await bucket.head(name, signal);
    source.serve(`/${name}`, { content: bytes, etag: `"${etag}"`, lastModifiedMs });
  }
  const settings = { domain: `127.0.0.1:${source.port}`, protocol: 'HTTP', authenticationType: type } as const;
  return { bucket, source, settings, secrets: cdnSecrets(type) };
}

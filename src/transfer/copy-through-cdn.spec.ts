import { HttpClient } from '../object-store/http/http-client.js';
import { withCdn } from '../object-store/http/cdn/with-cdn.js';
import { EndpointGuards } from '../object-store/endpoint-guards.js';
import { guardStore } from '../object-store/guard-store.js';
import type { DestinationStore, ListedObject, PutOptions, SourceStore } from '../object-store/object-store.port.js';
import { interceptStore } from '../object-store/intercept-store.js';
import { httpScene, startCdnOfMemory, type CdnOfMemory } from '../../test/support/http-source/index.js';
import { bytes, limits, never, passing, plain, TransferStage } from '../../test/support/transfer-stage.js';
import { copyListed, syncNamed } from './sync-object.js';
import type { SyncObjectOptions } from './transfer-options.js';

const scene = httpScene();
const TAGS = { team: 'blue', kind: 'x' };
const SIZES = { buffered: 50, streamed: 500, 'in parts': 2345 };

let stage: TransferStage;
let cdn: CdnOfMemory;
let client: HttpClient;

beforeEach(async () => {
  stage = new TransferStage();
  cdn = await startCdnOfMemory('NONE');
  client = scene.clientWith();
});
afterEach(() => cdn.source.close());

/** An object of the bucket, as the CDN has it too. */
async function write(
  size: number,
  { tellsLength = true, ...options }: Partial<PutOptions> & { tellsLength?: boolean },
) {
  await cdn.bucket.put('k', bytes(size), { size, ...options }, never);
  const { etag = '', lastModifiedMs } = await cdn.bucket.head('k', never);
  cdn.source.serve('/k', { content: bytes(size), etag: `"${etag}"`, lastModifiedMs, tellsLength });
}

/** The bucket through its CDN, and how often the bucket itself is looked at. */
function throughCdn(): { source: SourceStore; looks: () => number } {
  let looks = 0;
  const bucket = interceptStore(cdn.bucket, {
    ...passing,
    call: (call, signal, proceed) => {
      if (call.operation === 'head') looks++;
      return proceed(call, signal);
    },
  });
  return { source: withCdn(bucket, client, cdn.settings, {}), looks: () => looks };
}

async function listing(): Promise<ListedObject | undefined> {
  for await (const object of cdn.bucket.list('', undefined, never)) return object;
  return undefined;
}

const copied = () => stage.to.bucket('to').objects.get('k');
const named = { key: 'k', targetKey: 'k' };
const copy = (source: SourceStore, options: Partial<SyncObjectOptions>, listed?: ListedObject) =>
  copyListed(source, stage.destination(), { ...named, listed }, { ...plain, ...options }, never);

describe.each(Object.entries(SIZES))('an object that is read through a CDN, %s', (_, size) => {
  it('keeps the tags that only the bucket knows of', async () => {
    await write(size, { tags: TAGS });
    expect(await copy(throughCdn().source, { migrateMetadata: true })).toMatchObject({ outcome: 'synced', size });
    expect(copied()).toMatchObject({ content: bytes(size), tags: TAGS });
  });

  it('keeps its tags when its size is not told', async () => {
    await write(size, { tags: TAGS, tellsLength: false });
    expect(await copy(throughCdn().source, { migrateMetadata: true })).toMatchObject({ outcome: 'synced', size });
    expect(copied()).toMatchObject({ content: bytes(size), tags: TAGS });
  });

  it.each(['IA', 'STANDARD'] as const)('gets the class %s that its listing tells', async (storageClass) => {
    await write(size, { storageClass });
    const listed = await listing();
    const { source, looks } = throughCdn();
    expect(await copy(source, { storagePolicy: 'SRC_STORAGE_MAPPING' }, listed)).toMatchObject({ size });
    expect(copied()?.storageClass).toBe(storageClass);
    expect(looks()).toBe(0);
    const object = { ...named, targetKey: 'other', listed };
    const options = { ...plain, storagePolicy: 'SRC_STORAGE_MAPPING' } as const;
    expect(await syncNamed(source, stage.destination(), object, options, never)).toMatchObject({ outcome: 'synced' });
    expect(stage.to.bucket('to').objects.get('other')?.storageClass).toBe(storageClass);
  });

  it('gets the class that the bucket tells when it is only named', async () => {
    await write(size, { storageClass: 'IA' });
    await copy(throughCdn().source, { storagePolicy: 'SRC_STORAGE_MAPPING' });
    expect(copied()?.storageClass).toBe('IA');
  });

  it('does not ask the bucket where nothing depends on it', async () => {
    await write(size, { tags: TAGS, storageClass: 'IA' });
    const { source, looks } = throughCdn();
    await copy(source, { storagePolicy: 'ARCHIVE' });
    expect(copied()).toMatchObject({ storageClass: 'ARCHIVE', tags: {} });
    expect(looks()).toBe(0);
  });

  it('does not lock up with one permit for reading, whether its size is told or not', async () => {
    const guards = new EndpointGuards({
      readConcurrency: 1,
      writeConcurrency: 1,
      breaker: { failures: 9, resetMs: 9 },
    });
    const deadlines = { requestTimeoutMs: 2_000, idleTimeoutMs: 2_000 };
    for (const tellsLength of [true, false]) {
      await write(size, { tags: TAGS, tellsLength });
      const source = guardStore(throughCdn().source, { guards, retry: limits, deadlines });
      const keys = ['1', '2', '3', '4'];
      const to: DestinationStore = stage.destination();
      const options = { ...plain, migrateMetadata: true };
      const copies = keys.map((targetKey) => copyListed(source, to, { key: 'k', targetKey }, options, never));
      expect((await Promise.all(copies)).map(({ outcome }) => outcome)).toEqual(keys.map(() => 'synced'));
    }
  });
});

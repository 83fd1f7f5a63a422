import type { StoreOperation } from '../object-store/intercept-store.js';
import { interceptStore } from '../object-store/intercept-store.js';
import { type DestinationStore, StoreError } from '../object-store/object-store.port.js';
import { bytes, limits, meddle, never, passing, plain, TransferStage } from '../../test/support/transfer-stage.js';
import { copyListed, type TransferOutcome } from './sync-object.js';
import type { ResumableUpload, SyncObjectOptions, UploadLog } from './transfer-options.js';

const SIZE = 2345;
const named = { key: 'k', targetKey: 'saved/k' };

class MemoryLog implements UploadLog {
  readonly uploads: ResumableUpload[] = [];
  find(targetKey: string): ResumableUpload | undefined {
    return this.uploads.findLast(({ key }) => key === targetKey);
  }
  began(upload: ResumableUpload): Promise<void> {
    this.uploads.push(upload);
    return Promise.resolve();
  }
}

let stage: TransferStage;
let log: MemoryLog;

beforeEach(() => {
  stage = new TransferStage();
  log = new MemoryLog();
  stage.from.write('from', 'k', bytes(SIZE));
});

const copy = (
  destination = stage.destination(),
  signal = never,
  options: Partial<SyncObjectOptions> = {},
): Promise<TransferOutcome> =>
  copyListed(stage.source(), destination, named, { ...plain, uploads: log, ...options }, signal);

/** A run that is told to stop when its tenth part goes up. */
async function stopped(options: Partial<SyncObjectOptions> = {}): Promise<void> {
  const stop = new AbortController();
  const reason = new Error('the run stops');
  const destination = meddle(stage.destination(), 'uploadPart', (count) => {
    if (count === 10) stop.abort(reason);
  });
  await expect(copy(destination, stop.signal, options)).rejects.toBe(reason);
}

/** A destination, and how often each operation came. */
function counting(): { destination: DestinationStore; count: (operation: StoreOperation) => number } {
  const calls: StoreOperation[] = [];
  const destination = interceptStore(stage.destination(), {
    ...passing,
    call: (call, signal, proceed) => {
      calls.push(call.operation);
      return proceed(call, signal);
    },
  });
  return { destination, count: (operation) => calls.filter((each) => each === operation).length };
}

const partsUp = (): number => [...stage.to.bucket('to').uploads.values()][0]?.parts.size ?? 0;

it('records an upload before its first part', async () => {
  let recorded: number | undefined;
  const destination = meddle(stage.destination(), 'uploadPart', () => (recorded ??= log.uploads.length));
  expect(await copy(destination)).toMatchObject({ outcome: 'synced', proof: 'etag' });
  expect(recorded).toBe(1);
  const { etag } = await stage.source().head('k', never);
  expect(log.uploads).toEqual([
    { key: 'saved/k', uploadId: expect.any(String) as string, sourceEtag: etag, size: SIZE, partBytes: 100 },
  ]);
});

it('keeps the upload of a run that stops, and sends only the missing parts in the next', async () => {
  await stopped();
  const up = partsUp();
  expect(up).toBeGreaterThanOrEqual(7);
  const { destination, count } = counting();
  // What an earlier process sent is known by its sizes alone.
  expect(await copy(destination)).toEqual({ outcome: 'synced', size: SIZE, proof: 'size' });
  expect(count('createUpload')).toBe(0);
  expect(count('uploadPart')).toBe(24 - up);
  expect(stage.copied('saved/k')).toEqual(bytes(SIZE));
  expect(stage.uploads).toBe(0);
});

it('keeps it also in copies that the destination makes itself', async () => {
  const stop = new AbortController();
  const other = () => interceptStore(stage.source(), passing);
  const to = meddle(other(), 'copyPart', (count) => {
    if (count === 10) stop.abort(new Error('the run stops'));
  });
  const options = { ...plain, uploads: log };
  const small = (store: DestinationStore): DestinationStore => ({
    ...store,
    traits: { ...store.traits, maxPutBytes: 400 },
  });
  await expect(copyListed(other(), small(to), named, options, stop.signal)).rejects.toThrow('the run stops');
  expect(stage.from.bucket('from').uploads.size).toBe(1);
  let copies = 0;
  const rest = meddle(other(), 'copyPart', () => copies++);
  expect(await copyListed(other(), small(rest), named, options, never)).toMatchObject({ outcome: 'synced' });
  expect(copies).toBeLessThan(20);
  expect(stage.from.bucket('from').objects.get('saved/k')?.content).toEqual(bytes(SIZE));
});

it('proves what was taken over by a CRC-64 where the source vouches for one', async () => {
  await stopped();
  const vouched = await crc64Of();
  const source: DestinationStore = {
    ...interceptStore(stage.source(), passing),
    head: async (key, signal) => ({ ...(await stage.source().head(key, signal)), crc64: vouched }),
  };
  const destination = stage.destination();
  const knowing: DestinationStore = {
    ...interceptStore(destination, passing),
    traits: { ...destination.traits, checksum: 'crc64' },
    head: async (key, signal) => ({ ...(await destination.head(key, signal)), crc64: vouched }),
  };
  const listed = { key: 'k', size: SIZE, lastModifiedMs: 0 };
  const options = { ...plain, uploads: log, consistencyCheck: 'crc64' } as const;
  const outcome = await copyListed(source, knowing, { ...named, listed }, options, never);
  expect(outcome).toEqual({ outcome: 'synced', size: SIZE, proof: 'crc64' });
});

async function crc64Of(): Promise<string> {
  const { Crc64 } = await import('./crc64.js');
  return new Crc64().update(bytes(SIZE)).digest();
}

it('sends a part again that has another size', async () => {
  await stopped();
  const [recorded] = log.uploads;
  const parts = stage.to.bucket('to').uploads.get(recorded!.uploadId)!.parts;
  parts.set(1, { content: Buffer.from('short'), etag: 'short' });
  const up = parts.size;
  const { destination, count } = counting();
  expect(await copy(destination)).toMatchObject({ outcome: 'synced' });
  expect(count('uploadPart')).toBe(24 - up + 1);
  expect(stage.copied('saved/k')).toEqual(bytes(SIZE));
});

it('begins anew when the upload is gone', async () => {
  await stopped();
  stage.to.bucket('to').uploads.clear();
  expect(await copy()).toMatchObject({ outcome: 'synced', proof: 'etag' });
  expect(stage.copied('saved/k')).toEqual(bytes(SIZE));
  expect(log.uploads).toHaveLength(2);
});

it('begins anew when the parts that were up are refused in the end', async () => {
  await stopped();
  const destination = meddle(stage.destination(), 'completeUpload', (count) => {
    if (count === 1) throw new StoreError('invalid', 'one of the parts', { backendCode: 'InvalidPart' });
  });
  expect(await copy(destination)).toMatchObject({ outcome: 'synced', proof: 'etag' });
  expect(log.uploads).toHaveLength(2);
  expect(stage.uploads).toBe(0);
});

it('keeps no upload that could not be recorded', async () => {
  const stop = new AbortController();
  log.began = () => {
    stop.abort(new Error('the run stops'));
    return Promise.reject(new Error('not recorded'));
  };
  await expect(copy(stage.destination(), stop.signal)).rejects.toThrow('the run stops');
  expect(stage.uploads).toBe(0);
});

it.each([
  ['of another version', () => stage.from.write('from', 'k', bytes(SIZE + 1)), {}],
  ['with parts of another size', () => undefined, { limits: { ...limits, partBytes: 101 } }],
])('aborts an upload %s and begins anew', async (_, change, options) => {
  await stopped();
  change();
  expect(await copy(stage.destination(), never, options)).toMatchObject({ outcome: 'synced', proof: 'etag' });
  expect(stage.copied('saved/k')).toEqual(stage.from.bucket('from').objects.get('k')?.content);
  expect(stage.uploads).toBe(0);
});

it('aborts the upload when the object fails, and does not go on with it in the next try', async () => {
  let tries = 0;
  const destination = meddle(stage.destination(), 'uploadPart', (count) => {
    tries = count;
    if (count === 5) throw new StoreError('not-found', 'gone', { backendCode: 'NoSuchUpload' });
  });
  expect(await copy(destination)).toMatchObject({ outcome: 'synced', proof: 'etag' });
  expect(tries).toBeGreaterThan(24);
  expect(log.uploads).toHaveLength(2);
  expect(stage.uploads).toBe(0);
});

it('aborts the upload of a run that stops when nobody remembers uploads', async () => {
  const stop = new AbortController();
  const destination = meddle(stage.destination(), 'uploadPart', (count) => {
    if (count === 5) stop.abort(new Error('the run stops'));
  });
  await expect(copyListed(stage.source(), destination, named, plain, stop.signal)).rejects.toThrow('the run stops');
  expect(stage.uploads).toBe(0);
});

it('aborts the upload of an object that runs out of time', async () => {
  const destination = interceptStore(stage.destination(), {
    ...passing,
    call: (call, signal, proceed) =>
      call.operation === 'uploadPart' && partsUp() > 3
        ? new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)))
        : proceed(call, signal),
  });
  const short = { ...limits, objectTimeoutMs: 100 };
  expect(await copy(destination, never, { limits: short })).toMatchObject({ reason: 'OBJECT_TIMEOUT' });
  expect(stage.uploads).toBe(0);
});

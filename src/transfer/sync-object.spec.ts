import { ByteBudget } from '../kernel/byte-budget.js';
import { ManualClock } from '../../test/support/manual-clock.js';
import { wait } from '../kernel/retry.js';
import { EndpointGuards } from '../object-store/endpoint-guards.js';
import { guardStore } from '../object-store/guard-store.js';
import {
  interceptStore,
  type Proceed,
  type StoreCall,
  type StoreInterceptor,
  type StoreOperation,
} from '../object-store/intercept-store.js';
import { MemoryBuckets } from '../object-store/memory/memory-buckets.js';
import { MemoryStore, type MemoryStoreOptions } from '../object-store/memory/memory-store.js';
import {
  type DestinationStore,
  type OpenedObject,
  StoreError,
  type StoreErrorKind,
} from '../object-store/object-store.port.js';
import { syncObject, type TransferOutcome } from './sync-object.js';
import { storageClassMapper } from './storage-class.js';
import type { SyncObjectOptions, TransferLimits } from './transfer-options.js';

const never = new AbortController().signal;
const clock = new ManualClock();
const limits: TransferLimits = {
  attempts: 3,
  baseDelayMs: 1,
  maxDelayMs: 1,
  multipartThresholdBytes: 1000,
  partBytes: 100,
  partConcurrency: 3,
  bufferBytes: 100,
  objectTimeoutMs: 5_000,
};
const plain: SyncObjectOptions = {
  buffers: new ByteBudget(64 * 1024 * 1024),
  limits,
  consistencyCheck: 'size_last_modified',
  migrateMetadata: false,
  enableKms: false,
  enableRestore: false,
  onBug: (error) => {
    throw error;
  },
};
const SIZES = { buffered: 50, streamed: 500, 'in parts': 2345, empty: 0 };

let from: MemoryBuckets;
let to: MemoryBuckets;

beforeEach(() => {
  from = new MemoryBuckets(['from'], clock);
  to = new MemoryBuckets(['to'], clock);
});

const sourceStore = (): DestinationStore => new MemoryStore(from, 'from');
const destinationStore = (options?: MemoryStoreOptions): DestinationStore => new MemoryStore(to, 'to', options);
const bytes = (size: number): Buffer => Buffer.from(Array.from({ length: size }, (_, at) => (at * 31) & 255));
const copied = (): Buffer | undefined => to.bucket('to').objects.get('k')?.content;
const sync = (
  options: Partial<SyncObjectOptions> = {},
  source = sourceStore(),
  destination = destinationStore(),
): Promise<TransferOutcome> => syncObject(source, destination, 'k', { ...plain, ...options }, never);

/** Calls `before` ahead of every call of an operation; what it throws is the answer. */
function meddle(store: DestinationStore, operation: StoreOperation, before: (count: number) => void): DestinationStore {
  let count = 0;
  const call = <T>(each: StoreCall, signal: AbortSignal, proceed: Proceed<T>): Promise<T> => {
    if (each.operation === operation) before(++count);
    return proceed(each, signal);
  };
  const around = async <T>(each: StoreCall, signal: AbortSignal, proceed: Proceed<T>): Promise<T> =>
    call(each, signal, proceed);
  return interceptStore(store, { call: around, open: around<OpenedObject> });
}

const passing: StoreInterceptor = {
  call: (call, signal, proceed) => proceed(call, signal),
  open: (call, signal, proceed) => proceed(call, signal),
};

const failing = (kind: StoreErrorKind) => (): never => {
  throw new StoreError(kind, 'It failed: https://host/k?X-Signature=secret\nsecond line', { backendCode: 'Some' });
};

describe.each(Object.entries(SIZES))('an object that goes %s', (_, size) => {
  beforeEach(() => {
    from.write('from', 'k', bytes(size), { contentType: 'text/x', metadata: { cacheControl: 'no-store' } });
  });

  it('arrives whole with its Content-Type', async () => {
    const proof = size >= limits.multipartThresholdBytes ? 'etag' : 'md5';
    expect(await sync()).toEqual({ outcome: 'synced', size, proof });
    expect(copied()).toEqual(bytes(size));
    expect(to.bucket('to').objects.get('k')).toMatchObject({ contentType: 'text/x', metadata: {} });
    expect(to.bucket('to').uploads.size).toBe(0);
  });

  it('brings metadata, tags, storage class when asked to', async () => {
    from.change('from', 'k', { tags: { a: 'b' } });
    await sync({ migrateMetadata: true, mapStorageClass: storageClassMapper('IA') });
    expect(to.bucket('to').objects.get('k')).toMatchObject({
      metadata: { cacheControl: 'no-store' },
      tags: { a: 'b' },
      storageClass: 'IA',
    });
    expect(copied()).toEqual(bytes(size));
  });

  it('is copied at the endpoint itself when both sides are one', async () => {
    from = new MemoryBuckets(['from', 'to'], clock);
    from.write('from', 'k', bytes(size));
    const one = meddle(new MemoryStore(from, 'from'), 'open', failing('denied'));
    const other = new MemoryStore(from, 'to', { maxPutBytes: 400 });
    expect(await syncObject(one, other, 'k', plain, never)).toMatchObject({ outcome: 'synced', size });
    expect(from.bucket('to').objects.get('k')?.content).toEqual(bytes(size));
  });

  it('follows a source that changes while it is read', async () => {
    const source = meddle(sourceStore(), 'open', (count) => {
      if (count === 2) from.write('from', 'k', bytes(size + 7));
    });
    const result = await sync({}, source);
    expect(result.outcome).toBe('synced');
    expect(copied()).toEqual(from.bucket('from').objects.get('k')?.content);
  });
});

it('gives up on a source that changes all the time, and leaves nothing', async () => {
  from.write('from', 'k', bytes(2000));
  let version = 0;
  const source = meddle(sourceStore(), 'open', () => from.write('from', 'k', bytes(2000 + ++version)));
  expect(await sync({}, source)).toMatchObject({ outcome: 'failed', reason: 'SOURCE_CHANGED', side: 'source' });
  expect(copied()).toBeUndefined();
  expect(to.bucket('to').uploads.size).toBe(0);
});

it('ignores what is up to date and copies what is newer', async () => {
  from.write('from', 'k', bytes(10));
  clock.advance(1000);
  await sync();
  expect(await sync()).toEqual({ outcome: 'ignored', size: 10, reason: 'UP_TO_DATE' });
  clock.advance(2000);
  from.write('from', 'k', Buffer.alloc(10, 7));
  expect(await sync()).toMatchObject({ outcome: 'synced' });
  expect(copied()).toEqual(Buffer.alloc(10, 7));
  clock.advance(2000);
  from.write('from', 'k', Buffer.alloc(10, 8));
  expect(await sync({ overwriteMode: 'NO_OVERWRITE' })).toMatchObject({ outcome: 'ignored', reason: 'ALREADY_EXISTS' });
});

describe('failures', () => {
  beforeEach(() => {
    from.write('from', 'k', bytes(10));
  });

  const kinds: [StoreErrorKind, string, boolean][] = [
    ['not-found', 'NOT_FOUND', false],
    ['no-such-bucket', 'BUCKET_NOT_FOUND', true],
    ['denied', 'DENIED', true],
    ['bad-credentials', 'CREDENTIALS_REFUSED', true],
    ['archived', 'ARCHIVED', false],
    ['invalid', 'INVALID', false],
    ['throttled', 'THROTTLED', false],
    ['unavailable', 'UNAVAILABLE', false],
    ['timeout', 'UNAVAILABLE', false],
    ['connection', 'UNAVAILABLE', false],
  ];
  it.each(kinds)('%s is reported for the side it is of', async (kind, suffix, notStarted) => {
    const common = { outcome: 'failed', code: 'Some', cause: 'It failed: https://host/k second line' };
    const started = notStarted ? { notStarted: true } : {};
    expect(await sync({}, sourceStore(), meddle(destinationStore(), 'put', failing(kind)))).toEqual({
      ...common,
      ...started,
      reason: `DESTINATION_${suffix}`,
      side: 'destination',
      size: 10,
    });
    const own = kind === 'archived' ? { code: 'InvalidObjectState', cause: 'The source object is archived' } : {};
    expect(await sync({}, meddle(sourceStore(), 'open', failing(kind)))).toEqual({
      ...common,
      ...own,
      ...started,
      reason: `SOURCE_${suffix}`,
      side: 'source',
    });
    expect(copied()).toBeUndefined();
  });

  it('too large for the destination', async () => {
    const large = destinationStore({ maxPutBytes: 9, parts: { maxParts: 3, maxPartBytes: 3 } });
    expect(await sync({}, sourceStore(), large)).toMatchObject({ reason: 'OBJECT_TOO_LARGE', code: 'EntityTooLarge' });
  });

  it('a defect of ours is told to the hook and kept out of the outcome', async () => {
    const bugs: unknown[] = [];
    const bug = new TypeError('secret detail');
    const source = meddle(sourceStore(), 'open', () => {
      throw bug;
    });
    const outcome = await sync({ onBug: (error) => bugs.push(error) }, source);
    expect(outcome).toMatchObject({ reason: 'INTERNAL_ERROR', code: 'InternalError' });
    expect(JSON.stringify(outcome)).not.toContain('secret');
    expect(bugs).toEqual([bug]);
  });

  it('an object that takes too long', async () => {
    const stuck = interceptStore(sourceStore(), {
      ...passing,
      open: (_, signal) => wait(60_000, signal).then(failing('timeout')),
    });
    expect(await sync({ limits: { ...limits, objectTimeoutMs: 20 } }, stuck)).toMatchObject({
      reason: 'OBJECT_TIMEOUT',
      side: 'source',
    });
  });

  it('a copy that stays wrong is removed', async () => {
    from.write('from', 'k', bytes(10));
    const wrong = meddle(destinationStore(), 'head', (count) => {
      if (count > 1) to.write('to', 'k', bytes(9));
    });
    const unvouched: DestinationStore = {
      ...wrong,
      put: async (key, body, options, signal) => {
        await wrong.put(key, body, options, signal);
        return {};
      },
    };
    expect(await sync({}, sourceStore(), unvouched)).toMatchObject({
      reason: 'CHECKSUM_MISMATCH',
      side: 'destination',
    });
    expect(copied()).toBeUndefined();
  });
});

describe('an archived source', () => {
  beforeEach(() => {
    from.write('from', 'k', bytes(10), { storageClass: 'ARCHIVE' });
  });

  it('fails when nobody asked for a restore', async () => {
    expect(await sync()).toMatchObject({ reason: 'SOURCE_ARCHIVED' });
    expect(from.bucket('from').objects.get('k')?.restore).toBeUndefined();
  });

  it('is restored, waited for and copied', async () => {
    const pauses: number[] = [];
    const pacing = {
      random: () => 0,
      pause: (ms: number) => {
        pauses.push(ms);
        if (pauses.length === 3) from.finishRestores('from');
        return Promise.resolve();
      },
    };
    const patient = { ...limits, restorePollMs: 10, restoreTimeoutMs: 100 };
    expect(await sync({ limits: patient, enableRestore: true, pacing })).toMatchObject({ outcome: 'synced' });
    expect(pauses).toEqual([10, 10, 10]);
  });

  it('is not waited for any longer than allowed', async () => {
    let pauses = 0;
    const pacing = { random: () => 0, pause: () => Promise.resolve(pauses++).then(() => undefined) };
    const patient = { ...limits, restorePollMs: 10, restoreTimeoutMs: 50 };
    expect(await sync({ limits: patient, enableRestore: true, pacing })).toMatchObject({ reason: 'SOURCE_ARCHIVED' });
    expect(pauses).toBe(5);
  });
});

it('does not lock up with one permit for reading and one for writing on an endpoint', async () => {
  const both = new MemoryBuckets(['from', 'to']);
  const guards = new EndpointGuards({ readConcurrency: 1, writeConcurrency: 1, breaker: { failures: 9, resetMs: 9 } });
  const deadlines = { requestTimeoutMs: 2_000, idleTimeoutMs: 2_000 };
  const guarded = (bucket: string, identity: string): DestinationStore =>
    guardStore(
      { ...interceptStore(new MemoryStore(both, bucket), passing), endpointIdentity: identity },
      { guards, endpoint: 'one', retry: limits, deadlines },
    );
  const [source, destination] = [guarded('from', 'a'), guarded('to', 'b')];
  const keys = Array.from({ length: 12 }, (_, at) => `k${at}`);
  for (const [at, key] of keys.entries()) both.write('from', key, bytes(at * 300), { tags: { a: 'b' } });
  const options = { ...plain, migrateMetadata: true };
  const outcomes = await Promise.all(keys.map((key) => syncObject(source, destination, key, options, never)));
  expect(outcomes.map(({ outcome }) => outcome)).toEqual(keys.map(() => 'synced'));
  expect(guards.states()).toMatchObject([{ reads: 0, writes: 0 }]);
});

it('rejects with the reason of the signal and leaves no upload when cancelled', async () => {
  from.write('from', 'k', bytes(2000));
  const cancel = new AbortController();
  const reason = new Error('stopped');
  const destination = meddle(destinationStore(), 'uploadPart', (count) => {
    if (count === 5) cancel.abort(reason);
  });
  await expect(syncObject(sourceStore(), destination, 'k', plain, cancel.signal)).rejects.toBe(reason);
  expect(copied()).toBeUndefined();
  expect(to.bucket('to').uploads.size).toBe(0);
});

it('streams small objects too while no memory is left, and gives memory back', async () => {
  const buffers = new ByteBudget(60);
  from.write('from', 'first', bytes(50));
  from.write('from', 'second', bytes(50));
  const kinds: string[] = [];
  const destination = interceptStore(destinationStore(), {
    ...passing,
    call: (call, signal, proceed) => {
      if (call.operation === 'put') kinds.push(Buffer.isBuffer(call.body) ? 'buffered' : 'streamed');
      return proceed(call, signal);
    },
  });
  const both = ['first', 'second'].map((key) =>
    syncObject(sourceStore(), destination, key, { ...plain, buffers }, never),
  );
  expect((await Promise.all(both)).map(({ outcome }) => outcome)).toEqual(['synced', 'synced']);
  expect(kinds.sort()).toEqual(['buffered', 'streamed']);
  expect(buffers.inUse).toBe(0);
});

describe('a source that is replaced by one of the same size while it is copied', () => {
  const [old, newer] = [Buffer.alloc(50, 'old'), Buffer.alloc(50, 'new')];
  /** A copy that takes a second or longer, as `now` has it; the source is replaced before its `times`-th puts. */
  const slowCopy = (times: number, now?: () => number) => {
    from.write('from', 'k', old);
    let seconds = 0;
    const destination = meddle(destinationStore(), 'put', (count) => {
      if (count <= times) from.write('from', 'k', count % 2 === 1 ? newer : old);
    });
    return syncObject(sourceStore(), destination, 'k', { ...plain, now: now ?? (() => seconds++ * 1000) }, never);
  };

  it('is copied again, so that no older version stays on top', async () => {
    expect(await slowCopy(1)).toMatchObject({ outcome: 'synced' });
    expect(copied()).toEqual(newer);
  });

  it('is copied a bounded number of times when that goes on and on', async () => {
    expect(await slowCopy(100)).toMatchObject({ outcome: 'synced' });
    expect(copied()).toBeDefined();
  });

  it('costs no further look while the copy ends in the second in which it began', async () => {
    const heads: string[] = [];
    const source = interceptStore(sourceStore(), {
      ...passing,
      call: (call, signal, proceed) => {
        if (call.operation === 'head') heads.push(call.key);
        return proceed(call, signal);
      },
    });
    from.write('from', 'k', old);
    await syncObject(source, destinationStore(), 'k', { ...plain, now: () => 5 }, never);
    expect(heads).toEqual([]);
  });
});

import { ByteBudget } from '../kernel/byte-budget.js';
import { EndpointGuards } from '../object-store/endpoint-guards.js';
import { guardStore } from '../object-store/guard-store.js';
import { interceptStore } from '../object-store/intercept-store.js';
import { MemoryBuckets } from '../object-store/memory/memory-buckets.js';
import { MemoryStore } from '../object-store/memory/memory-store.js';
import type { DestinationStore } from '../object-store/object-store.port.js';
import {
  bytes,
  failing,
  limits,
  meddle,
  never,
  passing,
  plain,
  TransferStage,
} from '../../test/support/transfer-stage.js';
import { syncObject } from './sync-object.js';

const SIZES = { buffered: 50, streamed: 500, 'in parts': 2345, empty: 0 };

let stage: TransferStage;

beforeEach(() => {
  stage = new TransferStage();
});

describe.each(Object.entries(SIZES))('an object that goes %s', (_, size) => {
  beforeEach(() => {
    stage.from.write('from', 'k', bytes(size), { contentType: 'text/x', metadata: { cacheControl: 'no-store' } });
  });

  it('arrives whole with its Content-Type', async () => {
    const proof = size >= limits.multipartThresholdBytes ? 'etag' : 'md5';
    expect(await stage.sync()).toEqual({ outcome: 'synced', size, proof });
    expect(stage.copied()).toEqual(bytes(size));
    expect(stage.to.bucket('to').objects.get('k')).toMatchObject({ contentType: 'text/x', metadata: {} });
    expect(stage.uploads).toBe(0);
  });

  it('brings metadata, tags, storage class when asked to', async () => {
    stage.from.change('from', 'k', { tags: { a: 'b' } });
    await stage.sync({ migrateMetadata: true, storagePolicy: 'IA' });
    expect(stage.to.bucket('to').objects.get('k')).toMatchObject({
      metadata: { cacheControl: 'no-store' },
      tags: { a: 'b' },
      storageClass: 'IA',
    });
    expect(stage.copied()).toEqual(bytes(size));
  });

  it('is copied at the endpoint itself when both sides are one', async () => {
    const one = meddle(stage.source(), 'open', failing('denied'));
    const other = new MemoryStore(stage.from, 'to', { maxPutBytes: 400 });
    expect(await syncObject(one, other, 'k', plain, never)).toMatchObject({ outcome: 'synced', size });
    expect(stage.from.bucket('to').objects.get('k')?.content).toEqual(bytes(size));
  });

  it('follows a source that changes while it is read', async () => {
    const source = meddle(stage.source(), 'open', (count) => {
      if (count === 2) stage.from.write('from', 'k', bytes(size + 7));
    });
    const result = await stage.sync({}, source);
    expect(result.outcome).toBe('synced');
    expect(stage.copied()).toEqual(stage.from.bucket('from').objects.get('k')?.content);
  });
});

it('gives up on a source that changes all the time, and leaves nothing', async () => {
  stage.from.write('from', 'k', bytes(2000));
  let version = 0;
  const source = meddle(stage.source(), 'open', () => stage.from.write('from', 'k', bytes(2000 + ++version)));
  expect(await stage.sync({}, source)).toMatchObject({ outcome: 'failed', reason: 'SOURCE_CHANGED', side: 'source' });
  expect(stage.copied()).toBeUndefined();
  expect(stage.uploads).toBe(0);
});

it('ignores what is up to date and copies what is newer', async () => {
  stage.from.write('from', 'k', bytes(10));
  stage.clock.advance(1000);
  await stage.sync();
  expect(await stage.sync()).toEqual({ outcome: 'ignored', size: 10, reason: 'UP_TO_DATE' });
  stage.clock.advance(2000);
  stage.from.write('from', 'k', Buffer.alloc(10, 7));
  expect(await stage.sync()).toMatchObject({ outcome: 'synced' });
  expect(stage.copied()).toEqual(Buffer.alloc(10, 7));
  stage.clock.advance(2000);
  stage.from.write('from', 'k', Buffer.alloc(10, 8));
  expect(await stage.sync({ overwriteMode: 'NO_OVERWRITE' })).toMatchObject({
    outcome: 'ignored',
    reason: 'ALREADY_EXISTS',
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
  stage.from.write('from', 'k', bytes(2000));
  const cancel = new AbortController();
  const reason = new Error('stopped');
  const destination = meddle(stage.destination(), 'uploadPart', (count) => {
    if (count === 5) cancel.abort(reason);
  });
  await expect(syncObject(stage.source(), destination, 'k', plain, cancel.signal)).rejects.toBe(reason);
  expect(stage.copied()).toBeUndefined();
  expect(stage.uploads).toBe(0);
});

it('streams small objects too while no memory is left, and gives memory back', async () => {
  const buffers = new ByteBudget(60);
  stage.from.write('from', 'first', bytes(50));
  stage.from.write('from', 'second', bytes(50));
  const kinds: string[] = [];
  const destination = interceptStore(stage.destination(), {
    ...passing,
    call: (call, signal, proceed) => {
      if (call.operation === 'put') kinds.push(Buffer.isBuffer(call.body) ? 'buffered' : 'streamed');
      return proceed(call, signal);
    },
  });
  const both = ['first', 'second'].map((key) =>
    syncObject(stage.source(), destination, key, { ...plain, buffers }, never),
  );
  expect((await Promise.all(both)).map(({ outcome }) => outcome)).toEqual(['synced', 'synced']);
  expect(kinds.sort()).toEqual(['buffered', 'streamed']);
  expect(buffers.inUse).toBe(0);
});

describe('a source that is replaced by one of the same size while it is copied', () => {
  const [old, newer] = [Buffer.alloc(50, 'old'), Buffer.alloc(50, 'new')];
  /** A copy that takes a second or longer, as `now` has it; the source is replaced before its `times`-th puts. */
  const slowCopy = (times: number, now?: () => number) => {
    stage.from.write('from', 'k', old);
    let seconds = 0;
    const destination = meddle(stage.destination(), 'put', (count) => {
      if (count <= times) stage.from.write('from', 'k', count % 2 === 1 ? newer : old);
    });
    return syncObject(stage.source(), destination, 'k', { ...plain, now: now ?? (() => seconds++ * 1000) }, never);
  };

  it('is copied again, so that no older version stays on top', async () => {
    expect(await slowCopy(1)).toMatchObject({ outcome: 'synced' });
    expect(stage.copied()).toEqual(newer);
  });

  it('is copied a bounded number of times when that goes on and on', async () => {
    expect(await slowCopy(100)).toMatchObject({ outcome: 'synced' });
    expect(stage.copied()).toBeDefined();
  });

  it('costs no further look while the copy ends in the second in which it began', async () => {
    const heads: string[] = [];
    const source = interceptStore(stage.source(), {
      ...passing,
      call: (call, signal, proceed) => {
        if (call.operation === 'head') heads.push(call.key);
        return proceed(call, signal);
      },
    });
    stage.from.write('from', 'k', old);
    await syncObject(source, stage.destination(), 'k', { ...plain, now: () => 5 }, never);
    expect(heads).toEqual([]);
  });
});

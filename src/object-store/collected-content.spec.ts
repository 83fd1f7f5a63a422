import { once } from 'node:events';
import { ManualTime, settle } from '../../test/support/manual-time.js';
import { TokenBucket } from '../kernel/token-bucket.js';
import { EndpointGuards } from './endpoint-guards.js';
import { guardStore } from './guard-store.js';
import { interceptStore, type StoreInterceptor } from './intercept-store.js';
import { MemoryBuckets } from './memory/memory-buckets.js';
import { MemoryStore } from './memory/memory-store.js';
import type { SourceStore } from './object-store.port.js';
import { withThrottle } from './with-throttle.js';

const SIZE = 1000;
const content = Buffer.alloc(SIZE, 'x');
const collected = { collectUpTo: SIZE };
const never = new AbortController().signal;

let guards: EndpointGuards;
let told: unknown[];
let store: SourceStore;

/** A memory store with its guards; `open` may come between. */
function guarded(open?: StoreInterceptor['open']): SourceStore {
  const buckets = new MemoryBuckets(['b']);
  buckets.write('b', 'k', content);
  const call: StoreInterceptor['call'] = (each, signal, proceed) => proceed(each, signal);
  const memory = new MemoryStore(buckets, 'b');
  return guardStore(open === undefined ? memory : interceptStore(memory, { call, open }), {
    guards,
    endpoint: 'e',
    retry: { attempts: 1, baseDelayMs: 1, maxDelayMs: 1 },
    deadlines: { requestTimeoutMs: 20, idleTimeoutMs: 10_000 },
    observer: { call: (_, operation, outcome, _durationMs, bytes) => told.push([operation, outcome, bytes]) },
  });
}

beforeEach(() => {
  guards = new EndpointGuards({ readConcurrency: 1, writeConcurrency: 1, breaker: { failures: 9, resetMs: 1 } });
  told = [];
  store = guarded();
});
afterEach(() => store.close());

/** Never answers, and heeds no signal. */
const silent = (): Promise<never> => new Promise(() => undefined);

describe('content that came along, through the guards', () => {
  it('gives its permit back and is counted when it is here', async () => {
    expect((await store.open('k', collected, never)).content).toEqual(content);
    expect(guards.states()).toMatchObject([{ reads: 0 }]);
    expect(told).toEqual([['open', 'ok', SIZE]]);
  });

  it('is not there unless asked for, and then the body holds the permit', async () => {
    const opened = await store.open('k', { collectUpTo: SIZE - 1 }, never);
    expect(opened.content).toBeUndefined();
    expect(guards.states()).toMatchObject([{ reads: 1 }]);
    await once(opened.body.destroy(), 'close');
    expect(guards.states()).toMatchObject([{ reads: 0 }]);
  });

  it('must come in time', async () => {
    store = guarded(silent);
    await expect(store.open('k', collected, never)).rejects.toMatchObject({ kind: 'timeout' });
    expect(guards.states()).toMatchObject([{ reads: 0 }]);
    expect(told).toEqual([['open', 'timeout', 0]]);
  });

  it('is no longer waited for after an abort', async () => {
    store = guarded(silent);
    const stop = new AbortController();
    const opening = store.open('k', collected, stop.signal);
    await settle();
    expect(guards.states()).toMatchObject([{ reads: 1 }]);
    stop.abort(new Error('over'));
    await expect(opening).rejects.toThrow('over');
    expect(guards.states()).toMatchObject([{ reads: 0 }]);
    expect(told).toEqual([['open', 'aborted', 0]]);
  });
});

describe('content that came along, through a throttle', () => {
  const KIB = 1024;
  const RATE = 1024 * KIB;
  const LARGE = 512 * KIB;
  let time: ManualTime;
  let bucket: TokenBucket;

  beforeEach(() => {
    time = new ManualTime();
    bucket = new TokenBucket(time, RATE);
    const buckets = new MemoryBuckets(['b']);
    buckets.write('b', 'small', content);
    buckets.write('b', 'large', Buffer.alloc(LARGE));
    store = withThrottle(new MemoryStore(buckets, 'b'), bucket);
  });

  it.each([
    ['small', SIZE],
    ['large', LARGE],
  ])('is paced to the rate, byte for byte: %s ones', async (key, size) => {
    const total = 4 * RATE;
    let opened = 0;
    const reading = (async (): Promise<void> => {
      for (; opened < total / size; opened++) {
        expect((await store.open(key, { collectUpTo: size }, never)).content).toHaveLength(size);
      }
    })();
    while (opened < total / size) await time.advance(5);
    await reading;
    expect(Math.abs(time.nowMs() - 4000)).toBeLessThan(600);
  });

  it('is given up on abort, and what was paid ahead goes back', async () => {
    const stop = new AbortController();
    const opening = store.open('large', { collectUpTo: LARGE }, stop.signal);
    await settle();
    expect(bucket.holdsBack).toBe(true);
    stop.abort(new Error('over'));
    await expect(opening).rejects.toThrow('over');
    expect(bucket.holdsBack).toBe(false);
    expect(bucket.take(1, never)).toBeUndefined();
  });
});

import { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { EndpointGuards } from './endpoint-guards.js';
import { type GuardOptions, guardStore } from './guard-store.js';
import { interceptStore, type StoreCall, type StoreInterceptor } from './intercept-store.js';
import { MemoryBuckets } from './memory/memory-buckets.js';
import { MemoryStore } from './memory/memory-store.js';
import { type DestinationStore, StoreError, type StoreErrorKind } from './object-store.port.js';
import type { Pacing } from './retrying.js';

const never = new AbortController().signal;
const retry = { attempts: 3, baseDelayMs: 100, maxDelayMs: 400 };
const deadlines = { requestTimeoutMs: 10_000, idleTimeoutMs: 10_000 };

let buckets: MemoryBuckets;
let now: number;
let pauses: number[];
/** Time passes only by pausing. */
const pacing: Pacing = {
  random: () => 0.5,
  pause: (ms) => {
    pauses.push(ms);
    now += ms;
    return Promise.resolve();
  },
};

beforeEach(() => {
  buckets = new MemoryBuckets(['b']);
  buckets.write('b', 'k', Buffer.from('content'));
  now = 0;
  pauses = [];
});

const guardsOf = (readConcurrency = 4, writeConcurrency = 4): EndpointGuards =>
  new EndpointGuards({ readConcurrency, writeConcurrency, breaker: { failures: 3, resetMs: 1000 } }, () => now);

/** A memory store that calls `before` ahead of every call, and counts the calls. */
function storeWith(before: (count: number, call: StoreCall) => void | Promise<void>): {
  store: DestinationStore;
  calls: () => number;
} {
  let count = 0;
  const interceptor: StoreInterceptor = {
    call: async (call, signal, proceed) => {
      await before(++count, call);
      return proceed(call, signal);
    },
    open: async (call, signal, proceed) => {
      await before(++count, call);
      return proceed(call, signal);
    },
  };
  return { store: interceptStore(new MemoryStore(buckets, 'b'), interceptor), calls: () => count };
}

const fail = (kind: StoreErrorKind, details: { retryAfterMs?: number; backendCode?: string } = {}): never => {
  throw new StoreError(kind, 'failed', details);
};

const guard = (store: DestinationStore, more: Partial<GuardOptions> = {}): DestinationStore =>
  guardStore(store, { guards: guardsOf(), retry, deadlines, pacing, ...more });

describe('what a guarded store can do', () => {
  it('is what the store can do, and no more', () => {
    const { store } = storeWith(() => undefined);
    const none = { multipart: undefined, copyFrom: undefined, getTags: undefined, restore: undefined };
    const poor: DestinationStore = { ...store, ...none };
    const guarded = guard(poor);
    expect(guarded).not.toHaveProperty('multipart');
    expect(guarded).not.toHaveProperty('copyFrom');
    expect(guarded).not.toHaveProperty('getTags');
    expect(guarded).not.toHaveProperty('restore');
    expect(guarded.traits).toBe(store.traits);
    expect(guard(store)).toMatchObject({ bucket: 'b', endpointIdentity: buckets.identity });
    expect(guard(store).multipart?.maxParts).toBe(10_000);
  });
});

describe('retry', () => {
  it('waits with full jitter below an exponential bound', async () => {
    const { store, calls } = storeWith((count) => (count < 3 ? fail('timeout') : undefined));
    await guard(store).head('k', never);
    expect(calls()).toBe(3);
    expect(pauses).toEqual([50, 100]);
  });

  it('waits at least as long as Retry-After asks, within bounds', async () => {
    const { store } = storeWith((count) => {
      if (count === 1) fail('throttled', { retryAfterMs: 1000 });
      if (count === 2) fail('throttled', { retryAfterMs: 3_600_000 });
    });
    await guard(store).head('k', never);
    expect(pauses.filter((ms) => ms >= 1000)).toEqual([1050, 1700]);
  });

  it('ends after its attempts', async () => {
    const { store, calls } = storeWith(() => fail('checksum'));
    await expect(guard(store).head('k', never)).rejects.toMatchObject({ kind: 'checksum' });
    expect(calls()).toBe(3);
  });

  it.each<StoreErrorKind>(['not-found', 'denied', 'changed', 'invalid'])('does not repeat %s', async (kind) => {
    const { store, calls } = storeWith(() => fail(kind));
    await expect(guard(store).head('k', never)).rejects.toMatchObject({ kind });
    expect(calls()).toBe(1);
  });

  it('repeats a put from memory but never one that streams', async () => {
    const { store, calls } = storeWith((count) => (count === 1 ? fail('connection') : undefined));
    await guard(store).put('x', Buffer.from('abc'), { size: 3 }, never);
    expect(calls()).toBe(2);
    const streaming = storeWith(() => fail('connection'));
    const body = Readable.from([Buffer.from('abc')]);
    await expect(guard(streaming.store).put('x', body, { size: 3 }, never)).rejects.toMatchObject({
      kind: 'connection',
    });
    expect(streaming.calls()).toBe(1);
    expect(body.destroyed).toBe(true);
  });

  it('tries nothing once the signal has aborted', async () => {
    const cancel = new AbortController();
    const { store, calls } = storeWith(() => {
      cancel.abort(new Error('stop'));
      fail('connection');
    });
    await expect(guard(store).head('k', cancel.signal)).rejects.toThrow('stop');
    expect(calls()).toBe(1);
  });

  it('goes on with a listing after the last key it gave', async () => {
    for (const key of ['a', 'b', 'c', 'd', 'e']) buckets.write('b', key, Buffer.alloc(1));
    const inner = new MemoryStore(buckets, 'b', { pageObjects: 2 });
    const begun: (string | undefined)[] = [];
    const flaky: DestinationStore = {
      ...interceptStore(inner, { call: (c, s, proceed) => proceed(c, s), open: (c, s, proceed) => proceed(c, s) }),
      async *listPages(prefix, after, signal) {
        begun.push(after);
        for await (const page of inner.listPages(prefix, after, signal)) {
          yield page;
          if (begun.length < 3) fail('unavailable');
        }
      },
    };
    const keys: string[] = [];
    for await (const { key } of guard(flaky).list('', undefined, never)) keys.push(key);
    expect(keys).toEqual(['a', 'b', 'c', 'd', 'e', 'k']);
    expect(begun).toEqual([undefined, 'b', 'd']);
  });

  it('takes a lost completion for done when the object has the ETag of its parts', async () => {
    const { store } = storeWith(() => undefined);
    const uploads = store.multipart;
    if (uploads === undefined) throw new Error('The memory store has multipart');
    let lost = false;
    const losing: DestinationStore = {
      ...store,
      multipart: {
        ...uploads,
        complete: async (key, uploadId, parts, signal) => {
          if (lost) return fail('not-found', { backendCode: 'NoSuchUpload' });
          lost = true;
          await uploads.complete(key, uploadId, parts, signal);
          return fail('connection');
        },
      },
    };
    const guarded = guard(losing).multipart;
    const id = (await guarded?.create('big', { size: 6 }, never)) ?? '';
    const first = await guarded?.uploadPart('big', id, 1, Buffer.from('abcdef'), { size: 6 }, never);
    const result = await guarded?.complete('big', id, first === undefined ? [] : [first], never);
    expect(result?.etag).toBe(buckets.bucket('b').objects.get('big')?.etag);
  });
});

describe('limits', () => {
  it('hold across stores of one endpoint, until opened bodies have ended', async () => {
    const guards = guardsOf(1);
    const { store } = storeWith(() => undefined);
    const [one, other] = [guard(store, { guards }), guard(store, { guards })];
    const { body } = await one.open('k', {}, never);
    const waiting = other.head('k', never);
    await new Promise(setImmediate);
    expect(guards.states()).toMatchObject([{ reads: 1, writes: 0 }]);
    await other.put('x', Buffer.from('a'), { size: 1 }, never); // writing is counted apart
    body.destroy();
    await expect(waiting).resolves.toMatchObject({ key: 'k' });
    await new Promise(setImmediate);
    expect(guards.states()).toMatchObject([{ reads: 0 }]);
    await one.close();
    await other.close();
    expect(guards.states()).toEqual([]);
  });

  it('a wait for a turn ends with its signal', async () => {
    const guarded = guard(storeWith(() => undefined).store, { guards: guardsOf(1) });
    const { body } = await guarded.open('k', {}, never);
    const cancel = new AbortController();
    const waiting = guarded.head('k', cancel.signal);
    cancel.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    body.destroy();
  });
});

describe('deadlines', () => {
  const impatient = { deadlines: { requestTimeoutMs: 20, idleTimeoutMs: 20 }, retry: { ...retry, attempts: 1 } };

  it('end a call that gets no answer', async () => {
    const { store } = storeWith(() => new Promise(() => undefined));
    await expect(guard(store, impatient).head('k', never)).rejects.toMatchObject({ kind: 'timeout' });
    await expect(guard(store, impatient).open('k', {}, never)).rejects.toMatchObject({ kind: 'timeout' });
  });

  it('end a body that stands still, and one that the store does not take', async () => {
    const stuck = new Readable({ read: () => undefined });
    const inner = storeWith(() => undefined).store;
    const slow: DestinationStore = {
      ...inner,
      open: async (key, options, signal) => ({ info: (await inner.open(key, options, signal)).info, body: stuck }),
      put: () => new Promise(() => undefined),
    };
    const { body } = await guard(slow, impatient).open('k', {}, never);
    await expect(finished(body.resume())).rejects.toMatchObject({ kind: 'timeout' });
    const sent = Readable.from([Buffer.from('abc')]);
    await expect(guard(slow, impatient).put('x', sent, { size: 3 }, never)).rejects.toMatchObject({ kind: 'timeout' });
    expect(stuck.destroyed && sent.destroyed).toBe(true);
  });
});

it('tells the observer every try and the bytes of bodies', async () => {
  const seen: unknown[] = [];
  const observer = {
    call: (endpoint: string, operation: string, outcome: string, _ms: number, bytes: number) =>
      seen.push([endpoint, operation, outcome, bytes]),
  };
  const { store } = storeWith((count) => (count === 1 ? fail('timeout') : undefined));
  const guarded = guard(store, { observer, endpoint: 'host' });
  await guarded.put('x', Buffer.from('abc'), { size: 3 }, never);
  const { body } = await guarded.open('x', {}, never);
  await finished(body.resume());
  await new Promise(setImmediate);
  expect(seen).toEqual([
    ['host', 'put', 'timeout', 0],
    ['host', 'put', 'ok', 3],
    ['host', 'open', 'ok', 3],
  ]);
});

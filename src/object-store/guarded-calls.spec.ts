import { once } from 'node:events';
import { Readable } from 'node:stream';
import { EndpointGuards } from './endpoint-guards.js';
import { guardStore } from './guard-store.js';
import { MemoryBuckets } from './memory/memory-buckets.js';
import { MemoryStore } from './memory/memory-store.js';
import { type DestinationStore, type OpenedObject, StoreError } from './object-store.port.js';

const never = new AbortController().signal;
const settle = (): Promise<void> => new Promise(setImmediate);

let guards: EndpointGuards;
let told: unknown[];

beforeEach(() => {
  guards = new EndpointGuards({ readConcurrency: 1, writeConcurrency: 1, breaker: { failures: 1, resetMs: 60_000 } });
  told = [];
});

/** What a store has beside a memory store, and its guards around it. */
function guarded(over: Partial<DestinationStore>, keepsTime: boolean, pauses: number[] = []): DestinationStore {
  const buckets = new MemoryBuckets(['b']);
  buckets.write('b', 'k', Buffer.from('content'));
  const memory = new MemoryStore(buckets, 'b');
  const store: DestinationStore = {
    label: memory.label,
    traits: { ...memory.traits, keepsTime },
    endpointIdentity: memory.endpointIdentity,
    bucket: memory.bucket,
    list: (...call) => memory.list(...call),
    listPages: (...call) => memory.listPages(...call),
    head: (...call) => memory.head(...call),
    open: (...call) => memory.open(...call),
    put: (...call) => memory.put(...call),
    delete: (...call) => memory.delete(...call),
    close: () => memory.close(),
    ...over,
  };
  return guardStore(store, {
    guards,
    retry: { attempts: 1, baseDelayMs: 1, maxDelayMs: 1 },
    deadlines: { requestTimeoutMs: 10, idleTimeoutMs: 10 },
    observer: { call: (_, operation, outcome, _durationMs, bytes) => told.push([operation, outcome, bytes]) },
    pacing: { pause: (ms) => Promise.resolve(void pauses.push(ms)), random: () => 0 },
  });
}

const reads = (): number | undefined => guards.states()[0]?.reads;

describe('a store that keeps its own time', () => {
  const info = { key: 'k', size: 7, lastModifiedMs: 0, metadata: {} };

  it('gets the signal of the caller, and the time that it takes', async () => {
    const signals: AbortSignal[] = [];
    const slow = async (_key: string, signal: AbortSignal): Promise<typeof info> => {
      signals.push(signal);
      await new Promise((resolve) => setTimeout(resolve, 30));
      return info;
    };
    expect(await guarded({ head: slow }, true).head('k', never)).toBe(info);
    expect(signals[0]).toBe(never);
    await expect(guarded({ head: slow }, false).head('k', never)).rejects.toMatchObject({ kind: 'timeout' });
  });

  it('hands its bodies over as they are, with a permit until they end', async () => {
    const body = Readable.from([Buffer.from('content')], { objectMode: false });
    const store = guarded({ open: () => Promise.resolve({ info, body }) }, true);
    const opened = await store.open('k', {}, never);
    expect(opened.body).toBe(body);
    expect([reads(), told]).toEqual([1, []]);
    await once(body.resume(), 'close');
    expect([reads(), told]).toEqual([0, [['open', 'ok', 7]]]);
  });

  it.each([
    ['fails before its reader listens', new StoreError('connection', 'cut'), 'connection'],
    ['is not wanted any more', undefined, 'aborted'],
  ])('gives the permit of a body back that %s', async (_how, error, outcome) => {
    const body = new Readable({ read: () => undefined });
    const store = guarded({ open: () => Promise.resolve({ info, body }) }, true);
    await store.open('k', {}, never);
    body.destroy(error);
    await settle();
    expect([reads(), told]).toEqual([0, [['open', outcome, 0]]]);
    expect(guards.states()).toMatchObject([{ breaker: 'closed' }]);
  });

  it('has closed a body already that it opens', async () => {
    const body = Readable.from([]);
    await once(body.destroy(), 'close');
    await guarded({ open: (): Promise<OpenedObject> => Promise.resolve({ info, body }) }, true).open('k', {}, never);
    expect([reads(), told]).toEqual([0, [['open', 'aborted', 0]]]);
  });
});

describe('the breaker', () => {
  const down = (): Promise<never> => Promise.reject(new StoreError('unavailable', 'down'));

  it.each([true, false])(
    'is asked by calls and listings, and who is refused holds nothing (keeps time: %p)',
    async (keeps) => {
      const store = guarded({ head: down }, keeps);
      await expect(store.head('k', never)).rejects.toMatchObject({ kind: 'unavailable' });
      const refused = expect.objectContaining({ backendCode: 'CircuitOpen' }) as unknown;
      await expect(store.head('k', never)).rejects.toEqual(refused);
      await expect(store.open('k', {}, never)).rejects.toEqual(refused);
      await expect(store.listPages('', undefined, never)[Symbol.asyncIterator]().next()).rejects.toEqual(refused);
      expect(guards.states()).toMatchObject([{ breaker: 'open', reads: 0, writes: 0 }]);
      expect(told).toEqual([['head', 'unavailable', 0]]);
    },
  );

  it('hears of the pages of a listing, and of one that was left nothing more', async () => {
    const store = guarded({}, false);
    for await (const page of store.listPages('', undefined, never)) {
      expect(page).toHaveLength(1);
      break;
    }
    expect(told).toEqual([['list', 'aborted', 0]]);
    for await (const page of store.listPages('', undefined, never)) expect(page).toHaveLength(1);
    expect(told.at(-1)).toEqual(['list', 'ok', 0]);
    expect(guards.states()).toMatchObject([{ breaker: 'closed', reads: 0 }]);
  });
});

it('waits a moment where the endpoint throttles, holding its permit', async () => {
  const pauses: number[] = [];
  let throttles = true;
  const head = (): Promise<never> =>
    Promise.reject(throttles ? new StoreError('throttled', 'slow down') : new StoreError('not-found', 'none'));
  const store = guarded({ head }, true, pauses);
  for (let at = 0; at < 3; at++) await expect(store.head('k', never)).rejects.toMatchObject({ kind: 'throttled' });
  throttles = false;
  await expect(store.head('k', never)).rejects.toMatchObject({ kind: 'not-found' });
  expect(pauses).toEqual([25, 50, 100]);
  expect(reads()).toBe(0);
});

it('begins nothing after its signal aborted', async () => {
  const store = guarded({}, true);
  const stopped = AbortSignal.abort(new Error('stopped'));
  await expect(store.head('k', stopped)).rejects.toThrow('stopped');
  await expect(store.put('k', Buffer.alloc(1), { size: 1 }, stopped)).rejects.toThrow('stopped');
  expect(told).toEqual([]);
  expect(guards.states()).toMatchObject([{ reads: 0, writes: 0 }]);
});

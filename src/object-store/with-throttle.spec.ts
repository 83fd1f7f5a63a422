import { Readable } from 'node:stream';
import { ManualTime, settle } from '../../test/support/manual-time.js';
import { hasEnded } from '../kernel/has-ended.js';
import { wait } from '../kernel/retry.js';
import { TokenBucket } from '../kernel/token-bucket.js';
import { EndpointGuards } from './endpoint-guards.js';
import { guardStore } from './guard-store.js';
import { interceptStore } from './intercept-store.js';
import { MemoryBuckets } from './memory/memory-buckets.js';
import { MemoryStore } from './memory/memory-store.js';
import { type SourceStore, StoreError } from './object-store.port.js';
import { withThrottle } from './with-throttle.js';

const KIB = 1024;
const RATE = 1024 * KIB;
const CHUNK = Buffer.alloc(64 * KIB);
const passOn = (call: unknown): never => {
  throw new Error(`Nobody calls ${JSON.stringify(call)}`);
};

let time: ManualTime;
let bucket: TokenBucket;
let stop: AbortController;
let stops: AbortController[];

beforeEach(() => {
  time = new ManualTime();
  bucket = new TokenBucket(time, RATE);
  stop = new AbortController();
  stops = [stop];
});
afterEach(() => {
  for (const each of stops) each.abort(new Error('the test is over'));
});

/** A store whose objects have the size that their key says, and come in chunks of 64 KiB. */
const endless = (): SourceStore => {
  const buckets = new MemoryBuckets(['b']);
  const info = { lastModifiedMs: 0, metadata: {} };
  return interceptStore(new MemoryStore(buckets, 'b'), {
    call: passOn,
    open: ({ key, size }) => {
      const total = Number(key);
      const bytes = size ?? total;
      const chunks = function* (): Generator<Buffer> {
        for (let at = 0; at < bytes; at += CHUNK.length) yield CHUNK.subarray(0, Math.min(CHUNK.length, bytes - at));
      };
      const body = Readable.from(chunks(), { objectMode: false });
      return Promise.resolve({ info: { key, size: total, ...info }, body });
    },
  });
};

/** Reads objects of a size until the test ends, `width` at once; tells every byte. */
function readers(store: SourceStore, size: number, width: number, moved: (bytes: number) => void): void {
  const reader = async ({ signal }: AbortController): Promise<void> => {
    while (!signal.aborted) {
      const { body } = await store.open(String(size), {}, signal);
      for await (const chunk of body) {
        if (hasEnded(signal)) return;
        moved((chunk as Buffer).length);
      }
    }
  };
  for (let at = 0; at < width; at++) {
    const own = new AbortController();
    stops.push(own);
    reader(own).catch(() => undefined);
  }
}

/** Moves the time in small steps, with room for everything that follows from each. */
async function pass(ms: number): Promise<void> {
  for (let at = 0; at < ms; at += 5) {
    await time.advance(5);
    for (let turn = 0; turn < 4; turn++) await settle();
  }
}

describe.each([
  ['small', 4 * KIB],
  ['of one chunk', 64 * KIB],
  ['of one megabyte', 1024 * KIB],
  ['large', 64 * 1024 * KIB],
])('64 bodies at once that are %s', (_, size) => {
  it('keep to the rate, within a tenth', async () => {
    let moved = 0;
    readers(withThrottle(endless(), bucket), size, 64, (bytes) => (moved += bytes));
    await pass(2_000);
    const before = moved;
    await pass(8_000);
    expect((moved - before) / (8 * RATE)).toBeGreaterThan(0.9);
    expect((moved - before) / (8 * RATE)).toBeLessThan(1.1);
    expect(moved / (10 * RATE)).toBeLessThan(1.1);
  });

  it('follow another rate within a second', async () => {
    let moved = 0;
    readers(withThrottle(endless(), bucket), size, 64, (bytes) => (moved += bytes));
    await pass(3_000);
    for (const rate of [4 * RATE, RATE]) {
      bucket.setRate(rate);
      await pass(1_000);
      const before = moved;
      await pass(3_000);
      expect((moved - before) / (3 * rate)).toBeGreaterThan(0.9);
      expect((moved - before) / (3 * rate)).toBeLessThan(1.1);
    }
  });
});

describe('a throttled store', () => {
  const guards = (readConcurrency: number) =>
    new EndpointGuards({ readConcurrency, writeConcurrency: 1, breaker: { failures: 9, resetMs: 9 } });
  const retry = { attempts: 1, baseDelayMs: 1, maxDelayMs: 1 };

  it('leaves the permits of its endpoint to others while it waits', async () => {
    const shared = guards(64);
    const deadlines = { requestTimeoutMs: 60_000, idleTimeoutMs: 60_000 };
    const guarded = () => guardStore(endless(), { guards: shared, endpoint: 'one', retry, deadlines });
    readers(withThrottle(guarded(), bucket), 1024 * KIB, 64, () => undefined);
    await pass(3_000);
    expect(shared.states()[0]?.reads).toBeLessThan(16);
    const other = guarded();
    const { body } = await other.open('10', {}, stop.signal);
    body.destroy();
  });

  it('takes a body that it holds back for no body that stands still', async () => {
    const deadlines = { requestTimeoutMs: 60, idleTimeoutMs: 60 };
    const store = withThrottle(guardStore(endless(), { guards: guards(4), retry, deadlines }), bucket);
    const { body } = await store.open(String(1024 * KIB), {}, stop.signal);
    let read = 0;
    let failure: Error | undefined;
    body.on('data', (chunk: Buffer) => (read += chunk.length)).on('error', (error) => (failure = error));
    await wait(200);
    expect(failure).toBeUndefined();
    expect(read).toBeLessThan(512 * KIB);
    await pass(2_000);
    expect(read).toBe(1024 * KIB);
  });

  it('holds nothing back without a limit', async () => {
    bucket.setRate(undefined);
    const store = withThrottle(endless(), bucket);
    let read = 0;
    for await (const chunk of (await store.open(String(8 * 1024 * KIB), {}, stop.signal)).body)
      read += (chunk as Buffer).length;
    expect(read).toBe(8 * 1024 * KIB);
  });

  it('gives back what was taken for an object that could not be opened', async () => {
    const refusing = interceptStore(endless(), {
      call: passOn,
      open: () => Promise.reject(new StoreError('denied', 'no')),
    });
    const store = withThrottle(refusing, bucket);
    for (let at = 0; at < 5; at++) await expect(store.open('1', {}, stop.signal)).rejects.toThrow('no');
    expect(bucket.holdsBack).toBe(false);
  });

  it('stops waiting when it is told to, before a body and within one', async () => {
    const store = withThrottle(endless(), bucket);
    const { body } = await store.open(String(1024 * KIB), {}, stop.signal);
    const read = (async () => {
      for await (const chunk of body) expect(chunk).toBeDefined();
    })();
    const opening = store.open('1', {}, stop.signal);
    await settle();
    const reason = new Error('stopped');
    stop.abort(reason);
    await expect(opening).rejects.toBe(reason);
    await expect(read).rejects.toBe(reason);
    expect(bucket.holdsBack).toBe(false);
  });
});

import { wait } from '../kernel/retry.js';
import { interceptStore, type StoreOperation } from '../object-store/intercept-store.js';
import { MemoryStore } from '../object-store/memory/memory-store.js';
import type { DestinationStore, ListedObject } from '../object-store/object-store.port.js';
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
import { copyListed, syncNamed, type ObjectToSync } from './sync-object.js';
import type { SyncObjectOptions } from './transfer-options.js';

const SIZES = { buffered: 50, streamed: 500, 'in parts': 2345 };
const named = { key: 'k', targetKey: 'saved/k' };

let stage: TransferStage;

beforeEach(() => {
  stage = new TransferStage();
});

/** The store, and the calls that reach it. */
function counted(store: DestinationStore): { store: DestinationStore; calls: StoreOperation[] } {
  const calls: StoreOperation[] = [];
  const note = interceptStore(store, {
    call: (call, signal, proceed) => {
      calls.push(call.operation);
      return proceed(call, signal);
    },
    open: (call, signal, proceed) => {
      calls.push(call.operation);
      return proceed(call, signal);
    },
  });
  return { store: note, calls };
}

async function listing(key: string): Promise<ListedObject> {
  const pages = stage.source().listPages('', undefined, never);
  for await (const page of pages) for (const object of page) if (object.key === key) return object;
  throw new Error(`${key} is not listed`);
}

const sync = (object: Partial<ObjectToSync> = {}, options: Partial<SyncObjectOptions> = {}) =>
  syncNamed(stage.source(), stage.destination(), { ...named, ...object }, { ...plain, ...options }, never);

describe.each(Object.entries(SIZES))('an object with another name at the destination, %s', (_, size) => {
  beforeEach(() => {
    stage.from.write('from', 'k', bytes(size));
  });

  it('is synchronized under that name, once', async () => {
    expect(await sync()).toMatchObject({ outcome: 'synced', size });
    expect(stage.copied('saved/k')).toEqual(bytes(size));
    expect(stage.to.keys('to')).toEqual(['saved/k']);
    expect(await sync()).toEqual({ outcome: 'ignored', size, reason: 'UP_TO_DATE' });
  });

  it('is copied at the endpoint itself when both sides are one', async () => {
    const one = meddle(stage.source(), 'open', failing('denied'));
    const other = new MemoryStore(stage.from, 'to', { maxPutBytes: 400 });
    expect(await syncNamed(one, other, named, plain, never)).toMatchObject({ outcome: 'synced', size });
    expect(stage.from.bucket('to').objects.get('saved/k')?.content).toEqual(bytes(size));
  });

  it('is copied as listed, whatever the destination has', async () => {
    stage.to.write('to', 'saved/k', Buffer.from('other'));
    const object = { ...named, listed: await listing('k') };
    expect(await copyListed(stage.source(), stage.destination(), object, plain, never)).toMatchObject({ size });
    expect(stage.copied('saved/k')).toEqual(bytes(size));
  });

  it('tells the bytes that are read', async () => {
    let moved = 0;
    const options = { ...plain, onMoved: (count: number) => (moved += count) };
    await copyListed(stage.source(), stage.destination(), { ...named, listed: await listing('k') }, options, never);
    expect(moved).toBe(size);
  });
});

it('costs one read and one write when it is listed, and no read in vain when it goes in parts', async () => {
  stage.from.write('from', 'k', bytes(50));
  const [from, to] = [counted(stage.source()), counted(stage.destination())];
  await copyListed(from.store, to.store, { ...named, listed: await listing('k') }, plain, never);
  expect([...from.calls, ...to.calls]).toEqual(['open', 'put']);
  stage.from.write('from', 'k', bytes(1000));
  from.calls.length = 0;
  await copyListed(from.store, to.store, { ...named, listed: await listing('k') }, plain, never);
  expect(from.calls).toEqual(['head', ...Array.from({ length: 10 }, () => 'open')]);
});

it('refuses a name that is too long for any destination, before any call', async () => {
  stage.from.write('from', 'k', bytes(5));
  const source = meddle(stage.source(), 'open', failing('denied'));
  const long = { key: 'k', targetKey: 'é'.repeat(513) };
  expect(await syncNamed(source, stage.destination(), long, plain, never)).toMatchObject({
    outcome: 'failed',
    reason: 'TARGET_NAME_TOO_LONG',
    side: 'destination',
  });
  const fits = { key: 'k', targetKey: 'é'.repeat(512) };
  expect(await syncNamed(stage.source(), stage.destination(), fits, plain, never)).toMatchObject({ outcome: 'synced' });
});

describe('the overwrite modes', () => {
  beforeEach(async () => {
    stage.from.write('from', 'k', bytes(10));
    stage.clock.advance(1000);
    await sync();
    stage.clock.advance(1000);
  });

  it.each([
    ['NO_OVERWRITE', 'ALREADY_EXISTS', 'ALREADY_EXISTS'],
    ['SIZE_LAST_MODIFIED_COMPARISON_OVERWRITE', 'UP_TO_DATE', undefined],
    ['CRC64_COMPARISON_OVERWRITE', 'UP_TO_DATE', undefined], // neither side has one: size and time decide
    ['FULL_OVERWRITE', undefined, undefined],
  ] as const)('%s leaves alone what it should', async (overwriteMode, unchanged, changed) => {
    const outcomeOf = (reason: string | undefined) =>
      reason === undefined ? { outcome: 'synced' } : { outcome: 'ignored', reason };
    expect(await sync({}, { overwriteMode })).toMatchObject(outcomeOf(unchanged));
    stage.clock.advance(1000);
    stage.from.write('from', 'k', Buffer.alloc(10, 7));
    expect(await sync({}, { overwriteMode })).toMatchObject(outcomeOf(changed));
  });

  it('CRC64_COMPARISON_OVERWRITE goes by the checksums where both sides have one', async () => {
    const vouching = (store: DestinationStore, crc64: string): DestinationStore => ({
      ...interceptStore(store, passing),
      head: async (key, signal) => ({ ...(await store.head(key, signal)), crc64 }),
    });
    const options = { ...plain, overwriteMode: 'CRC64_COMPARISON_OVERWRITE' } as const;
    let copies = 0;
    const destination = meddle(vouching(stage.destination(), '5'), 'put', () => copies++);
    const against = (crc64: string) => syncNamed(vouching(stage.source(), crc64), destination, named, options, never);
    expect(await against('5')).toMatchObject({ outcome: 'ignored', reason: 'SAME_CRC64' });
    expect(copies).toBe(0);
    await against('6');
    expect(copies).toBeGreaterThan(0);
  });
});

describe('objects modified since', () => {
  it('are copied, others are ignored without a look at the destination', async () => {
    const { lastModifiedMs } = stage.from.write('from', 'k', bytes(10));
    const destination = meddle(stage.destination(), 'head', failing('denied'));
    const object = { ...named, migrateSinceMs: lastModifiedMs };
    const outcome = { outcome: 'ignored', size: 10, reason: 'NOT_MODIFIED_SINCE' };
    expect(await syncNamed(stage.source(), destination, object, plain, never)).toEqual(outcome);
    expect(await sync({ migrateSinceMs: lastModifiedMs - 1 })).toMatchObject({ outcome: 'synced' });
  });
});

describe('the time that one object has', () => {
  it('begins anew as it comes forward', async () => {
    stage.from.write('from', 'k', bytes(1200));
    const destination = interceptStore(stage.destination(), {
      ...passing,
      call: async (call, signal, proceed) => {
        if (call.operation === 'uploadPart') await wait(50, signal);
        return proceed(call, signal);
      },
    });
    const slow = { ...limits, partConcurrency: 1, objectTimeoutMs: 400, progressBytes: 100 };
    const outcome = copyListed(stage.source(), destination, named, { ...plain, limits: slow }, never);
    expect(await outcome).toMatchObject({ outcome: 'synced' });
  });

  it('does not run while our own limit holds reads back', async () => {
    let excuses = 0;
    const options: SyncObjectOptions = {
      ...plain,
      limits: { ...limits, objectTimeoutMs: 10 },
      isHeldBack: () => ++excuses < 3,
    };
    const stuck = interceptStore(stage.source(), {
      ...passing,
      open: (_, signal) => wait(60_000, signal).then(failing('timeout')),
    });
    const outcome = await copyListed(stuck, stage.destination(), named, options, never);
    expect(outcome).toMatchObject({ reason: 'OBJECT_TIMEOUT' });
    expect(excuses).toBe(3);
  });
});

import { ByteBudget } from '../kernel/byte-budget.js';
import { wait } from '../kernel/retry.js';
import { interceptStore, type StoreInterceptor } from '../object-store/intercept-store.js';
import { type ListedObject, type SourceStore, StoreError } from '../object-store/object-store.port.js';
import { CollectedObject } from '../object-store/opened-object.js';
import { bytes, failing, limits, never, passing, plain, TransferStage } from '../../test/support/transfer-stage.js';
import { copyListed, type TransferOutcome } from './sync-object.js';
import type { SyncObjectOptions } from './transfer-options.js';

const SIZE = 50;
const listed: ListedObject = { key: 'k', size: SIZE, lastModifiedMs: 0 };

let stage: TransferStage;
let buffers: ByteBudget;
let asked: (number | undefined)[];

beforeEach(() => {
  stage = new TransferStage();
  stage.from.write('from', 'k', bytes(SIZE));
  buffers = new ByteBudget(SIZE);
  asked = [];
});
afterEach(() => expect(buffers.inUse).toBe(0));

/** The source; tells what it was asked for, and `open` may answer in its place. */
const source = (open: StoreInterceptor['open'] = (call, signal, proceed) => proceed(call, signal)): SourceStore =>
  interceptStore(stage.source(), {
    ...passing,
    open: (call, signal, proceed) => {
      asked.push(call.collectUpTo);
      return open(call, signal, proceed);
    },
  });

const copy = (
  from: SourceStore,
  options: Partial<SyncObjectOptions> = {},
  object: ListedObject = listed,
  signal = never,
): Promise<TransferOutcome> => {
  const named = { key: 'k', targetKey: 'k', listed: object };
  return copyListed(from, stage.destination(), named, { ...plain, buffers, ...options }, signal);
};

describe('an object whose listed size fits into memory', () => {
  it('comes with its content, of which every byte is told', async () => {
    let moved = 0;
    expect(await copy(source(), { onMoved: (count) => (moved += count) })).toMatchObject({ size: SIZE, proof: 'md5' });
    expect(asked).toEqual([SIZE]);
    expect(moved).toBe(SIZE);
    expect(stage.copied('k')).toEqual(bytes(SIZE));
  });

  it('is streamed where no memory is left', async () => {
    const release = buffers.take(1);
    expect(await copy(source())).toMatchObject({ outcome: 'synced' });
    release?.();
    expect(asked).toEqual([undefined]);
  });

  it.each([SIZE - 20, SIZE + 20, 500, 2345])('is copied as it is when it has %d bytes by now', async (size) => {
    stage.from.write('from', 'k', bytes(size));
    expect(await copy(source())).toMatchObject({ outcome: 'synced', size });
    expect(stage.copied('k')).toEqual(bytes(size));
  });

  it.each([-1, 1])('is read again when the content is longer by %d bytes than announced', async (more) => {
    const wrong: StoreInterceptor['open'] = async (call, signal, proceed) => {
      const opened = await proceed(call, signal);
      return asked.length > 1 ? opened : new CollectedObject(opened.info, bytes(SIZE + more));
    };
    const outcome = await copy(source(wrong));
    expect(outcome).toMatchObject({ outcome: 'synced', size: SIZE });
    expect(asked).toHaveLength(2);
    expect(stage.copied('k')).toEqual(bytes(SIZE));
  });

  it('is not written when the content is another than the source vouches for', async () => {
    const wrong: StoreInterceptor['open'] = async (call, signal, proceed) =>
      new CollectedObject((await proceed(call, signal)).info, Buffer.alloc(SIZE));
    expect(await copy(source(wrong))).toMatchObject({ outcome: 'failed' });
    expect(stage.to.keys('to')).toEqual([]);
  });

  it('holds no memory while its restore is waited for', async () => {
    let held = SIZE;
    const archived: StoreInterceptor = {
      call: (call, signal, proceed) => {
        if (call.operation !== 'restore') return proceed(call, signal);
        held = buffers.inUse;
        return Promise.reject(new StoreError('denied', 'No restore'));
      },
      open: failing('archived'),
    };
    const from = interceptStore(stage.source(), archived);
    expect(await copy(from, { enableRestore: true })).toMatchObject({ outcome: 'failed' });
    expect(held).toBe(0);
  });

  it('gives its memory back when it fails, and on abort', async () => {
    expect(await copy(source(failing('denied')))).toMatchObject({ outcome: 'failed' });
    const stop = new AbortController();
    const stuck = source((_, signal) => {
      setImmediate(() => stop.abort(new Error('over')));
      return wait(60_000, signal).then(failing('timeout'));
    });
    await expect(copy(stuck, {}, listed, stop.signal)).rejects.toThrow('over');
  });
});

it('what goes up in parts, or is too large to hold, is not asked for its content', async () => {
  const roomy = { buffers: new ByteBudget(5000), limits: { ...limits, bufferBytes: 5000 } };
  stage.from.write('from', 'k', bytes(1200));
  expect(await copy(source(), roomy, { ...listed, size: 1200 })).toMatchObject({ outcome: 'synced' });
  stage.from.write('from', 'k', bytes(500));
  expect(await copy(source(), { ...roomy, limits }, { ...listed, size: 500 })).toMatchObject({ outcome: 'synced' });
  expect(asked.filter((each) => each !== undefined)).toEqual([]);
});

import { interceptStore } from '../object-store/intercept-store.js';
import { md5Hex } from '../object-store/memory/memory-buckets.js';
import { type DestinationStore, type PutResult, StoreError } from '../object-store/object-store.port.js';
import { CollectedObject } from '../object-store/opened-object.js';
import { bytes, passing, TransferStage } from '../../test/support/transfer-stage.js';

const SIZE = 50;
const right = bytes(SIZE);
const wrong = Buffer.alloc(SIZE, 7);

let stage: TransferStage;
let asked: (string | undefined)[];

beforeEach(() => {
  stage = new TransferStage();
  stage.from.write('from', 'k', right);
  asked = [];
});

/** Delivers other bytes than it vouches for; at first, or always. */
const lying = (times = Infinity): DestinationStore => {
  let opened = 0;
  return interceptStore(stage.source(), {
    ...passing,
    open: async (call, signal, proceed) => {
      const { info } = await proceed(call, signal);
      return new CollectedObject(info, ++opened > times ? right : wrong);
    },
  });
};

/** A destination that says of what it took what `answer` makes of its MD5, and does not look at the MD5 that comes along. */
const credulous = (answer: (md5: string) => PutResult, head = true): DestinationStore => {
  const store = stage.destination();
  return {
    ...interceptStore(store, passing),
    put: async (key, body, { md5, ...options }, signal) => {
      asked.push(md5);
      const { etag = '' } = await store.put(key, body, options, signal);
      return answer(etag);
    },
    head: async (key, signal) => {
      const { md5, ...info } = await store.head(key, signal);
      return head ? { ...info, md5 } : info;
    },
  };
};

const told = (md5: string): PutResult => ({ etag: md5, md5 });
const silent = (): PutResult => ({ etag: 'encrypted' });

describe('an object held in memory whose MD5 the source vouches for', () => {
  it('goes with that MD5, and is proven by the answer', async () => {
    expect(await stage.sync({}, stage.source(), credulous(told))).toMatchObject({ outcome: 'synced', proof: 'md5' });
    expect(asked).toEqual([md5Hex(right)]);
  });

  it.each([
    ['checks', () => stage.destination()],
    ['tells of', () => credulous(told)],
    ['tells only when asked of', () => credulous(silent)],
    ['never tells of', () => credulous(silent, false)],
  ])('fails for the source that delivers other bytes, where the destination %s what came', async (_, destination) => {
    const outcome = await stage.sync({}, lying(), destination());
    expect(outcome).toMatchObject({ reason: 'CHECKSUM_MISMATCH', side: 'source' });
    expect(stage.copied()).toBeUndefined();
  });

  it('is read again after other bytes came once', async () => {
    for (const destination of [stage.destination(), credulous(told), credulous(silent, false)]) {
      expect(await stage.sync({ overwriteMode: 'FULL_OVERWRITE' }, lying(1), destination)).toMatchObject({
        outcome: 'synced',
      });
      expect(stage.copied()).toEqual(right);
    }
  });

  it('fails for the destination that refuses, or keeps, something else', async () => {
    const refusing = interceptStore(stage.destination(), {
      ...passing,
      call: (call, signal, proceed) =>
        call.operation === 'put'
          ? Promise.reject(new StoreError('checksum', 'Not that', { backendCode: 'BadDigest' }))
          : proceed(call, signal),
    });
    const blamed = { reason: 'CHECKSUM_MISMATCH', side: 'destination' };
    expect(await stage.sync({}, stage.source(), refusing)).toMatchObject({ ...blamed, code: 'BadDigest' });
    expect(
      await stage.sync(
        {},
        stage.source(),
        credulous(() => told(md5Hex(wrong))),
      ),
    ).toMatchObject(blamed);
    expect(stage.copied()).toBeUndefined();
  });

  it('is digested here for a destination that encrypts, which answers with no MD5', async () => {
    const outcome = await stage.sync({ enableKms: true }, lying(), credulous(told));
    expect(outcome).toMatchObject({ reason: 'CHECKSUM_MISMATCH', side: 'source' });
    expect(asked).toEqual([]);
  });
});

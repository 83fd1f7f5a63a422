import { randomBytes } from 'node:crypto';
import type { Fault, FaultMatcher } from '../../test/support/s3-endpoint/index.js';
import { S3Pair } from '../../test/support/s3-pair.js';
import { plain } from '../../test/support/transfer-stage.js';
import { copyListed, syncObject, type TransferOutcome } from './sync-object.js';
import type { ResumableUpload, SyncObjectOptions, UploadLog } from './transfer-options.js';

const MIB = 1024 * 1024;
const retry = { attempts: 3, baseDelayMs: 2, maxDelayMs: 30 };
const deadlines = { requestTimeoutMs: 500, idleTimeoutMs: 300 };
const small = randomBytes(4096);
const middle = randomBytes(700 * 1024);
const large = randomBytes(11 * MIB);
const never = new AbortController().signal;

const options: SyncObjectOptions = {
  ...plain,
  limits: {
    ...retry,
    multipartThresholdBytes: 8 * MIB,
    partBytes: 5 * MIB,
    partConcurrency: 2,
    bufferBytes: 64 * 1024,
    objectTimeoutMs: 8_000,
  },
  migrateMetadata: true,
};

const oneByOne = { ...options.limits, partConcurrency: 1 };

let pair: S3Pair;
let from: S3Pair['from'];
let to: S3Pair['to'];

beforeEach(async () => {
  pair = await S3Pair.start({ retry, deadlines });
  ({ from, to } = pair);
  await from.seed('from', 'small', small);
  await from.seed('from', 'middle', middle);
  await from.seed('from', 'large', large);
});

afterEach(() => pair.close());

const contents: Readonly<Record<string, Buffer>> = { small, middle, large };

const run = (key: string): Promise<TransferOutcome> => syncObject(pair.source, pair.destination, key, options, never);

/** The whole object where it counts as synchronized; where it failed nothing, or all when only the answer was missing. */
async function expectNoPartial(key: string, outcome: TransferOutcome): Promise<void> {
  const seen = to.object('to', key);
  if (outcome.outcome !== 'failed' || seen !== undefined) {
    expect((await seen?.content())?.equals(contents[key]!)).toBe(true);
  }
  expect(to.uploads('to')).toEqual([]);
}

describe.each(['small', 'middle', 'large'])('the %s object', (key) => {
  const get: FaultMatcher = { operation: 'GetObject' };
  const put: FaultMatcher = { operation: ['PutObject', 'UploadPart'] };

  it('is copied and proven', async () => {
    const outcome = await run(key);
    expect(outcome).toEqual({
      outcome: 'synced',
      size: contents[key]!.length,
      proof: key === 'large' ? 'etag' : 'md5',
    });
    await expectNoPartial(key, outcome);
  });

  const passing: [string, Fault][] = [
    ['reset before the headers', { kind: 'reset', when: 'before-headers' }],
    ['reset after the headers', { kind: 'reset', when: 'after-headers' }],
    ['reset in the middle', { kind: 'reset', when: 'mid-body' }],
    ['503 with Retry-After', { kind: 'error', code: 'SlowDown', retryAfterSeconds: 1 }],
    ['500', { kind: 'error', code: 'InternalError' }],
    ['SlowDown', { kind: 'error', code: 'SlowDown' }],
    ['a stall before the headers', { kind: 'stall', when: 'before-headers' }],
    ['a stall in the middle', { kind: 'stall', when: 'mid-body' }],
    ['a truncated body', { kind: 'truncate' }],
    ['a Content-Length that is too long', { kind: 'wrong-length', delta: 3 }],
    ['a Content-Length that is too short', { kind: 'wrong-length', delta: -3 }],
    ['a corrupt byte', { kind: 'corrupt' }],
    ['an object replaced while it is read', { kind: 'change-object' }],
  ];
  it.each(passing)('survives %s on the source', async (_, fault) => {
    const handle = from.faults.next(get, fault);
    const outcome = await run(key);
    expect(handle.hits).toBe(1);
    if (fault.kind === 'change-object') {
      expect(outcome).toMatchObject({ outcome: 'synced' });
      const copied = await to.object('to', key)?.content();
      const now = await from.object('from', key)?.content();
      expect(copied?.equals(now!) === true || copied?.equals(contents[key]!) === true).toBe(true);
      return;
    }
    expect(outcome).toMatchObject({ outcome: 'synced', size: contents[key]!.length });
    await expectNoPartial(key, outcome);
  });

  const writing: [string, Fault][] = [
    ['reset before the headers', { kind: 'reset', when: 'before-headers' }],
    ['503 with Retry-After', { kind: 'error', code: 'SlowDown', retryAfterSeconds: 1 }],
    ['500', { kind: 'error', code: 'InternalError' }],
    ['SlowDown', { kind: 'error', code: 'SlowDown' }],
    ['a stall', { kind: 'stall', when: 'before-headers' }],
    ['a lost answer', { kind: 'lose-response' }],
  ];
  it.each(writing)('survives %s on the destination', async (_, fault) => {
    const handle = to.faults.next(put, fault);
    const outcome = await run(key);
    expect(handle.hits).toBe(1);
    expect(outcome).toMatchObject({ outcome: 'synced', size: contents[key]!.length });
    await expectNoPartial(key, outcome);
  });

  const lasting: [string, Fault, string][] = [
    ['resets', { kind: 'reset', when: 'before-headers' }, 'UNAVAILABLE'],
    ['500', { kind: 'error', code: 'InternalError' }, 'UNAVAILABLE'],
    ['SlowDown', { kind: 'error', code: 'SlowDown' }, 'THROTTLED'],
    ['403', { kind: 'error', code: 'AccessDenied' }, 'DENIED'],
    ['stalls', { kind: 'stall', when: 'before-headers' }, 'UNAVAILABLE'],
  ];
  it.each(lasting)('fails for good when the source only gives %s', async (_, fault, suffix) => {
    from.faults.always(get, fault);
    const outcome = await run(key);
    expect(outcome).toMatchObject({ outcome: 'failed', reason: `SOURCE_${suffix}`, side: 'source' });
    await expectNoPartial(key, outcome);
  });

  it.each(lasting)('fails for good when the destination only gives %s', async (_, fault, suffix) => {
    to.faults.always(put, fault);
    const outcome = await run(key);
    expect(outcome).toMatchObject({ outcome: 'failed', reason: `DESTINATION_${suffix}`, side: 'destination' });
    await expectNoPartial(key, outcome);
  });

  it('fails for good when every body is cut', async () => {
    from.faults.always(get, { kind: 'truncate' });
    const outcome = await run(key);
    expect(outcome).toMatchObject({ outcome: 'failed', reason: 'SOURCE_UNAVAILABLE' });
    await expectNoPartial(key, outcome);
  });
});

it('fails with CHECKSUM_MISMATCH when every body is corrupt', async () => {
  from.faults.always({ operation: 'GetObject' }, { kind: 'corrupt' });
  for (const key of ['small', 'middle']) {
    const outcome = await run(key);
    expect(outcome).toMatchObject({ outcome: 'failed', reason: 'CHECKSUM_MISMATCH' });
    await expectNoPartial(key, outcome);
  }
});

it('aborts the upload when the source is denied in the middle', async () => {
  from.faults.next({ operation: 'GetObject' }, { kind: 'error', code: 'AccessDenied' }, { skip: 2, times: 9 });
  const outcome = await run('large');
  expect(outcome).toMatchObject({ outcome: 'failed', reason: 'SOURCE_DENIED' });
  expect(outcome).not.toHaveProperty('notStarted');
  await expectNoPartial('large', outcome);
});

it('takes a completion whose answer was lost for done', async () => {
  to.faults.next({ operation: 'CompleteMultipartUpload' }, { kind: 'lose-response' });
  const outcome = await run('large');
  expect(outcome).toMatchObject({ outcome: 'synced', proof: 'etag' });
  expect(to.requests.CreateMultipartUpload).toBe(1);
  await expectNoPartial('large', outcome);
});

it('tries a completion again that failed within an answer of 200', async () => {
  to.faults.next({ operation: 'CompleteMultipartUpload' }, { kind: 'error-in-200', code: 'InternalError' });
  const outcome = await run('large');
  expect(outcome).toMatchObject({ outcome: 'synced', proof: 'etag' });
  await expectNoPartial('large', outcome);
});

it('says that nothing could start when the bucket is gone or the credentials are refused', async () => {
  const outcome = await syncObject(pair.source, pair.open(to, 'gone'), 'small', options, never);
  expect(outcome).toMatchObject({ reason: 'DESTINATION_BUCKET_NOT_FOUND', code: 'NoSuchBucket', notStarted: true });
  from.faults.always({ operation: 'GetObject' }, { kind: 'error', code: 'InvalidAccessKeyId' });
  expect(await run('small')).toMatchObject({ reason: 'SOURCE_CREDENTIALS_REFUSED', notStarted: true });
});

it('needs three requests for a new object, two for an unchanged and four for a changed one', async () => {
  const count = (): number => [from, to].flatMap((each) => Object.values(each.requests)).reduce((a, b) => a + b, 0);
  await run('middle'); // the first missing object makes the store look once whether its bucket is there
  const before = count();
  await run('small');
  expect(count() - before).toBe(3);
  expect(await run('small')).toEqual({ outcome: 'ignored', size: small.length, reason: 'UP_TO_DATE' });
  expect(count() - before).toBe(5);
  await from.seed('from', 'small', 'another size');
  await run('small');
  expect(count() - before).toBe(9);
});

it('leaves nothing when it is cancelled in the middle', async () => {
  from.faults.next({ operation: 'GetObject' }, { kind: 'stall', when: 'mid-body' }, { skip: 2, times: 2 });
  const cancel = new AbortController();
  const work = syncObject(pair.source, pair.destination, 'large', options, cancel.signal);
  while (from.faults.stalledCount === 0) await new Promise(setImmediate);
  const reason = new Error('stopped by the test');
  cancel.abort(reason);
  await expect(work).rejects.toBe(reason);
  expect(to.object('to', 'large')).toBeUndefined();
  expect(to.uploads('to')).toEqual([]);
});

it('goes on with an upload that a stop interrupted, with the parts that the endpoint lists', async () => {
  const known: ResumableUpload[] = [];
  const uploads: UploadLog = {
    find: () => known[0],
    began: (upload) => Promise.resolve(void known.push(upload)),
  };
  const log = { ...options, uploads };
  const object = { key: 'large', targetKey: 'saved/large' };
  from.faults.next({ operation: 'GetObject' }, { kind: 'stall', when: 'mid-body' }, { skip: 2 });
  const stop = new AbortController();
  const work = copyListed(pair.source, pair.destination, object, { ...log, limits: oneByOne }, stop.signal);
  while (from.faults.stalledCount === 0) await new Promise(setImmediate);
  stop.abort(new Error('the run stops'));
  await expect(work).rejects.toThrow('the run stops');
  expect(to.uploads('to')).toMatchObject([{ key: 'saved/large', parts: [1] }]);
  const outcome = await copyListed(pair.source, pair.destination, object, log, never);
  expect(outcome).toEqual({ outcome: 'synced', size: large.length, proof: 'size' });
  expect(to.requests).toMatchObject({ CreateMultipartUpload: 1, ListParts: 1 });
  expect((await to.object('to', 'saved/large')?.content())?.equals(large)).toBe(true);
});

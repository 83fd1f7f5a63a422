import type { S3Endpoint } from '../support/s3-endpoint/index.js';
import {
  bytesOf,
  closing,
  contentOf,
  failure,
  keysOf,
  signal,
  streamOf,
  type DestinationCase,
} from './object-store-support.js';

const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, at) => [`k${at}`, 'x']));

/** What a store that speaks S3 must withstand from the other side. */
export const describeS3Faults = (subject: DestinationCase, endpointOf: () => S3Endpoint) =>
  describe('with a faulty service', () => {
    const { seed } = closing(subject);
    const faults = () => endpointOf().faults;

    it('ends a listing whose token comes back', async () => {
      const store = await seed(many(2100));
      faults().always({ operation: 'ListObjectsV2' }, { kind: 'repeat-token' }, { skip: 1 });
      await expect(keysOf(store)).rejects.toMatchObject({ name: 'StoreError', backendCode: 'BrokenListing' });
    });

    it('reports a refused listing in the middle', async () => {
      const store = await seed(many(1500));
      faults().next({ operation: 'ListObjectsV2' }, { kind: 'error', code: 'AccessDenied' }, { skip: 1 });
      await expect(keysOf(store)).rejects.toEqual(failure('denied'));
    });

    it.each([
      ['cut short', { kind: 'truncate' }],
      ['cut far too short', { kind: 'truncate', bytes: 300_000 }],
      ['reset in the middle', { kind: 'reset', when: 'mid-body' }],
      ['reset after its headers', { kind: 'reset', when: 'after-headers' }],
      ['longer than it is', { kind: 'wrong-length', delta: 5 }],
    ] as const)('reports a body %s as connection', async (_how, fault) => {
      const store = await seed({ k: Buffer.alloc(400_000, 'x') });
      faults().next({ operation: 'GetObject' }, fault);
      await expect(store.open('k', {}, signal).then(({ body }) => bytesOf(body))).rejects.toEqual(
        failure('connection'),
      );
      expect(await contentOf(store, 'k')).toHaveLength(400_000);
    });

    it.each([
      ['cut short', { kind: 'truncate' }],
      ['reset in the middle', { kind: 'reset', when: 'mid-body' }],
      ['reset after its headers', { kind: 'reset', when: 'after-headers' }],
      ['longer than it is', { kind: 'wrong-length', delta: 5 }],
    ] as const)('never brings along content that is %s', async (_how, fault) => {
      const store = await seed({ k: Buffer.alloc(4000, 'x') });
      const options = { collectUpTo: 5000 };
      faults().next({ operation: 'GetObject' }, fault);
      await expect(store.open('k', options, signal)).rejects.toEqual(failure('connection'));
      expect((await store.open('k', options, signal)).content).toEqual(Buffer.alloc(4000, 'x'));
    });

    it('reports throttling, with the time to wait', async () => {
      const store = await seed({ k: 'x' });
      faults().next({}, { kind: 'error', code: 'SlowDown', retryAfterSeconds: 3 });
      const refused = store.open('k', {}, signal);
      await expect(refused).rejects.toMatchObject({
        kind: 'throttled',
        backendCode: 'SlowDown',
        httpStatus: 503,
        retryAfterMs: 3000,
      });
      faults().next({}, { kind: 'error', code: 'InternalError' });
      await expect(store.put('k', streamOf('y'), { size: 1 }, signal)).rejects.toEqual(failure('unavailable'));
    });

    it('reports a reset before any answer as connection', async () => {
      const store = await seed({ k: 'x' });
      faults().next({ operation: 'HeadObject' }, { kind: 'reset', when: 'before-headers' });
      await expect(store.head('k', signal)).rejects.toEqual(failure('connection'));
      faults().next({ operation: 'PutObject' }, { kind: 'lose-response' });
      await expect(store.put('k', Buffer.from('new'), { size: 3 }, signal)).rejects.toEqual(failure('connection'));
      expect(await contentOf(store, 'k')).toBe('new');
    });

    it('does not believe status 200 alone', async () => {
      const store = await seed({ a: 'content' });
      faults().next({ operation: 'CopyObject' }, { kind: 'error-in-200', code: 'InternalError' });
      const copy = store.copyFrom!('b', { bucket: store.bucket, key: 'a' }, { size: 7 }, signal);
      await expect(copy).rejects.toEqual(failure('unavailable'));
      const multipart = store.multipart!;
      const uploadId = await multipart.create('c', { size: 1 }, signal);
      const part = await multipart.uploadPart('c', uploadId, 1, Buffer.from('x'), { size: 1 }, signal);
      faults().next({ operation: 'CompleteMultipartUpload' }, { kind: 'error-in-200', code: 'InternalError' });
      await expect(multipart.complete('c', uploadId, [part], signal)).rejects.toEqual(failure('unavailable'));
      expect(await keysOf(store)).toEqual(['a']);
    });

    it.each(['before-headers', 'mid-body'] as const)(
      'stops waiting for a response that stalls (%s) when told to',
      async (when) => {
        const store = await seed({ k: Buffer.alloc(200_000) });
        faults().next({ operation: 'GetObject' }, { kind: 'stall', when });
        const stop = new AbortController();
        const read = store.open('k', {}, stop.signal).then(({ body }) => bytesOf(body));
        const started = Date.now();
        setTimeout(() => stop.abort(new Error('stopped')), 50);
        await expect(read).rejects.toThrow();
        expect(Date.now() - started).toBeLessThan(2000);
      },
    );

    it('refuses to go on reading an object that changed', async () => {
      const store = await seed({ k: Buffer.alloc(200_000) });
      const { etag } = await store.head('k', signal);
      faults().next({ operation: 'GetObject' }, { kind: 'change-object' });
      await contentOf(store, 'k', { range: { start: 0, end: 99_999 } });
      const rest = store.open('k', { range: { start: 100_000, end: 199_999 }, ifMatch: etag! }, signal);
      await expect(rest).rejects.toEqual(failure('changed'));
    });

    it('tells wrong keys from missing rights', async () => {
      const store = await seed({ k: 'x' });
      for (const [code, kind] of [
        ['InvalidAccessKeyId', 'bad-credentials'],
        ['AccessDenied', 'denied'],
      ] as const) {
        faults().next({ operation: 'GetObject' }, { kind: 'error', code });
        await expect(store.open('k', {}, signal)).rejects.toEqual(failure(kind));
      }
    });
  });

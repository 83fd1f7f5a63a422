import { Readable } from 'node:stream';
import type { DestinationStore } from '../../src/object-store/object-store.port.js';
import { StoreFactory } from '../../src/object-store/store-factory.js';
import { RawServer } from '../support/raw-server.js';
import { startS3Endpoint, type S3Endpoint } from '../support/s3-endpoint/index.js';
import { until } from '../support/until.js';
import { bytesOf, failure, signal as never } from './object-store-support.js';

const credentials = { accessKey: 'CONTRACTKEY', secretKey: 'contract-secret' };
const transfer = { readConcurrency: 16, writeConcurrency: 16, requestTimeoutMs: 300, idleTimeoutMs: 300 };
const SIZE = 200_000;
/** More than the buffers of both kernels between the two ends take. */
const ENDLESS = 64 * 1024 * 1024;

type Call = (store: DestinationStore, signal: AbortSignal) => Promise<unknown>;

const part = { partNumber: 1, etag: 'd41d8cd98f00b204e9800998ecf8427e' };
const CALLS: Readonly<Record<string, Call>> = {
  head: (store, signal) => store.head('k', signal),
  open: (store, signal) => store.open('k', {}, signal).then(({ body }) => bytesOf(body)),
  'open that collects': (store, signal) => store.open('k', { collectUpTo: SIZE }, signal),
  put: (store, signal) => store.put('x', Buffer.from('x'), { size: 1 }, signal),
  'put of a stream': (store, signal) => store.put('x', Readable.from([Buffer.from('x')]), { size: 1 }, signal),
  delete: (store, signal) => store.delete('x', signal),
  copyFrom: (store, signal) => store.copyFrom!('x', { bucket: store.bucket, key: 'k' }, { size: SIZE }, signal),
  getTags: (store, signal) => store.getTags!('k', signal),
  restore: (store, signal) => store.restore!('k', 1, signal),
  'multipart.create': (store, signal) => store.multipart!.create('x', { size: 1 }, signal),
  'multipart.uploadPart': (store, signal) =>
    store.multipart!.uploadPart('x', 'id', 1, Buffer.from('x'), { size: 1 }, signal),
  'multipart.copyPart': (store, signal) =>
    store.multipart!.copyPart!('x', 'id', 1, { bucket: store.bucket, key: 'k', range: { start: 0, end: 9 } }, signal),
  'multipart.listParts': (store, signal) => store.multipart!.listParts('x', 'id', signal),
  'multipart.complete': (store, signal) => store.multipart!.complete('x', 'id', [part], signal),
  'multipart.abort': (store, signal) => store.multipart!.abort('x', 'id', signal),
};

/** How every call ends, by name. */
const endsOfAll = (store: DestinationStore, signal: AbortSignal): Promise<unknown[]> =>
  Promise.all(
    Object.entries(CALLS).map(([name, call]) =>
      call(store, signal).then(
        () => [name, 'no failure'],
        (error: unknown) => [name, error],
      ),
    ),
  );

/** What the trait `keepsTime` promises, since nobody else watches the time of these stores. */
describe.each(['undici', 'socket'] as const)('the times of the S3 store over %s', (transport) => {
  let endpoint: S3Endpoint;
  let silent: RawServer;
  let factory: StoreFactory;
  const stores: DestinationStore[] = [];

  beforeAll(async () => {
    endpoint = await startS3Endpoint({ accessKeys: [credentials], buckets: ['bucket'], region: 'local' });
    await endpoint.seed('bucket', 'k', Buffer.alloc(SIZE));
    silent = new RawServer();
    const regions = {
      local: { endpoint: endpoint.url, addressing: 'path' as const },
      silent: { endpoint: await silent.listen(), addressing: 'path' as const },
    };
    factory = new StoreFactory({ clouds: { AWS: { regions } }, transfer: { ...transfer, transport } });
  });
  afterAll(async () => {
    await factory.close();
    await endpoint.close();
    await silent.close();
  });
  afterEach(async () => {
    silent.answer = () => undefined;
    silent.texts.length = 0;
    endpoint.faults.clear();
    for (const store of stores.splice(0)) await store.close();
  });

  const open = (region = 'local'): DestinationStore => {
    const store = factory.open({ cloudType: 'AWS', region, bucket: 'bucket' }, credentials);
    stores.push(store);
    return store;
  };

  it('are kept by every call that gets no answer', async () => {
    expect(await endsOfAll(open('silent'), never)).toEqual(
      Object.keys(CALLS).map((name) => [name, failure('timeout')]),
    );
  });

  it('end with the signal of every call', async () => {
    const stop = new AbortController();
    const ends = endsOfAll(open('silent'), stop.signal);
    await until(() => silent.texts.length > 0);
    const stopped = new Error('stopped');
    stop.abort(stopped);
    expect(await ends).toEqual(Object.keys(CALLS).map((name) => [name, stopped]));
  });

  it.each(['open', 'open that collects', 'getTags'])('are kept by an answer that stands still: %s', async (name) => {
    endpoint.faults.always({}, { kind: 'stall', when: 'mid-body' });
    await expect(CALLS[name]?.(open(), never)).rejects.toEqual(failure('timeout'));
  });

  it.each([
    ['open that collects', 1000],
    ['getTags', 1],
  ])('are kept by an answer that comes in a trickle: %s', async (name, bytes) => {
    endpoint.faults.always({}, { kind: 'drip', bytes, everyMs: 100 });
    await expect(CALLS[name]?.(open(), never)).rejects.toEqual(failure('timeout'));
  });

  it('are kept by a head that comes in a trickle', async () => {
    const timers: NodeJS.Timeout[] = [];
    silent.answer = (socket) => {
      socket.write('HTTP/1.1 200 OK\r\n');
      timers.push(setInterval(() => socket.write('x'), 50));
    };
    await expect(open('silent').head('k', never)).rejects.toEqual(failure('timeout'));
    for (const timer of timers) clearInterval(timer);
  });

  it('are kept by bodies that nobody takes', async () => {
    silent.answer = (socket) => socket.pause();
    const store = open('silent');
    const piece = Buffer.alloc(ENDLESS);
    const sent = [piece, Readable.from([piece], { objectMode: false })].map((body) =>
      store.put('x', body, { size: ENDLESS }, never).catch((error: unknown) => error),
    );
    expect(await Promise.all(sent)).toEqual([failure('timeout'), failure('timeout')]);
  });
});

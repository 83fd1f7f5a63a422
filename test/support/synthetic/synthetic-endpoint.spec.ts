import { createHash } from 'node:crypto';
import { StoreFactory } from '../../../src/object-store/store-factory.js';
import type { SourceStore } from '../../../src/object-store/object-store.port.js';
import { GeneratedBucket, SyntheticEndpoint, type GeneratedPlan } from './index.js';

const { signal } = new AbortController();
const PART = 5 * 1024 * 1024;
const small: GeneratedPlan = { kind: 'generated', count: 2500, perFolder: 100, minBytes: 0, maxBytes: 3000 };
const huge: GeneratedPlan = { kind: 'generated', count: 1, minBytes: 2 * PART + 12_345, etags: 'opaque' };

let endpoint: SyntheticEndpoint;
let factory: StoreFactory;

beforeAll(async () => {
  const buckets = {
    small,
    huge,
    denied: { ...small, deniedEvery: 10, deniedFrom: 3 },
    sink: { kind: 'sink' },
  } as const;
  endpoint = await SyntheticEndpoint.start({ buckets });
  const regions = { here: { endpoint: endpoint.url, addressing: 'path' as const } };
  const transfer = { readConcurrency: 8, writeConcurrency: 8, requestTimeoutMs: 5000, idleTimeoutMs: 5000 };
  factory = new StoreFactory({ clouds: { AWS: { regions } }, transfer });
});

afterAll(async () => {
  await factory.close();
  await endpoint.close();
});

const open = (bucket: string) =>
  factory.open({ cloudType: 'AWS', region: 'here', bucket }, { accessKey: 'a', secretKey: 's' });

async function keysOf(store: SourceStore, prefix = '', after?: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list(prefix, after, signal)) keys.push(key);
  return keys;
}

async function bytesOf(store: SourceStore, key: string, range?: { start: number; end: number }): Promise<Buffer> {
  const { body } = await store.open(key, range === undefined ? {} : { range }, signal);
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

describe('generated objects', () => {
  const generated = new GeneratedBucket(small);

  it('are listed in order, whole, under a prefix and after a key', async () => {
    const all = Array.from({ length: small.count }, (_, index) => generated.key(index));
    expect([...all].sort()).toEqual(all);
    expect(await keysOf(open('small'))).toEqual(all);
    expect(await keysOf(open('small'), 'f00003/')).toEqual(all.slice(300, 400));
    expect(await keysOf(open('small'), '', all[2400])).toEqual(all.slice(2401));
    expect(await keysOf(open('small'), 'none')).toEqual([]);
  });

  it('have the bytes that their listing tells the MD5 of', async () => {
    const key = generated.key(1234);
    const body = await bytesOf(open('small'), key);
    expect(body).toHaveLength(generated.size(1234));
    const { etag, size } = await open('small').head(key, signal);
    expect([size, etag]).toEqual([body.length, createHash('md5').update(body).digest('hex')]);
    await expect(bytesOf(open('small'), 'f00000/o999999999')).rejects.toMatchObject({ kind: 'not-found' });
  });

  it('give the same bytes in ranges as whole', async () => {
    const key = new GeneratedBucket(huge).key(0);
    const whole = await bytesOf(open('huge'), key);
    const part = await bytesOf(open('huge'), key, { start: 100_000, end: 300_000 });
    expect(part.equals(whole.subarray(100_000, 300_001))).toBe(true);
  });

  it('are refused where they are to be', async () => {
    await expect(bytesOf(open('denied'), generated.key(13))).rejects.toMatchObject({ kind: 'denied' });
    expect(await bytesOf(open('denied'), generated.key(14))).toHaveLength(generated.size(14));
  });
});

describe('a sink', () => {
  it('keeps size and checksum of what is put, and the lines of lists', async () => {
    const sink = open('sink');
    await sink.put('a', Buffer.from('abc'), { size: 3 }, signal);
    await sink.put('oms/list.txt', Buffer.from('one\ntwo\n'), { size: 8 }, signal);
    const md5 = createHash('md5').update('abc').digest('hex');
    expect(await sink.head('a', signal)).toMatchObject({ size: 3, etag: md5 });
    expect(endpoint.bucket('sink').sink.object('oms/list.txt')).toMatchObject({
      lines: 2,
      firstLine: 'one',
      lastLine: 'two',
    });
    expect(await keysOf(sink)).toEqual(['a', 'oms/list.txt']);
    await sink.delete('a', signal);
    await expect(sink.head('a', signal)).rejects.toMatchObject({ kind: 'not-found' });
  });

  it('takes an object in parts, tells which it has, and answers the checksum of checksums', async () => {
    const sink = open('sink');
    const { multipart } = sink;
    const source = new GeneratedBucket(huge);
    const body = Buffer.concat([...source.bytes(0, 0, huge.minBytes)]);
    const id = (await multipart?.create('big', { size: body.length }, signal)) ?? '';
    const pieces = [0, 1, 2].map((part) => body.subarray(part * PART, (part + 1) * PART));
    const parts = [];
    for (const [at, piece] of pieces.entries()) {
      const part = await multipart?.uploadPart('big', id, at + 1, piece, { size: piece.length }, signal);
      if (part !== undefined) parts.push(part);
    }
    await multipart?.complete('big', id, parts, signal);
    expect(await sink.head('big', signal)).toMatchObject({
      size: body.length,
      etag: source.etagInParts(0, PART),
    });
  });
});

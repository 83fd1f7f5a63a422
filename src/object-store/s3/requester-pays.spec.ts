import { ScriptedTransport } from '../../../test/support/scripted-transport.js';
import type { CopySource } from '../object-store.port.js';
import { GENERIC_S3 } from './dialects.js';
import { S3Store } from './store.js';
import type { S3WireRequest } from './transport.js';

const { signal } = new AbortController();

const answers = ({ method, target }: S3WireRequest): { headers?: Record<string, string>; body?: string } => {
  const headers = { 'content-length': '1', 'last-modified': 'Wed, 21 Oct 2026 07:28:00 GMT', etag: '"e"' };
  if (target.includes('list-type')) return { body: '<ListBucketResult></ListBucketResult>' };
  if (target.includes('tagging')) return { body: '<Tagging><TagSet></TagSet></Tagging>' };
  if (method === 'PUT') return { body: '<CopyObjectResult><ETag>"e"</ETag></CopyObjectResult>' };
  return { headers, body: method === 'GET' ? 'x' : '' };
};

const storeOver = (transport: ScriptedTransport, requesterPays?: boolean): S3Store =>
  new S3Store({
    bucket: 'bucket',
    endpoint: 'http://127.0.0.1:9000',
    addressing: 'path',
    signingRegion: 'local',
    credentials: { accessKey: 'KEY', secretKey: 'secret' },
    quirks: GENERIC_S3.quirks,
    ...(requesterPays !== undefined && { requesterPays }),
    connect: () => ({ transport, release: () => transport.close() }),
  });

async function readAll(store: S3Store): Promise<void> {
  for await (const each of store.listPages('', undefined, signal)) expect(each).toEqual([]);
  await store.head('k', signal);
  (await store.open('k', {}, signal)).body.destroy();
  await store.getTags?.('k', signal);
  await store.restore('k', 1, signal);
}

const payers = (transport: ScriptedTransport): (string | undefined)[] =>
  transport.requests.map((request) => transport.headerOf(request, 'x-amz-request-payer'));

describe('a source whose readers pay', () => {
  it('says so with every request that reads, signed', async () => {
    const transport = new ScriptedTransport(answers);
    const store = storeOver(transport, true);
    expect(store.requesterPays).toBe(true);
    await readAll(store);
    expect(payers(transport)).toEqual(Array.from({ length: 5 }, () => 'requester'));
    for (const request of transport.requests)
      expect(transport.headerOf(request, 'authorization')).toMatch(/SignedHeaders=[^,]*x-amz-request-payer/);
  });

  it('is told of only where it is asked for', async () => {
    const transport = new ScriptedTransport(answers);
    await readAll(storeOver(transport));
    expect(payers(transport)).toEqual(Array.from({ length: 5 }, () => undefined));
  });

  it('is told of in copies that the destination makes', async () => {
    const transport = new ScriptedTransport(answers);
    const from: CopySource = { bucket: 'other', key: 'k', requesterPays: true };
    const store = storeOver(transport);
    await store.copyFrom('k', from, { size: 1 }, signal);
    await store.multipart.copyPart('k', 'id', 1, { ...from, range: { start: 0, end: 0 } }, signal);
    expect(payers(transport)).toEqual(['requester', 'requester']);
  });
});

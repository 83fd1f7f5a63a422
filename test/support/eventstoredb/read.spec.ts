import { binaryEvent } from '@eventstore/db-client';
import { event, events, StoreUnderTest } from './server-under-test.js';

describe('reading a stream', () => {
  const store = new StoreUnderTest();
  beforeEach(() => store.client.appendToStream('a', events(100)));

  it('goes forwards from a revision, as far as the count says', async () => {
    expect(await store.numbers('a', { fromRevision: 97n })).toEqual([97, 98, 99]);
    expect(await store.numbers('a', { fromRevision: 40n, maxCount: 3 })).toEqual([40, 41, 42]);
    expect(await store.numbers('a')).toHaveLength(100);
    expect(await store.numbers('a', { fromRevision: 100n })).toEqual([]);
    expect(await store.numbers('a', { fromRevision: 'end' })).toEqual([]);
  });

  it('goes backwards from a revision or from the end', async () => {
    const direction = 'backwards';
    expect(await store.numbers('a', { direction, fromRevision: 'end', maxCount: 2 })).toEqual([99, 98]);
    expect(await store.numbers('a', { direction, fromRevision: 1n })).toEqual([1, 0]);
    expect(await store.numbers('a', { direction, fromRevision: 'end' })).toHaveLength(100);
    expect(await store.numbers('a', { direction, fromRevision: 'start' })).toEqual([0]);
  });

  it('says that there is no such stream', async () => {
    await expect(store.numbers('b')).rejects.toMatchObject({ type: 'stream-not-found', streamName: 'b' });
  });

  it('resolves links when asked to', async () => {
    const link = (target: string) => binaryEvent({ type: '$>', data: Buffer.from(target) });
    await store.client.appendToStream('links', [link('1@a'), link('500@a')]);
    const found = [];
    for await (const read of store.client.readStream('links', { resolveLinkTos: true })) found.push(read);
    expect(found).toMatchObject([
      { event: { streamId: 'a', revision: 1n }, link: { streamId: 'links', revision: 0n } },
      { link: { streamId: 'links', revision: 1n } },
    ]);
    expect(found[1]?.event).toBeUndefined();
  });
});

describe('reading $all', () => {
  const store = new StoreUnderTest();
  const system = ['0@$epochs', '0@$$$scavenges'];

  it('is never empty: the system writes too', async () => {
    expect(await store.all()).toEqual(system);
  });

  it('gives all streams in the order of their commits', async () => {
    await store.client.appendToStream('a', events(2));
    await store.client.appendToStream('b', events(1));
    await store.client.appendToStream('a', events(1));
    expect(await store.all()).toEqual([...system, '0@a', '1@a', '0@b', '2@a']);
    expect(await store.all({ direction: 'backwards', fromPosition: 'end', maxCount: 2 })).toEqual(['2@a', '0@b']);
    expect(await store.all({ fromPosition: 'end' })).toEqual([]);
    expect(await store.all({ direction: 'backwards', fromPosition: 'start' })).toEqual([]);
  });

  it('goes forwards from a position with it, backwards without it', async () => {
    const { position } = await store.client.appendToStream('a', event());
    await store.client.appendToStream('b', event());
    expect(await store.all({ fromPosition: position! })).toEqual(['0@a', '0@b']);
    expect(await store.all({ direction: 'backwards', fromPosition: position!, maxCount: 1 })).toEqual([
      '0@$$$scavenges',
    ]);
  });

  it('refuses a position where no record begins', async () => {
    const { position } = await store.client.appendToStream('a', event());
    const [commit, prepare] = [position!.commit + 1n, position!.prepare + 1n];
    await expect(store.all({ fromPosition: { commit, prepare } })).rejects.toMatchObject({ code: 3 });
    await expect(store.all({ fromPosition: { commit: 0n, prepare } })).rejects.toMatchObject({ type: 'unknown' });
    const beyond = { commit: commit + 1_000_000n, prepare: commit + 1_000_000n };
    expect(await store.all({ fromPosition: beyond })).toEqual([]);
  });

  it("does not fall out of a slow reader's hands", async () => {
    await store.client.appendToStream('a', events(2000));
    let count = 0;
    for await (const { event: read } of store.client.readAll()) {
      if (read?.streamId !== 'a') continue;
      expect(read.revision).toBe(BigInt(count++));
      if (count % 500 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    expect(count).toBe(2000);
  });
});

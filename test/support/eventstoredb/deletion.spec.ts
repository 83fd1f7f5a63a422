import { event, events, StoreUnderTest } from './server-under-test.js';

const DAY_MS = 86_400_000;

describe('a soft-deleted stream', () => {
  const store = new StoreUnderTest();
  const conflict = { type: 'wrong-expected-version' };
  beforeEach(async () => {
    await store.client.appendToStream('a', events(3));
    await store.client.deleteStream('a');
  });

  it('reads as not found', async () => {
    await expect(store.numbers('a')).rejects.toMatchObject({ type: 'stream-not-found' });
  });

  it('begins again for whoever expects no stream, and its revisions go on', async () => {
    const result = await store.client.appendToStream('a', event(7), { expectedRevision: 'no_stream' });
    expect(result.nextExpectedRevision).toBe(3n);
    expect(await store.numbers('a')).toEqual([7]);
    const found = await store.client.getStreamMetadata('a');
    expect(found.metadata).toEqual({ truncateBefore: 3 });
    const again = store.client.appendToStream('a', event(8), { expectedRevision: 'no_stream' });
    await expect(again).rejects.toMatchObject({ ...conflict, actualVersion: 3n });
  });

  it('begins again for its last revision and for any', async () => {
    await store.client.appendToStream('a', event(7), { expectedRevision: 2n });
    await store.client.deleteStream('a', { expectedRevision: 3n });
    await store.client.appendToStream('a', event(8), { expectedRevision: 'any' });
    expect(await store.numbers('a')).toEqual([8]);
  });

  it('does not count as a stream that exists', async () => {
    const append = store.client.appendToStream('a', event(), { expectedRevision: 'stream_exists' });
    await expect(append).rejects.toMatchObject({ type: 'stream-deleted', streamName: 'a' });
  });

  it('stays in $all until a scavenge, but for its last event', async () => {
    expect(await store.all()).toEqual(expect.arrayContaining(['0@a', '1@a', '2@a', '0@$$a']));
    expect(store.server.scavenge()).toBe(2);
    expect(await store.all()).toEqual(['0@$epochs', '0@$$$scavenges', '2@a', '0@$$a']);
    expect((await store.client.appendToStream('a', event(7))).nextExpectedRevision).toBe(3n);
    expect(await store.numbers('a')).toEqual([7]);
  });

  it('may be deleted again, and before it ever was', async () => {
    await store.client.deleteStream('a');
    await store.client.deleteStream('never');
    await expect(store.client.deleteStream('never', { expectedRevision: 3n })).rejects.toMatchObject(conflict);
  });

  it('is there again, but empty, when its metadata is written', async () => {
    await store.client.setStreamMetadata('a', { maxAge: 5 });
    expect(await store.numbers('a')).toEqual([]);
  });
});

describe('a deletion with an expected revision', () => {
  const store = new StoreUnderTest();

  it('is refused when it does not hold', async () => {
    await store.client.appendToStream('a', events(3));
    const deletion = store.client.deleteStream('a', { expectedRevision: 1n });
    await expect(deletion).rejects.toMatchObject({
      type: 'wrong-expected-version',
      expectedVersion: 1n,
      actualVersion: 2n,
    });
    const tombstone = store.client.tombstoneStream('a', { expectedRevision: 'no_stream' });
    await expect(tombstone).rejects.toMatchObject({ type: 'wrong-expected-version' });
    expect(await store.numbers('a')).toHaveLength(3);
  });
});

describe('a tombstoned stream', () => {
  const store = new StoreUnderTest();
  const deleted = { type: 'stream-deleted', streamName: 'a' };
  beforeEach(async () => {
    await store.client.appendToStream('a', events(3));
    await store.client.tombstoneStream('a');
  });

  it.each(['any', 'no_stream', 'stream_exists', 2n] as const)(
    'takes no events, expecting %p',
    async (expectedRevision) => {
      await expect(store.client.appendToStream('a', event(), { expectedRevision })).rejects.toMatchObject(deleted);
    },
  );

  it('cannot be read, deleted or described', async () => {
    await expect(store.numbers('a')).rejects.toMatchObject(deleted);
    await expect(store.client.deleteStream('a')).rejects.toMatchObject(deleted);
    await expect(store.client.tombstoneStream('a')).rejects.toMatchObject(deleted);
    await expect(store.client.setStreamMetadata('a', { maxAge: 5 })).rejects.toMatchObject({ type: 'stream-deleted' });
  });

  it('leaves only the tombstone in $all after a scavenge', async () => {
    store.server.scavenge();
    expect(await store.all()).toEqual(['0@$epochs', '0@$$$scavenges', '9223372036854775807@a']);
  });
});

describe('stream metadata', () => {
  const store = new StoreUnderTest();

  it('limits how many events can be read', async () => {
    await store.client.setStreamMetadata('a', { maxCount: 2 });
    await store.client.appendToStream('a', events(5));
    expect(await store.numbers('a')).toEqual([3, 4]);
    expect(await store.numbers('a', { direction: 'backwards', fromRevision: 'end' })).toEqual([4, 3]);
  });

  it('cuts the beginning off', async () => {
    await store.client.appendToStream('a', events(5));
    await store.client.setStreamMetadata('a', { truncateBefore: 3 });
    expect(await store.numbers('a')).toEqual([3, 4]);
  });

  it('lets events expire, in stream reads at once, in $all with a scavenge', async () => {
    await store.client.setStreamMetadata('a', { maxAge: 60 }, { expectedRevision: 'no_stream' });
    await store.client.appendToStream('a', events(2));
    store.server.advanceTime(59_000);
    await store.client.appendToStream('a', event(2));
    expect(await store.numbers('a')).toEqual([0, 1, 2]);
    store.server.advanceTime(2_000);
    expect(await store.numbers('a')).toEqual([2]);
    store.server.advanceTime(DAY_MS);
    expect(await store.numbers('a')).toEqual([]);
    expect(await store.all()).toEqual(expect.arrayContaining(['0@a', '1@a', '2@a']));
    expect(store.server.scavenge()).toBe(2);
    expect((await store.client.appendToStream('a', event(3), { expectedRevision: 2n })).nextExpectedRevision).toBe(3n);
    expect(await store.numbers('a')).toEqual([3]);
  });

  it('is a stream of which only the last event counts', async () => {
    await store.client.setStreamMetadata('a', { maxCount: 1, owner: 'x', acl: { readRoles: ['$all'] } });
    await store.client.setStreamMetadata('a', { maxCount: 9 });
    expect(await store.client.getStreamMetadata('a')).toMatchObject({ metadata: { maxCount: 9 } });
    const kept: unknown[] = [];
    for await (const { event: read } of store.client.readStream('$$a')) kept.push([read?.revision, read?.type]);
    expect(kept).toEqual([[1n, '$metadata']]);
  });

  it('keeps what the server does not know when the stream begins again', async () => {
    await store.client.appendToStream('a', events(2));
    await store.client.setStreamMetadata('a', { truncateBefore: Number.MAX_SAFE_INTEGER, owner: 'x' });
    expect(await store.numbers('a')).toEqual([]);
    await store.client.deleteStream('a');
    await store.client.setStreamMetadata('a', { owner: 'y' });
    expect((await store.client.getStreamMetadata('a')).metadata).toEqual({ owner: 'y', truncateBefore: 2 });
  });
});

import { randomUUID } from 'node:crypto';
import { binaryEvent, jsonEvent } from '@eventstore/db-client';
import { event, events, StoreUnderTest } from './server-under-test.js';

describe.each([
  ['by BatchAppend', true],
  ['by Append, to a server without BatchAppend', false],
])('appending %s', (_how, batchAppend) => {
  const store = new StoreUnderTest({ batchAppend });
  const append: StoreUnderTest['client']['appendToStream'] = (...args) => store.client.appendToStream(...args);
  const conflict = (actualVersion: unknown, expectedVersion: unknown) => ({
    type: 'wrong-expected-version',
    streamName: 'a',
    actualVersion,
    expectedVersion,
  });

  it('gives back what was appended, with revisions, positions and times', async () => {
    const before = Date.now();
    const result = await append('a', [event(1), event(2)], { expectedRevision: 'no_stream' });
    expect(result).toMatchObject({ success: true, nextExpectedRevision: 1n });
    const found = [];
    for await (const { event: read } of store.client.readStream('a')) found.push(read);
    expect(found).toMatchObject([
      { streamId: 'a', revision: 0n, type: 'Happened', data: { n: 1 }, metadata: { of: 1 }, isJson: true },
      { streamId: 'a', revision: 1n, data: { n: 2 }, position: result.position },
    ]);
    expect(found[0]?.created.getTime()).toBeGreaterThanOrEqual(before);
    expect(found[1]!.position!.commit).toBeGreaterThan(found[0]!.position!.commit);
    expect(store.server.statistics.calls[batchAppend ? 'batchAppend' : 'append']).toBe(1);
  });

  it('keeps binary events and names with any characters', async () => {
    const data = Buffer.from([0, 255, 1]);
    await append('世界/é', binaryEvent({ type: 'Привет', data }));
    for await (const { event: read } of store.client.readStream('世界/é'))
      expect(read).toMatchObject({ streamId: '世界/é', type: 'Привет', isJson: false, data: new Uint8Array(data) });
  });

  it('compares the expected revision', async () => {
    await append('a', events(2), { expectedRevision: 'no_stream' });
    await append('a', event(2), { expectedRevision: 1n });
    await append('a', event(3), { expectedRevision: 'any' });
    await append('a', event(4), { expectedRevision: 'stream_exists' });
    await expect(append('a', event(), { expectedRevision: 'no_stream' })).rejects.toMatchObject(
      conflict(4n, 'no_stream'),
    );
    await expect(append('a', event(), { expectedRevision: 3n })).rejects.toMatchObject(conflict(4n, 3n));
    await expect(append('a', event(), { expectedRevision: 9n })).rejects.toMatchObject(conflict(4n, 9n));
    expect(await store.numbers('a')).toEqual([0, 1, 2, 3, 4]);
  });

  it('tells an absent stream from one that is behind', async () => {
    await expect(append('a', event(), { expectedRevision: 0n })).rejects.toMatchObject(conflict('no_stream', 0n));
    const exists = append('a', event(), { expectedRevision: 'stream_exists' });
    await expect(exists).rejects.toMatchObject(conflict('no_stream', 'stream_exists'));
  });

  it('answers the same append again with the same place, and appends nothing', async () => {
    const [first, second] = [events(2), events(3)];
    const placed = await append('a', first, { expectedRevision: 'no_stream' });
    const placedSecond = await append('a', second, { expectedRevision: 1n });
    expect(await append('a', first, { expectedRevision: 'no_stream' })).toEqual(placed);
    expect(await append('a', second, { expectedRevision: 1n })).toEqual(placedSecond);
    expect(await append('a', second.slice(0, 2), { expectedRevision: 1n })).toMatchObject({ nextExpectedRevision: 3n });
    expect(await append('a', first, { expectedRevision: 'any' })).toEqual(placed);
    expect(await append('a', second, { expectedRevision: 'any' })).toEqual(placedSecond);
    expect(await store.numbers('a')).toEqual([0, 1, 0, 1, 2]);
  });

  it('refuses an append of which a part stands there already', async () => {
    const first = events(2);
    await append('a', first, { expectedRevision: 'no_stream' });
    const longer = [...first, event(2)];
    await expect(append('a', longer, { expectedRevision: 'any' })).rejects.toMatchObject(conflict(1n, 'any'));
    await expect(append('a', longer, { expectedRevision: 'no_stream' })).rejects.toMatchObject(
      conflict(1n, 'no_stream'),
    );
    expect(await store.numbers('a')).toEqual([0, 1]);
  });

  it('takes the same id in another stream for another event', async () => {
    const same = event(7);
    await append('a', same);
    expect(await append('b', same)).toMatchObject({ nextExpectedRevision: 0n });
    expect(await store.numbers('b')).toEqual([7]);
  });

  it('refuses an append larger than 1 MiB, whole', async () => {
    const half = () => jsonEvent({ type: 'Large', data: { text: 'x'.repeat(600_000) } });
    await append('a', half());
    await expect(append('a', [half(), half()])).rejects.toMatchObject({
      type: 'maximum-append-size-exceeded',
      maxAppendSize: 1024 * 1024,
    });
    expect(await store.all({ direction: 'backwards', fromPosition: 'end', maxCount: 2 })).toEqual([
      '0@a',
      '0@$$$scavenges',
    ]);
  });

  it('refuses ids that are no UUID', async () => {
    await expect(append('a', event(1, 'no-uuid'))).rejects.toMatchObject({ type: 'unknown' });
    await expect(append('a', event(1, '00000000-0000-0000-0000-000000000000'))).rejects.toMatchObject({
      type: 'unknown',
    });
    const id = randomUUID();
    await append('a', event(1, id.toUpperCase()));
    expect(await append('a', event(1, id))).toMatchObject({ nextExpectedRevision: 0n });
  });

  it('takes an append of nothing', async () => {
    await append('a', events(2));
    expect(await append('a', [], { expectedRevision: 1n })).toMatchObject({ success: true, nextExpectedRevision: 1n });
  });

  it('answers many appends at once, each its own', async () => {
    const results = await Promise.all(
      Array.from({ length: 300 }, (_, n) => append(`s-${n % 7}`, event(n), { expectedRevision: 'any' })),
    );
    const positions = results.map(({ position }) => position!.commit);
    expect(new Set(positions).size).toBe(300);
    expect(await store.numbers('s-3')).toHaveLength(43);
  });
});

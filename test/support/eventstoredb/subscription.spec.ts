import { eventTypeFilter, streamNameFilter } from '@eventstore/db-client';
import { until } from '../until.js';
import { event, events, failureOf, record, StoreUnderTest } from './server-under-test.js';

const SYSTEM = ['0@$epochs', '0@$$$scavenges'];

describe('a subscription to $all', () => {
  const store = new StoreUnderTest();

  it('catches up, says so, and goes on live without gap or duplicate', async () => {
    await store.client.appendToStream('a', events(100));
    const subscription = store.client.subscribeToAll();
    const seen = record(subscription);
    await until(() => seen.includes('caughtUp'));
    expect(store.server.statistics.subscriptions).toBe(1);
    for (const next of events(50, 100)) void store.client.appendToStream('a', next);
    await until(() => seen.length === 153);
    expect(seen).toEqual([
      ...SYSTEM,
      ...Array.from({ length: 100 }, (_, n) => `${n}@a`),
      'caughtUp',
      ...Array.from({ length: 50 }, (_, n) => `${n + 100}@a`),
    ]);
    await subscription.unsubscribe();
    await until(() => store.server.statistics.subscriptions === 0);
  });

  it('begins after a position, or at the end', async () => {
    const { position } = await store.client.appendToStream('a', events(2));
    await store.client.appendToStream('b', event());
    const after = record(store.client.subscribeToAll({ fromPosition: position! }));
    const end = record(store.client.subscribeToAll({ fromPosition: 'end' }));
    await until(() => after.includes('caughtUp') && end.includes('caughtUp'));
    await store.client.appendToStream('c', event());
    await until(() => after.length === 3 && end.length === 2);
    expect(after).toEqual(['0@b', 'caughtUp', '0@c']);
    expect(end).toEqual(['caughtUp', '0@c']);
  });

  it('refuses to begin where no record does', async () => {
    const { position } = await store.client.appendToStream('a', event());
    const fromPosition = { commit: position!.commit + 1n, prepare: position!.prepare + 1n };
    expect(await failureOf(store.client.subscribeToAll({ fromPosition }))).toMatchObject({ code: 3 });
  });

  it('lets many follow', async () => {
    const all = Array.from({ length: 25 }, () => record(store.client.subscribeToAll()));
    await until(() => all.every((seen) => seen.includes('caughtUp')));
    for (let n = 0; n < 20; n++) await store.client.appendToStream(`s-${n}`, event());
    await until(() => all.every((seen) => seen.length === 23));
    expect(new Set(all.map((seen) => seen.join())).size).toBe(1);
  });

  it('sends no more than a reader takes, and tells it when it fell behind', async () => {
    const subscription = store.client.subscribeToAll({ fromPosition: 'end' });
    const seen = record(subscription);
    await until(() => seen.includes('caughtUp'));
    subscription.pause();
    const large = (n: number) => ({ ...event(n), metadata: { text: 'x'.repeat(20_000) } });
    for (let n = 0; n < 300; n++) await store.client.appendToStream('a', large(n));
    subscription.resume();
    await until(() => seen.includes('299@a'));
    expect(seen.filter((entry) => entry.endsWith('@a'))).toEqual(Array.from({ length: 300 }, (_, n) => `${n}@a`));
    expect(seen).toContain('fellBehind');
    await until(() => seen.at(-1) === 'caughtUp');
  });

  it('is not disturbed by a scavenge', async () => {
    const seen = record(store.client.subscribeToAll({ fromPosition: 'end' }));
    await until(() => seen.includes('caughtUp'));
    await store.client.appendToStream('a', events(200));
    await store.client.deleteStream('a');
    await until(() => seen.includes('199@a'));
    store.server.scavenge();
    await store.client.appendToStream('b', events(3));
    await until(() => seen.includes('2@b'));
    expect(seen.slice(-3)).toEqual(['0@b', '1@b', '2@b']);
  });
});

describe('a filtered subscription to $all', () => {
  const store = new StoreUnderTest();

  it('loses nothing to a reader that stops and goes, with checkpoints between the events', async () => {
    const filter = streamNameFilter({
      prefixes: ['sync-'],
      maxSearchWindow: 1,
      checkpointInterval: 2,
      checkpointReached: () => undefined,
    });
    const subscription = store.client.subscribeToAll({ filter });
    const seen = record(subscription);
    await until(() => seen.includes('caughtUp'));
    for (let round = 0; round < 10; round++) {
      subscription.pause();
      const texts = events(40).map((each) => ({ ...each, metadata: { text: 'x'.repeat(5_000) } }));
      await Promise.all(texts.map((each) => store.client.appendToStream('sync-1', each)));
      subscription.resume();
      await until(() => seen.includes(`${round * 40 + 9}@sync-1`));
    }
    await until(() => seen.includes('399@sync-1'));
    expect(seen.filter((entry) => entry.includes('@'))).toEqual(Array.from({ length: 400 }, (_, n) => `${n}@sync-1`));
  });

  const mixed = async (count: number) => {
    for (let n = 0; n < count; n++) await store.client.appendToStream(n % 2 === 0 ? 'sync-1' : 'other-1', event(n));
  };

  it.each([
    ['prefixes of stream names', streamNameFilter({ prefixes: ['sync-', 'no-'] }), 'sync-1'],
    ['a regular expression for stream names', streamNameFilter({ regex: '^oth.*1$' }), 'other-1'],
    ['prefixes of event types', eventTypeFilter({ prefixes: ['$epo'] }), '$epochs'],
    ['a regular expression for event types', eventTypeFilter({ regex: '^\\$meta' }), '$$$scavenges'],
  ])('matches %s', async (_what, filter, stream) => {
    await mixed(6);
    const seen = record(store.client.subscribeToAll({ filter }));
    await until(() => seen.includes('caughtUp'));
    const matching = seen.filter((entry) => entry.includes('@'));
    expect(matching.length).toBeGreaterThan(0);
    expect(matching.every((entry) => entry.endsWith(`@${stream}`))).toBe(true);
  });
});

describe('a subscription to a stream', () => {
  const store = new StoreUnderTest();

  it('catches up, then goes on live', async () => {
    await store.client.appendToStream('a', events(70));
    const seen = record(store.client.subscribeToStream('a'));
    const after = record(store.client.subscribeToStream('a', { fromRevision: 68n }));
    const end = record(store.client.subscribeToStream('a', { fromRevision: 'end' }));
    await until(() => [seen, after, end].every((each) => each.includes('caughtUp')));
    await store.client.appendToStream('b', event());
    await store.client.appendToStream('a', event());
    await until(() => [seen, after, end].every((each) => each.includes('70@a')));
    expect(seen.filter((entry) => entry !== 'caughtUp')).toEqual(Array.from({ length: 71 }, (_, n) => `${n}@a`));
    expect(after).toEqual(['69@a', 'caughtUp', '70@a']);
    expect(end).toEqual(['caughtUp', '70@a']);
  });

  it('may begin before the stream does', async () => {
    const seen = record(store.client.subscribeToStream('later'));
    await until(() => seen.includes('caughtUp'));
    await store.client.appendToStream('later', events(2));
    await until(() => seen.length === 3);
    expect(seen).toEqual(['caughtUp', '0@later', '1@later']);
  });

  it('ends with the tombstone', async () => {
    await store.client.appendToStream('a', event());
    const subscription = store.client.subscribeToStream('a');
    const seen = record(subscription);
    await until(() => seen.includes('caughtUp'));
    const failure = failureOf(subscription);
    await store.client.tombstoneStream('a');
    expect(await failure).toMatchObject({ type: 'stream-deleted', streamName: 'a' });
    expect(seen.at(-1)).toBe('9223372036854775807@a');
    expect(await failureOf(store.client.subscribeToStream('a'))).toMatchObject({ type: 'stream-deleted' });
  });
});

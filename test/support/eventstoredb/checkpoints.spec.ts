import { excludeSystemEvents, streamNameFilter, type Position } from '@eventstore/db-client';
import { until } from '../until.js';
import { event, events, record, StoreUnderTest } from './server-under-test.js';

/** Checkpoints are told between the events, so what arrived before one is known. */
const follow = (
  store: StoreUnderTest,
  options: { maxSearchWindow?: number; checkpointInterval?: number; from?: Position },
) => {
  const checkpoints: Position[] = [];
  const { from, ...intervals } = options;
  const filter = streamNameFilter({
    prefixes: ['sync-'],
    ...intervals,
    checkpointReached: (_subscription, position) => void checkpoints.push(position),
  });
  const subscription = store.client.subscribeToAll({ filter, ...(from && { fromPosition: from }) });
  const found: { name: string; position: Position }[] = [];
  subscription.on('data', ({ event: read }) => {
    if (read !== undefined) found.push({ name: `${read.revision}@${read.streamId}`, position: read.position });
  });
  return { subscription, checkpoints, events: found, seen: record(subscription) };
};

describe('checkpoints of a filtered subscription', () => {
  const store = new StoreUnderTest();
  const append = (stream: string, count: number) => store.client.appendToStream(stream, events(count));

  it('come while it catches up over what does not match, never beyond what was looked at', async () => {
    await append('other', 200);
    const { checkpoints, seen } = follow(store, { maxSearchWindow: 10, checkpointInterval: 2 });
    await until(() => seen.includes('caughtUp'));
    // 202 events in pages of 10, one checkpoint every two pages, and one at the end.
    expect(checkpoints).toHaveLength(11);
    const ascending = checkpoints.map(({ commit }) => commit);
    expect(ascending).toEqual([...ascending].sort((a, b) => Number(a - b)));
    const next = await append('sync-1', 1);
    expect(checkpoints.at(-1)!.commit).toBeLessThan(next.position!.commit);
  });

  it('stand before the event that begins where they do: resumed from, they lose none', async () => {
    await append('other', 31);
    await append('sync-1', 100);
    const all = Array.from({ length: 100 }, (_, n) => `${n}@sync-1`);
    const isAfter = (a: Position, b: Position) =>
      a.commit > b.commit || (a.commit === b.commit && a.prepare > b.prepare);
    const first = follow(store, { maxSearchWindow: 7, checkpointInterval: 1 });
    await until(() => first.seen.includes('caughtUp'));
    expect(first.checkpoints.some(({ prepare, commit }) => prepare < commit)).toBe(true);
    for (const from of first.checkpoints) {
      const resumed = follow(store, { from });
      await until(() => resumed.seen.includes('caughtUp'));
      const delivered = resumed.seen.filter((entry) => entry !== 'caughtUp');
      const [firstAfter] = first.events.filter(({ position }) => isAfter(position, from));
      expect(delivered).toEqual(firstAfter === undefined ? [] : all.slice(all.indexOf(firstAfter.name)));
      await resumed.subscription.unsubscribe();
    }
  });

  it('come live too, after as many events as the interval says, whatever they are', async () => {
    const { checkpoints, seen } = follow(store, { maxSearchWindow: 5, checkpointInterval: 2 });
    await until(() => seen.includes('caughtUp'));
    const before = checkpoints.length;
    const positions: bigint[] = [];
    for (let n = 0; n < 25; n++)
      positions.push((await store.client.appendToStream(n === 8 ? 'sync-1' : 'other', event())).position!.commit);
    await until(() => checkpoints.length === before + 2);
    expect(checkpoints.slice(before).map(({ commit }) => commit)).toEqual([positions[9], positions[19]]);
    expect(seen).toEqual(['caughtUp', '0@sync-1']);
  });

  it('come every 32 events unless told otherwise', async () => {
    await append('other', 126);
    const { checkpoints, seen } = follow(store, {});
    await until(() => seen.includes('caughtUp'));
    expect(checkpoints).toHaveLength(5);
  });

  it('leave out the events of the system when asked to', async () => {
    await append('a', 2);
    const seen = record(store.client.subscribeToAll({ filter: excludeSystemEvents() }));
    await until(() => seen.includes('caughtUp'));
    expect(seen).toEqual(['0@a', '1@a', 'caughtUp']);
  });
});

import { WrongRevision } from '../../src/event-store/event-store.port.js';
import type { EventStore } from '../../src/event-store/event-store.port.js';
import { describeAppends, describeRaces } from './event-store-appends.contract.js';
import { describeLog, describeSubscriptions } from './event-store-log.contract.js';
import { collect, followUntil, happened, numbersOf, stream, upTo } from './event-store-support.js';
import type { Ageing, OpenStore, Reclaim } from './event-store-support.js';

const describeRemoval = (opened: () => EventStore, reclaim: Reclaim) =>
  describe('deleting a stream', () => {
    it('removes its events from the stream, and from the log once the engine has reclaimed the space', async () => {
      const [store, name, other] = [opened(), stream('gone'), stream('gone')];
      const from = await store.head();
      for (const each of [name, other]) await store.append(each, 'any', [happened(), happened()]);
      await store.delete(name);
      expect(await store.read(name)).toEqual({ events: [], revision: 'no-stream' });
      const isReclaimed = await reclaim();
      const streams = (await collect(store.readAll(from, ['gone-']))).map((event) => event.stream);
      expect(streams).toEqual(isReclaimed ? [other, other] : [name, name, other, other]);
    });

    it('succeeds for an absent stream', async () => {
      await expect(opened().delete(stream())).resolves.toBeUndefined();
    });

    it('lets the stream begin again, revisions and positions going on', async () => {
      const [store, name] = [opened(), stream()];
      const before = await store.append(name, 'any', [happened(), happened()]);
      await store.delete(name);
      const after = await store.append(name, 'no-stream', [happened({ n: 7 })]);
      expect(after.revision).toBeGreaterThan(before.revision);
      expect(after.position).toBeGreaterThan(before.position);
      const { events, revision } = await store.read(name);
      expect([revision, numbersOf(events)]).toEqual([after.revision, [7]]);
      await expect(store.append(name, 'no-stream', [happened()])).rejects.toBeInstanceOf(WrongRevision);
    });

    it('does not stop those who follow the log', async () => {
      const [store, name, later] = [opened(), stream('cut'), stream('cut')];
      const from = await store.head();
      await store.append(name, 'any', [happened({ n: 1 })]);
      await store.delete(name);
      const isReclaimed = await reclaim();
      const following = followUntil(store, ['cut-'], (seen) => seen.some((event) => event.stream === later), from);
      await store.append(later, 'any', [happened({ n: 2 })]);
      expect(numbersOf(await following)).toEqual(isReclaimed ? [2] : [1, 2]);
    });
  });

const describeAge = (ageing: () => Promise<Ageing>, reclaim: Reclaim) =>
  describe('a maximum age', () => {
    it('hides older events from the stream, and everywhere once space is reclaimed, while revisions go on', async () => {
      const { open, clock } = await ageing();
      const [store, name, other] = [await open({ clock }), stream('aged'), stream('aged')];
      await store.setMaxAge(name, 60);
      for (const each of [name, other]) await store.append(each, 'any', [happened({ n: 0 })]);
      clock.advance(59_000);
      await store.append(name, 0n, [happened({ n: 1 })]);
      expect(numbersOf((await store.read(name)).events)).toEqual([0, 1]);
      clock.advance(1_000);
      expect(numbersOf((await store.read(name)).events)).toEqual([1]);
      await reclaim();
      expect((await collect(store.readAll(undefined, ['aged-']))).map((e) => e.stream)).toEqual([other, name]);
      const followed = await followUntil(store, ['aged-'], (seen) => seen.length >= 2);
      expect(followed.map((event) => event.stream)).toEqual([other, name]);
      clock.advance(60_000);
      expect((await store.read(name)).events).toEqual([]);
      expect((await store.append(name, 'any', [happened({ n: 2 })])).revision).toBe(2n);
      await store.close();
    });
  });

const describeClosing = (openOwn: OpenStore) =>
  describe('a closed store', () => {
    it('finishes what it accepted and refuses the rest', async () => {
      const [store, name, unavailable] = [await openOwn(), stream(), { name: 'EventStoreUnavailable' }];
      const accepted = upTo(50).map((n) => store.append(name, 'any', [happened({ n })]));
      const follower = collect(store.subscribeAll(await store.head(), ['nobody-'], new AbortController().signal));
      const ended = expect(follower).rejects.toMatchObject(unavailable);
      await store.close();
      expect((await Promise.allSettled(accepted)).map(({ status }) => status)).not.toContain('rejected');
      await ended;
      await expect(store.append(name, 'any', [happened()])).rejects.toMatchObject(unavailable);
      await expect(store.read(name)).rejects.toMatchObject(unavailable);
      await expect(store.head()).rejects.toMatchObject(unavailable);
      await expect(store.delete(name)).rejects.toMatchObject(unavailable);
      await expect(store.setMaxAge(name, 1)).rejects.toMatchObject(unavailable);
      await expect(collect(store.readAll(undefined))).rejects.toMatchObject(unavailable);
      await expect(collect(store.subscribeAll(undefined, [], new AbortController().signal))).rejects.toMatchObject(
        unavailable,
      );
      await expect(store.close()).resolves.toBeUndefined();
    });
  });

export interface EventStoreCase {
  /** A store that the suite closes. Streams have unique names, so one server may serve the whole suite. */
  readonly open: OpenStore;
  /** Left out where the store's time cannot be moved. */
  readonly ageing?: () => Promise<Ageing>;
  /** Left out where what is deleted or expired leaves the log at once. */
  readonly reclaim?: Reclaim;
}

/** Every event store, whatever stands behind it. */
export const describeEventStore = ({ open, ageing, reclaim = () => Promise.resolve(true) }: EventStoreCase) => {
  let store: EventStore;
  beforeEach(async () => {
    store = await open();
  });
  afterEach(() => store.close());
  const opened = () => store;
  describeAppends(opened);
  describeRaces(opened);
  describeLog(opened);
  describeSubscriptions(opened);
  describeRemoval(opened, reclaim);
  describeClosing(open);
  if (ageing) describeAge(ageing, reclaim);
};

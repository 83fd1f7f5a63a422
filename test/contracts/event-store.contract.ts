import { randomUUID } from 'node:crypto';
import type { Clock } from '../../src/kernel/clock.js';
import { WrongRevision } from '../../src/event-store/event-store.port.js';
import type { EventStore, ExpectedRevision, NewEvent, RecordedEvent } from '../../src/event-store/event-store.port.js';
import type { EventSchemas } from '../../src/event-store/upcast.js';

export const metadata = { correlationId: 'c-1', causationId: 'k-1', actor: 'tester', schemaVersion: 1 };

/** A new event of type `Happened`, unless told otherwise. */
export const happened = (data: object = {}, id: string = randomUUID(), type = 'Happened'): NewEvent => ({
  ...{ id, type, data, metadata },
});

export interface OpenOptions {
  readonly clock?: Clock;
  readonly schemas?: EventSchemas;
}
export type OpenStore = (options?: OpenOptions) => Promise<EventStore>;

export const stream = (category = 'thing'): string => `${category}-${randomUUID()}`;

export const collect = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
};

const numbersOf = (events: readonly RecordedEvent[]): number[] =>
  events.map(({ data }) => ('n' in data && typeof data.n === 'number' ? data.n : NaN));

const upTo = (count: number): number[] => [...Array(count).keys()];

/** Follows a store until `enough` says so; answers what came. */
export async function followUntil(
  store: EventStore,
  prefixes: readonly string[],
  enough: (events: readonly RecordedEvent[], position: bigint) => boolean,
  from?: bigint,
): Promise<RecordedEvent[]> {
  const stop = new AbortController();
  const seen: RecordedEvent[] = [];
  for await (const { events, position } of store.subscribeAll(from, prefixes, stop.signal)) {
    seen.push(...events);
    if (enough(seen, position)) stop.abort();
  }
  return seen;
}

const describeAppends = (opened: () => EventStore) =>
  describe('appending', () => {
    it('numbers revisions from 0 and answers the last one with its position', async () => {
      const [store, name] = [opened(), stream()];
      const first = await store.append(name, 'no-stream', [happened({ n: 0 })]);
      const second = await store.append(name, 0n, [happened({ n: 1 }), happened({ n: 2 })]);
      expect([first.revision, second.revision]).toEqual([0n, 2n]);
      expect(second.position).toBeGreaterThan(first.position);
      const { events, revision } = await store.read(name);
      expect(revision).toBe(2n);
      expect(events.map((event) => event.revision)).toEqual([0n, 1n, 2n]);
      expect(events[2]?.position).toBe(second.position);
    });

    it('gives back exactly what was stored, as a plain object', async () => {
      const [store, name, event] = [opened(), stream(), happened({ n: 1, nested: { list: [1, 'two', null] } })];
      const { position } = await store.append(name, 'any', [event]);
      const { events } = await store.read(name);
      expect(events).toStrictEqual([{ ...event, stream: name, revision: 0n, position }]);
    });

    it('keeps no reference to what it was given', async () => {
      const [store, name, data] = [opened(), stream(), { n: 1 }];
      const appending = store.append(name, 'any', [happened(data)]);
      data.n = 2;
      await appending;
      data.n = 3;
      expect((await store.read(name)).events[0]?.data).not.toEqual({ n: 3 });
    });

    it('reads an absent stream as empty', async () => {
      expect(await opened().read(stream())).toEqual({ events: [], revision: 'no-stream' });
    });

    it.each<[ExpectedRevision, number]>([
      [0n, 0],
      ['no-stream', 1],
      [1n, 1],
      [0n, 2],
      [5n, 2],
    ])('refuses expectation %p on a stream of %i events and writes nothing', async (expected, length) => {
      const [store, name] = [opened(), stream()];
      if (length > 0)
        await store.append(
          name,
          'no-stream',
          upTo(length).map((n) => happened({ n })),
        );
      const actual = length === 0 ? 'no-stream' : BigInt(length - 1);
      const refused = store.append(name, expected, [happened(), happened()]);
      await expect(refused).rejects.toBeInstanceOf(WrongRevision);
      await expect(refused).rejects.toMatchObject({ stream: name, expected, actual });
      expect((await store.read(name)).revision).toBe(actual);
    });

    it('accepts any and no-stream on an absent stream, any and the exact revision on a present one', async () => {
      const [store, one, two] = [opened(), stream(), stream()];
      await store.append(one, 'any', [happened()]);
      await store.append(two, 'no-stream', [happened()]);
      await store.append(one, 'any', [happened()]);
      await store.append(two, 0n, [happened()]);
      expect([(await store.read(one)).revision, (await store.read(two)).revision]).toEqual([1n, 1n]);
    });

    it.each<ExpectedRevision>(['no-stream', 'any'])(
      'answers a repeated first append (%p) with its place',
      async (expected) => {
        const [store, name, events] = [opened(), stream(), [happened(), happened()]];
        const first = await store.append(name, expected, events);
        await store.append(name, 1n, [happened()]);
        expect(await store.append(name, expected, events)).toEqual(first);
        expect((await store.read(name)).events).toHaveLength(3);
      },
    );

    it('answers a repeated append at an exact revision with its place', async () => {
      const [store, name, event] = [opened(), stream(), happened()];
      await store.append(name, 'any', [happened()]);
      const first = await store.append(name, 0n, [event]);
      await store.append(name, 1n, [happened()]);
      expect(await store.append(name, 0n, [event])).toEqual(first);
      await expect(store.append(name, 0n, [happened()])).rejects.toBeInstanceOf(WrongRevision);
      expect((await store.read(name)).events).toHaveLength(3);
    });

    it('takes a repeat that differs in one id for a conflict', async () => {
      const [store, name, event] = [opened(), stream(), happened()];
      await store.append(name, 'no-stream', [event, happened()]);
      await expect(store.append(name, 'no-stream', [event, happened()])).rejects.toBeInstanceOf(WrongRevision);
      expect((await store.read(name)).events).toHaveLength(2);
    });

    it('lets the same id stand in two streams', async () => {
      const [store, one, two, event] = [opened(), stream(), stream(), happened()];
      await store.append(one, 'any', [event]);
      await store.append(two, 'any', [event]);
      expect((await store.read(two)).events).toHaveLength(1);
    });

    it('takes an empty list, an id that is no UUID and an id given twice for bugs', async () => {
      const [store, name, event] = [opened(), stream(), happened()];
      await expect(store.append(name, 'any', [])).rejects.toThrow('Nothing to append');
      await expect(store.append(name, 'any', [happened({}, 'x')])).rejects.toThrow('UUID');
      await expect(store.append(name, 'any', [event, event])).rejects.toThrow('share one id');
      expect((await store.read(name)).revision).toBe('no-stream');
    });

    it.each(['a b', '世界/é 😀', '%2F+?&#', 'tab\tand\nline', 'nul\0inside', '"\\'])(
      'keeps %p byte for byte in names and data',
      async (text) => {
        const [store, name] = [opened(), `${stream()}-${text}`];
        await store.append(name, 'any', [happened({ [text]: text })]);
        const { events } = await store.read(name);
        expect(events.map((event) => [event.stream, event.data])).toEqual([[name, { [text]: text }]]);
      },
    );

    it('keeps an event of one megabyte', async () => {
      const [store, name, body] = [opened(), stream(), '😀'.repeat(250_000)];
      await store.append(name, 'any', [happened({ body })]);
      expect((await store.read(name)).events[0]?.data).toEqual({ body });
    });
  });

const describeRaces = (opened: () => EventStore) =>
  describe('with many writers at once', () => {
    it('loses none of 10,000 appends to one stream', async () => {
      const [store, name] = [opened(), stream()];
      const answers = await Promise.all(upTo(10_000).map((n) => store.append(name, 'any', [happened({ n })])));
      const { events } = await store.read(name);
      expect(numbersOf(events).sort((a, b) => a - b)).toEqual(upTo(10_000));
      expect(new Set(answers.map(({ revision }) => revision)).size).toBe(10_000);
      expect(events.every((event, index) => event.revision === BigInt(index))).toBe(true);
    });

    it('lets exactly one writer win each revision', async () => {
      const [store, name] = [opened(), stream()];
      for (const round of upTo(10)) {
        const expected = round === 0 ? 'no-stream' : BigInt(round - 1);
        const tries = upTo(50).map((n) => store.append(name, expected, [happened({ n })]));
        const results = await Promise.allSettled(tries);
        expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      }
      expect((await store.read(name)).revision).toBe(9n);
    });

    it('keeps the events of one append together', async () => {
      const [store, name] = [opened(), stream()];
      const append = (n: number) => store.append(name, 'any', [happened({ n }), happened({ n }), happened({ n })]);
      await Promise.all(upTo(100).map(append));
      const numbers = numbersOf((await store.read(name)).events);
      expect(upTo(100).map((n) => numbers.slice(n * 3, n * 3 + 3).every((m) => m === numbers[n * 3]))).not.toContain(
        false,
      );
    });
  });

const describeLog = (opened: () => EventStore) =>
  describe('reading the log', () => {
    it('is in order of positions, over more events than one chunk holds', async () => {
      const [store, category] = [opened(), randomUUID().slice(0, 8)];
      const from = await store.head();
      for (const n of upTo(15))
        await store.append(
          `${category}-${n}`,
          'no-stream',
          upTo(100).map((m) => happened({ n: n * 100 + m })),
        );
      const events = await collect(store.readAll(from, [`${category}-`]));
      expect(numbersOf(events)).toEqual(upTo(1500));
      expect(events.every((event, index) => index === 0 || event.position > (events[index - 1]?.position ?? 0n))).toBe(
        true,
      );
      const rest = await collect(store.readAll(events[699]?.position, [`${category}-`]));
      expect(rest).toEqual(events.slice(700));
    });

    it('knows the position of its newest event', async () => {
      const store = opened();
      const { position } = await store.append(stream(), 'any', [happened()]);
      expect(await store.head()).toBe(position);
      expect(await collect(store.readAll(position, ['thing-']))).toEqual([]);
    });

    it('answers only streams that start with a prefix', async () => {
      const [store, tag] = [opened(), randomUUID().slice(0, 8)];
      const names = [`${tag}a-1`, `${tag}a-2`, `${tag}ab-1`, `${tag}b-1`, `x${tag}a-1`, `${tag}nodash`];
      for (const name of names) await store.append(name, 'any', [happened()]);
      const read = async (...prefixes: string[]) =>
        (await collect(store.readAll(undefined, prefixes))).map((e) => e.stream);
      expect(await read(`${tag}a-`)).toEqual([names[0], names[1]]);
      expect(await read(`${tag}a`)).toEqual([names[0], names[1], names[2]]);
      expect(await read(`${tag}a-2`, `${tag}b-`)).toEqual([names[1], names[3]]);
      expect(await read(`${tag}nod`)).toEqual([names[5]]);
      expect(await read('nobody-')).toEqual([]);
    });
  });

const describeSubscriptions = (opened: () => EventStore) =>
  describe('following the log', () => {
    it('has neither gap nor duplicate across the border from old to new while 20 writers write', async () => {
      const [store, category, perWriter] = [opened(), randomUUID().slice(0, 8), 100];
      const from = await store.head();
      await store.append(
        `${category}-old`,
        'any',
        upTo(700).map((n) => happened({ n: -n })),
      );
      const total = 700 + 20 * perWriter;
      const followers = [from, from, from].map((start) =>
        followUntil(store, [`${category}-`], (seen) => seen.length >= total, start),
      );
      const writer = async (w: number) => {
        for (const n of upTo(perWriter))
          await store.append(`${category}-${w}`, 'any', [happened({ n: w * perWriter + n })]);
      };
      await Promise.all(upTo(20).map(writer));
      const seen = await Promise.all(followers);
      const log = await collect(store.readAll(from, [`${category}-`]));
      for (const events of seen) expect(events).toEqual(log);
      expect(log).toHaveLength(total);
    });

    it('serves a slow reader everything, in order', async () => {
      const [store, name] = [opened(), stream()];
      const stop = new AbortController();
      const seen: number[] = [];
      await store.append(name, 'any', [happened({ n: 0 })]);
      for await (const { events } of store.subscribeAll(undefined, [name], stop.signal)) {
        seen.push(...numbersOf(events));
        const next = seen.length;
        if (next >= 300) stop.abort();
        else if (next % 60 === 1)
          await store.append(
            name,
            'any',
            upTo(60).map((n) => happened({ n: next + n })),
          );
        else await new Promise((resolve) => setImmediate(resolve));
      }
      expect(seen).toEqual(upTo(seen.length));
      expect(seen.length).toBeGreaterThanOrEqual(300);
    });

    it('goes on after the position it is given', async () => {
      const [store, name] = [opened(), stream()];
      await store.append(name, 'any', [happened({ n: 0 })]);
      const { position } = await store.append(name, 'any', [happened({ n: 1 })]);
      await store.append(name, 'any', [happened({ n: 2 })]);
      expect(numbersOf(await followUntil(store, [name], (seen) => seen.length > 0, position))).toEqual([2]);
    });

    it('reports how far it came when nothing matches', async () => {
      const [store, quiet] = [opened(), stream('quiet')];
      const following = followUntil(store, [quiet], (_seen, position) => position >= target.position);
      const target = await store.append(stream(), 'any', [happened()]);
      expect(await following).toEqual([]);
    });

    it('ends without error when its signal aborts, waiting or not yet started', async () => {
      const store = opened();
      const stop = new AbortController();
      const waiting = collect(store.subscribeAll(await store.head(), ['nobody-'], stop.signal));
      await store.append(stream(), 'any', [happened()]);
      stop.abort();
      expect((await waiting).flatMap(({ events }) => events)).toEqual([]);
      expect(await collect(store.subscribeAll(undefined, [], AbortSignal.abort()))).toEqual([]);
    });
  });

export interface Ageing {
  /** Opens a store whose time the test moves; undefined where the server keeps the time. */
  readonly open: OpenStore;
  readonly clock: Clock & { advance(ms: number): void };
}

const describeRemoval = (opened: () => EventStore) =>
  describe('deleting a stream', () => {
    it('removes its events from the stream and from the log', async () => {
      const [store, name, other] = [opened(), stream('gone'), stream('gone')];
      const from = await store.head();
      for (const each of [name, other]) await store.append(each, 'any', [happened(), happened()]);
      await store.delete(name);
      expect(await store.read(name)).toEqual({ events: [], revision: 'no-stream' });
      expect((await collect(store.readAll(from, ['gone-']))).map((event) => event.stream)).toEqual([other, other]);
    });

    it('succeeds for an absent stream', async () => {
      await expect(opened().delete(stream())).resolves.toBeUndefined();
    });

    it('lets the stream begin again, revisions and positions going on', async () => {
      const [store, name] = [opened(), stream()];
      const before = await store.append(name, 'any', [happened(), happened()]);
      await store.delete(name);
      const after = await store.append(name, 'no-stream', [happened({ n: 7 })]);
      expect(after.revision).toBe(2n);
      expect(after.position).toBeGreaterThan(before.position);
      const { events, revision } = await store.read(name);
      expect([revision, numbersOf(events)]).toEqual([2n, [7]]);
      await expect(store.append(name, 'no-stream', [happened()])).rejects.toBeInstanceOf(WrongRevision);
    });

    it('does not stop those who follow the log', async () => {
      const [store, name, later] = [opened(), stream('cut'), stream('cut')];
      const from = await store.head();
      await store.append(name, 'any', [happened({ n: 1 })]);
      await store.delete(name);
      const following = followUntil(store, ['cut-'], (seen) => seen.some((event) => event.stream === later), from);
      await store.append(later, 'any', [happened({ n: 2 })]);
      expect(numbersOf(await following)).toEqual([2]);
    });
  });

const describeAge = (ageing: () => Promise<Ageing>) =>
  describe('a maximum age', () => {
    it('hides older events everywhere while revisions go on', async () => {
      const { open, clock } = await ageing();
      const [store, name, other] = [await open({ clock }), stream('aged'), stream('aged')];
      await store.setMaxAge(name, 60);
      for (const each of [name, other]) await store.append(each, 'any', [happened({ n: 0 })]);
      clock.advance(59_000);
      await store.append(name, 0n, [happened({ n: 1 })]);
      expect(numbersOf((await store.read(name)).events)).toEqual([0, 1]);
      clock.advance(1_000);
      expect(numbersOf((await store.read(name)).events)).toEqual([1]);
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
}

/** Every event store, whatever stands behind it. */
export const describeEventStore = ({ open, ageing }: EventStoreCase) => {
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
  describeRemoval(opened);
  describeClosing(open);
  if (ageing) describeAge(ageing);
};

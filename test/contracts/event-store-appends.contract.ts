import { WrongRevision } from '../../src/event-store/event-store.port.js';
import type { EventStore, ExpectedRevision } from '../../src/event-store/event-store.port.js';
import { happened, numbersOf, stream, upTo } from './event-store-support.js';

export const describeAppends = (opened: () => EventStore) =>
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
      expect((await store.read(name)).events[0]?.data).toEqual({ n: 1 });
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

    it('answers a repeat without expectation with its place, wherever in the stream that is', async () => {
      const [store, name, events] = [opened(), stream(), [happened(), happened()]];
      await store.append(name, 'any', [happened()]);
      const first = await store.append(name, 'any', events);
      await store.append(name, 'any', [happened()]);
      expect(await store.append(name, 'any', events)).toEqual(first);
      expect((await store.read(name)).events).toHaveLength(4);
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

export const describeRaces = (opened: () => EventStore) =>
  describe('with many writers at once', () => {
    it('loses none of 10,000 appends to one stream', async () => {
      const [store, name] = [opened(), stream()];
      const answers = await Promise.all(upTo(10_000).map((n) => store.append(name, 'any', [happened({ n })])));
      const { events } = await store.read(name);
      expect(numbersOf(events).sort((a, b) => a - b)).toEqual(upTo(10_000));
      expect(new Set(answers.map(({ revision }) => revision)).size).toBe(10_000);
      expect(events.every((event, index) => event.revision === BigInt(index))).toBe(true);
    }, 120_000);

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

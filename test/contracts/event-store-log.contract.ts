import { randomUUID } from 'node:crypto';
import type { EventStore } from '../../src/event-store/event-store.port.js';
import { collect, followUntil, happened, numbersOf, stream, upTo } from './event-store-support.js';

export const describeLog = (opened: () => EventStore) =>
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

export const describeSubscriptions = (opened: () => EventStore) =>
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

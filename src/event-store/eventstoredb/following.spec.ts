import { binaryEvent, EventStoreDBClient, jsonEvent } from '@eventstore/db-client';
import { inspect } from 'node:util';
import {
  EventStoreDBStage,
  numbered,
  numberedRange,
  numberIn,
  range,
} from '../../../test/support/eventstoredb-stage.js';
import { until } from '../../../test/support/until.js';
import type { SubscriptionBatch } from '../event-store.port.js';
import type { EventStoreDBEventStore } from './eventstoredb-event-store.js';

const NEVER = 3_600_000;

/** Pulls a subscription in the background and keeps what it gives. */
function record(store: EventStoreDBEventStore, prefixes: readonly string[], from?: bigint) {
  const stop = new AbortController();
  const batches: SubscriptionBatch[] = [];
  const ended = (async () => {
    for await (const batch of store.subscribeAll(from, prefixes, stop.signal)) batches.push(batch);
  })();
  ended.catch(() => undefined); // looked at by the test
  return { stop, batches, ended, position: () => batches.at(-1)?.position };
}

describe('following EventStoreDB', () => {
  const stage = new EventStoreDBStage();

  it('is at the head as soon as it has caught up, also when nothing matches', async () => {
    const store = await stage.open({ quietMs: NEVER });
    await store.append('loud-1', 'any', numberedRange(0, 700));
    await store.setMaxAge('loud-1', 1000); // events of the server stand behind the newest of ours
    const head = await store.head();
    const { stop, batches, ended, position } = record(store, ['quiet-']);
    await until(() => position() === head);
    expect(batches.every(({ events }) => events.length === 0)).toBe(true);
    stop.abort();
    await ended;
  });

  it('hears how far the log is while nothing matches, from checkpoints and by asking, and never further', async () => {
    const [store, writer] = [await stage.open({ quietMs: 30 }), await stage.open()];
    const { stop, batches, ended, position } = record(store, ['quiet-']);
    for (const n of range(0, 13)) {
      await writer.append('loud-1', 'any', numberedRange(n * 100, n * 100 + 100));
      await writer.setMaxAge('loud-1', n + 1);
    }
    const head = (await writer.head()) ?? 0n;
    await until(() => position() === head);
    const { position: last } = await writer.append('loud-1', 'any', [numbered(1)]);
    await until(() => position() === last);
    expect(
      batches.every(
        ({ events }, at) => events.length === 0 && (at === 0 || batches[at]!.position > batches[at - 1]!.position),
      ),
    ).toBe(true);
    stop.abort();
    await ended;
  });

  it('does not take a checkpoint that stands where the next event will stand for that event', async () => {
    const store = await stage.open({ quietMs: NEVER });
    await store.append('a-1', 'any', [numbered(0)]);
    // The server looks at 500 events at a time. The page after the last full one is empty, and starts at the end of the log.
    await store.append('loud-1', 'any', numberedRange(stage.server.statistics.events, 500));
    const stop = new AbortController();
    const numbers: number[] = [];
    for await (const { events } of store.subscribeAll(undefined, ['a-'], stop.signal)) {
      numbers.push(...events.map(numberIn));
      if (numbers.length === 1) {
        await new Promise((resolve) => setTimeout(resolve, 100)); // the checkpoint waits meanwhile
        await store.append('a-1', 'any', [numbered(1)]);
        await store.append('a-1', 'any', [numbered(2)]);
      }
      if (numbers.includes(2)) stop.abort();
    }
    expect(numbers).toEqual([0, 1, 2]);
  });

  it('gives a busy reader many events at once, and one who waits each as it comes', async () => {
    const store = await stage.open({ quietMs: NEVER });
    for (const n of range(0, 5)) await store.append('a-1', 'any', numberedRange(n * 500, n * 500 + 500));
    const stop = new AbortController();
    const sizes: number[] = [];
    const count = () => sizes.reduce((sum, size) => sum + size, 0);
    const ended = (async () => {
      for await (const { events } of store.subscribeAll(undefined, ['a-'], stop.signal)) {
        sizes.push(events.length);
        if (count() < 2500) await new Promise((resolve) => setTimeout(resolve, 20));
      }
    })();
    await until(() => count() === 2500);
    expect(sizes.length).toBeLessThan(100);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(1000);
    for (const n of range(0, 20)) {
      await store.append('a-1', 'any', [numbered(n)]);
      await until(() => count() === 2501 + n);
    }
    stop.abort();
    await ended;
  });

  it('reads no further than a slow reader needs, and leaves the connection to others', async () => {
    const store = await stage.open();
    const text = 'x'.repeat(50_000);
    for (const n of range(0, 60)) await store.append('a-1', 'any', numberedRange(n * 10, n * 10 + 10, { text }));
    const readers = range(0, 6).map(() => store.subscribeAll(undefined, ['a-'], new AbortController().signal));
    const next = async (reader: (typeof readers)[number] | undefined): Promise<readonly number[]> => {
      const batch = (await reader?.next())?.value;
      return batch?.events.map(numberIn) ?? [];
    };
    const firsts = await Promise.all(readers.map(next));
    expect(firsts.map(([number]) => number)).toEqual(Array<number>(6).fill(0));
    // 30 MB for each of six who do not read on; everybody else goes on as ever.
    await Promise.all(range(0, 200).map((n) => store.append('b-1', 'any', [numbered(n)])));
    expect((await store.read('b-1')).events).toHaveLength(200);
    for (const reader of readers.slice(1)) await reader.return();
    const batches = [firsts[0] ?? []];
    while (batches.flat().length < 600) batches.push(await next(readers[0]));
    expect(batches.flat()).toEqual(range(0, 600));
    expect(Math.max(...batches.map(({ length }) => length))).toBeLessThanOrEqual((4 * 1024 * 1024) / text.length + 1);
    await readers[0]?.return();
  });

  it('leaves no subscription behind, however its reader goes', async () => {
    const store = await stage.open();
    await store.append('a-1', 'any', numberedRange(0, 10));
    const { stop, ended, batches } = record(store, ['a-']);
    await until(() => batches.length > 0);
    stop.abort();
    await ended;
    for await (const batch of store.subscribeAll(undefined, ['a-'], new AbortController().signal))
      if (batch.position > 0n) break;
    for await (const event of store.readAll(undefined)) if (numberIn(event) === 3) break;
    await until(() => stage.server.statistics.subscriptions === 0);
  });

  it('starts at a position at which no event stands', async () => {
    const store = await stage.open();
    await store.append('a-1', 'any', [numbered(0)]);
    const { position } = await store.append('a-1', 'any', [numbered(1)]);
    const numbers: number[] = [];
    for await (const event of store.readAll(position - 1n, ['a-'])) numbers.push(numberIn(event));
    expect(numbers).toEqual([1]);
  });

  it('names the place of an event of somebody else, after all that came before it, and nothing of its content', async () => {
    const store = await stage.open();
    await store.append('a-1', 'any', [numbered(0)]);
    const client = EventStoreDBClient.connectionString(stage.server.connectionString);
    await client.appendToStream('a-1', binaryEvent({ type: 'Foreign', data: Buffer.from('s3cret, not JSON') }));
    await client.appendToStream('b-1', jsonEvent({ type: 'Foreign', data: { key: 's3cret' } }));
    await client.dispose();
    const { ended, batches } = record(store, ['a-']);
    const error: unknown = await ended.catch((reason: unknown) => reason);
    expect(batches.flatMap(({ events }) => events.map(numberIn))).toEqual([0]);
    expect(error).toMatchObject({ message: 'Event 1 of stream a-1 (Foreign) was not written by this service' });
    expect(inspect(error, { depth: 9 })).not.toContain('s3cret');
    await expect(store.read('b-1')).rejects.toThrow('Event 0 of stream b-1 (Foreign) was not written by this service');
  });

  it('shows nothing of a deleted stream once the server has scavenged', async () => {
    const store = await stage.open();
    const holdsSecret = async () => {
      const client = EventStoreDBClient.connectionString(stage.server.connectionString);
      let text = '';
      for await (const resolved of client.readAll()) text += inspect(resolved, { depth: 9 });
      await client.dispose();
      return text.includes('s3cret');
    };
    await store.append('a-1', 'any', [numbered(0), numbered(1, { key: 's3cret' })]);
    await store.delete('a-1');
    expect(await holdsSecret()).toBe(true);
    stage.server.scavenge();
    expect(await holdsSecret()).toBe(false);
    expect(await store.read('a-1')).toEqual({ events: [], revision: 'no-stream' });
    await store.delete('a-1');
  });

  it('keeps what else stands in the metadata of a stream', async () => {
    const store = await stage.open();
    const client = EventStoreDBClient.connectionString(stage.server.connectionString);
    await client.setStreamMetadata('a-1', { maxCount: 7, owner: 'somebody' });
    await Promise.all([store.setMaxAge('a-1', 60), store.setMaxAge('a-1', 60)]);
    expect((await client.getStreamMetadata('a-1')).metadata).toEqual({ maxCount: 7, owner: 'somebody', maxAge: 60 });
    await store.append('a-1', 'no-stream', [numbered(0)]);
    await store.setMaxAge('a-1', 90);
    expect((await store.read('a-1')).events.map(numberIn)).toEqual([0]);
    expect((await client.getStreamMetadata('a-1')).metadata).toMatchObject({ owner: 'somebody', maxAge: 90 });
    await client.dispose();
  });
});

import grpc from '@grpc/grpc-js';
import {
  appendSurely,
  EventStoreDBStage,
  numbered,
  numberedRange,
  numberIn,
  range,
} from '../../../test/support/eventstoredb-stage.js';
import { EventStoreDBProcess } from '../../../test/support/eventstoredb/index.js';
import type { RecordedEvent } from '../event-store.port.js';
import { EventStoreDBEventStore } from './eventstoredb-event-store.js';

const unavailable = { name: 'EventStoreUnavailable' };

/** Follows until `count` events have come; `seen` is told of the events so far after each batch. */
async function follow(
  store: EventStoreDBEventStore,
  prefix: string,
  count: number,
  seen: (events: readonly RecordedEvent[]) => void = () => undefined,
): Promise<RecordedEvent[]> {
  const stop = new AbortController();
  const events: RecordedEvent[] = [];
  for await (const batch of store.subscribeAll(undefined, [prefix], stop.signal)) {
    events.push(...batch.events);
    seen(events);
    if (events.length >= count) stop.abort();
  }
  return events;
}

describe('a follower', () => {
  const stage = new EventStoreDBStage();

  it('misses and repeats nothing when the connection drops while it catches up', async () => {
    const store = await stage.open();
    for (const start of range(0, 40)) await store.append('a-1', 'any', numberedRange(start * 100, start * 100 + 100));
    let drops = 0;
    const events = await follow(store, 'a-', 4000, ({ length }) => {
      if (length < (drops + 1) * 500) return;
      drops++;
      stage.server.dropConnections();
    });
    expect(events.map(numberIn)).toEqual(range(0, 4000));
    expect(drops).toBeGreaterThanOrEqual(4);
    expect(stage.server.statistics.connectionsAccepted).toBeGreaterThan(4);
  });

  it('misses and repeats nothing when the connection drops while it is live, with writers who try again', async () => {
    const [store, other] = [await stage.open(), await stage.open()];
    const following = follow(other, 'a-', 1000);
    const writer = async (w: number) => {
      for (const n of range(0, 100)) {
        await appendSurely(store, `a-${w}`, numbered(w * 100 + n));
        if (w === 0 && n % 10 === 5) stage.server.dropConnections();
      }
    };
    await Promise.all(range(0, 10).map(writer));
    const events = await following;
    expect(events.map(numberIn).sort((a, b) => a - b)).toEqual(range(0, 1000));
    expect(events.every(({ position }, at) => at === 0 || position > (events[at - 1]?.position ?? 0n))).toBe(true);
  });

  it('goes on when a server comes back, and hears at once of what is new', async () => {
    const store = await stage.open();
    const following = follow(store, 'a-', 2);
    await store.append('a-1', 'any', [numbered(0)]);
    await stage.server.refuseConnections();
    await expect(store.append('a-1', 'any', [numbered(9)])).rejects.toMatchObject(unavailable);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    await stage.server.acceptConnections();
    await appendSurely(store, 'a-1', numbered(1));
    expect((await following).map(numberIn)).toEqual([0, 1]);
  });

  it('is told when the store stays out of reach', async () => {
    const store = await stage.open({ unreachableAfterMs: 300 });
    const following = follow(store, 'a-', 2);
    await store.append('a-1', 'any', [numbered(0)]);
    await stage.server.refuseConnections();
    await expect(following).rejects.toMatchObject(unavailable);
    await expect(following).rejects.toThrow(`127.0.0.1:${stage.server.port}`);
  });

  it('starts over when the server ends the subscription or keeps it without a word', async () => {
    const store = await stage.open({ quietMs: 20, timeoutMs: 500 });
    await store.append('a-1', 'any', [numbered(0)]);
    stage.server.faults.stall(['read']);
    const following = follow(store, 'a-', 1);
    await new Promise((resolve) => setTimeout(resolve, 700));
    stage.server.faults.clear();
    stage.server.faults.failNext('read', grpc.status.UNKNOWN, { times: 3 });
    expect((await following).map(numberIn)).toEqual([0]);
  });

  it('ends without error when its signal aborts during an outage', async () => {
    const store = await stage.open({ unreachableAfterMs: 60_000 });
    const stop = new AbortController();
    const ended = (async () => {
      for await (const batch of store.subscribeAll(undefined, [], stop.signal)) expect(batch.events).toEqual([]);
    })();
    await stage.server.refuseConnections();
    await new Promise((resolve) => setTimeout(resolve, 100));
    stop.abort();
    await expect(ended).resolves.toBeUndefined();
  });
});

describe('a server that freezes', () => {
  it('is noticed by its silence, long before any answer is due, and is back when it thaws', async () => {
    const server = await EventStoreDBProcess.start();
    const url = `${server.connectionString}&keepAliveInterval=300&keepAliveTimeout=300`;
    const store = await EventStoreDBEventStore.open({
      url,
      timeoutMs: 60_000,
      quietMs: 60_000,
      unreachableAfterMs: 60_000,
    });
    const following = follow(store, 'a-', 2);
    await store.append('a-1', 'any', [numbered(0)]);
    process.kill(server.pid, 'SIGSTOP');
    const from = performance.now();
    await expect(store.append('b-1', 'any', [numbered(9)])).rejects.toMatchObject(unavailable);
    expect(performance.now() - from).toBeLessThan(5_000);
    process.kill(server.pid, 'SIGCONT');
    await appendSurely(store, 'a-1', numbered(1));
    expect((await following).map(numberIn)).toEqual([0, 1]);
    await store.close();
    await server.stop();
  });
});

describe('a writer', () => {
  const stage = new EventStoreDBStage();

  it('gets the place of an append whose answer was lost when it tries again', async () => {
    const store = await stage.open();
    const [first, second, third] = [numbered(0), numbered(1), numbered(2)];
    for (const [expected, event] of [
      ['no-stream', first],
      [0n, second],
      ['any', third],
    ] as const) {
      stage.server.faults.loseAnswers(1, ['batchAppend']);
      await expect(store.append('a-1', expected, [event])).rejects.toMatchObject(unavailable);
      const again = await store.append('a-1', expected, [event]);
      expect((await store.read('a-1')).events.at(-1)).toMatchObject({ id: event.id, ...again });
    }
    expect((await store.read('a-1')).events.map(numberIn)).toEqual([0, 1, 2]);
  });

  it('gets the place of a lost append also for a stream that begins again', async () => {
    const [store, events] = [await stage.open(), [numbered(1), numbered(2)]];
    await store.append('a-1', 'no-stream', [numbered(0)]);
    await store.delete('a-1');
    stage.server.faults.loseAnswers(1, ['batchAppend']);
    await expect(store.append('a-1', 'no-stream', events)).rejects.toMatchObject(unavailable);
    const again = await store.append('a-1', 'no-stream', events);
    expect((await store.read('a-1')).events.at(-1)).toMatchObject({ id: events[1]?.id, ...again });
    await expect(store.append('a-1', 'no-stream', [numbered(3), numbered(4)])).rejects.toMatchObject({
      name: 'WrongRevision',
    });
  });

  it('is refused in time by a server that stalls, and by no other call afterwards', async () => {
    const store = await stage.open({ timeoutMs: 300 });
    await store.append('a-1', 'any', [numbered(0)]);
    stage.server.faults.stall();
    const from = performance.now();
    const calls = [
      ...range(0, 20).map((n) => store.append(`b-${n}`, 'any', [numbered(n)])),
      ...[store.read('a-1'), store.head(), store.delete('a-1'), store.setMaxAge('a-1', 5)],
    ];
    for (const result of await Promise.allSettled<unknown>(calls))
      expect(result).toMatchObject({ reason: unavailable });
    expect(performance.now() - from).toBeLessThan(3_000);
    stage.server.faults.clear();
    await Promise.all(range(0, 20).map((n) => store.append(`c-${n}`, 'no-stream', [numbered(n)])));
    expect((await store.read('a-1')).events.map(numberIn)).toEqual([0]);
  });

  it.each([grpc.status.UNAVAILABLE, grpc.status.INTERNAL, grpc.status.RESOURCE_EXHAUSTED, grpc.status.CANCELLED])(
    'recovers from calls that end with status %i',
    async (code) => {
      const store = await stage.open();
      stage.server.faults.failNext('batchAppend', code);
      await expect(store.append('a-1', 'any', [numbered(0)])).rejects.toMatchObject(unavailable);
      await expect(store.append('a-1', 'no-stream', [numbered(0)])).resolves.toMatchObject({ revision: 0n });
      stage.server.faults.failNext('read', code);
      await expect(store.read('a-1')).rejects.toMatchObject(unavailable);
      expect((await store.read('a-1')).events).toHaveLength(1);
    },
  );

  it('is told of what is too large, and disturbs no one else', async () => {
    const store = await stage.open();
    const others = range(0, 50).map((n) => store.append('a-1', 'any', [numbered(n)]));
    for (const megabytes of [2, 20]) {
      const large = store.append('b-1', 'any', [numbered(0, { text: 'x'.repeat(megabytes << 20) })]);
      await expect(large).rejects.toThrow('larger than');
      await expect(large).rejects.not.toMatchObject(unavailable);
    }
    await expect(Promise.all(others)).resolves.toHaveLength(50);
    expect((await store.read('b-1')).revision).toBe('no-stream');
    expect(stage.server.statistics.connectionsAccepted).toBe(1);
  });

  it('is refused beyond the bound of appends on their way, and taken again later', async () => {
    const store = await stage.open({ maxPending: 3 });
    const results = await Promise.allSettled(range(0, 5).map((n) => store.append(`a-${n}`, 'any', [numbered(n)])));
    expect(results.map(({ status }) => status)).toEqual([
      ...Array<string>(3).fill('fulfilled'),
      'rejected',
      'rejected',
    ]);
    expect(results[4]).toMatchObject({ reason: unavailable });
    await expect(store.append('a-9', 'any', [numbered(9)])).resolves.toMatchObject({ revision: 0n });
  });
});

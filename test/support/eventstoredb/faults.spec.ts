import { status } from '@grpc/grpc-js';
import { until } from '../until.js';
import { event, events, failureOf, record, StoreUnderTest } from './server-under-test.js';

describe('connections', () => {
  const store = new StoreUnderTest();

  it('break on command, and new ones are taken', async () => {
    await store.client.appendToStream('a', event(1));
    const subscription = store.client.subscribeToAll();
    const seen = record(subscription);
    await until(() => seen.includes('caughtUp'));
    const failure = failureOf(subscription);
    expect(store.server.dropConnections()).toBe(1);
    expect(await failure).toMatchObject({ type: 'unavailable' });
    await until(() => store.server.statistics.subscriptions === 0 && store.server.statistics.connections === 0);
    await store.client.appendToStream('a', event(2));
    expect(await store.numbers('a')).toEqual([1, 2]);
    expect(store.server.statistics.connectionsAccepted).toBe(2);
  });

  it('are refused while the server is down, and what was stored is there when it is back on its port', async () => {
    await store.client.appendToStream('a', event(1));
    const { port } = store.server;
    await store.server.refuseConnections();
    await expect(store.numbers('a')).rejects.toMatchObject({ type: 'unavailable' });
    await expect(store.connect().appendToStream('a', event(2))).rejects.toMatchObject({ code: status.UNAVAILABLE });
    await store.server.acceptConnections();
    expect(store.server.port).toBe(port);
    const again = store.connect();
    expect(await again.appendToStream('a', event(2))).toMatchObject({ nextExpectedRevision: 1n });
  });
});

describe.each([
  ['BatchAppend', true],
  ['Append', false],
])('faults of %s', (_method, batchAppend) => {
  const store = new StoreUnderTest({ batchAppend });
  const method = batchAppend ? 'batchAppend' : 'append';

  it('lose answers: the events are there, and the same append again is answered with their place', async () => {
    const mine = events(2);
    store.server.faults.loseAnswers(1);
    const lost = store.client.appendToStream('a', mine, { expectedRevision: 'no_stream' });
    await expect(lost).rejects.toMatchObject({ type: 'unavailable' });
    const again = await store.client.appendToStream('a', mine, { expectedRevision: 'no_stream' });
    expect(again).toMatchObject({ nextExpectedRevision: 1n });
    expect(await store.numbers('a')).toEqual([0, 1]);
  });

  it('delay answers, but not what is done', async () => {
    store.server.faults.delay(150, [method]);
    const begun = performance.now();
    const append = store.client.appendToStream('a', event(1));
    await until(async () => (await store.all()).includes('0@a'));
    expect(performance.now() - begun).toBeLessThan(140);
    await append;
    expect(performance.now() - begun).toBeGreaterThanOrEqual(145);
    store.server.faults.clear();
  });

  it('delay an answer past its deadline: the client gives up, and the events are there all the same', async () => {
    store.server.faults.delay(400, [method]);
    const append = store.client.appendToStream('a', event(1), { deadline: 100 });
    await expect(append).rejects.toMatchObject({ type: 'deadline-exceeded' });
    expect(await store.numbers('a')).toEqual([1]);
  });

  it('fail the next calls with a status, and nothing is done', async () => {
    store.server.faults.failNext(method, status.UNAVAILABLE, { times: 2 });
    const append = () => store.client.appendToStream('a', event(1));
    await expect(append()).rejects.toMatchObject({ type: 'unavailable' });
    await expect(append()).rejects.toMatchObject({ type: 'unavailable' });
    expect(await append()).toMatchObject({ nextExpectedRevision: 0n });
  });

  it('send the client to another leader', async () => {
    const leader = { host: '127.0.0.1', port: 1 };
    store.server.faults.notLeader(leader);
    await store.client.appendToStream('a', event(1));
    const refused = store.connect().appendToStream('a', event(2), { requiresLeader: true });
    await expect(refused).rejects.toMatchObject({ type: 'not-leader', leader: { address: leader.host, port: 1 } });
    store.server.faults.notLeader({ ...leader, role: 'read-only-replica' });
    const writing = store.connect().appendToStream('a', event(3));
    await expect(writing).rejects.toMatchObject({ type: 'not-leader' });
    expect(await store.numbers('a')).toEqual([1]);
  });
});

describe('calls that stall', () => {
  const store = new StoreUnderTest({ batchAppend: false });

  it('end with their deadline, and are not carried out', async () => {
    store.server.faults.stall(['append', 'delete', 'tombstone']);
    const deadline = 100;
    const expected = { type: 'deadline-exceeded' };
    await expect(store.client.appendToStream('a', event(1), { deadline })).rejects.toMatchObject(expected);
    await expect(store.client.deleteStream('a', { deadline })).rejects.toMatchObject(expected);
    await expect(store.client.tombstoneStream('a', { deadline })).rejects.toMatchObject(expected);
    await until(() => store.server.statistics.stalling === 0);
    store.server.faults.release();
    await expect(store.numbers('a')).rejects.toMatchObject({ type: 'stream-not-found' });
  });

  it('go on when they are released', async () => {
    store.server.faults.stall();
    const append = store.client.appendToStream('a', event(1));
    await until(() => store.server.statistics.stalling === 1);
    store.server.faults.release();
    expect(await append).toMatchObject({ nextExpectedRevision: 0n });
  });
});

describe('faults of reads', () => {
  const store = new StoreUnderTest();

  it('fail the next one', async () => {
    store.server.faults.failNext('read', status.RESOURCE_EXHAUSTED, { details: 'Too much.' });
    await expect(store.all()).rejects.toMatchObject({ code: status.RESOURCE_EXHAUSTED });
    expect(await store.all()).toHaveLength(2);
    store.server.faults.failNext('read', status.UNAVAILABLE);
    expect(await failureOf(store.client.subscribeToAll())).toMatchObject({ type: 'unavailable' });
  });

  it('break the connection of a read', async () => {
    store.server.faults.loseAnswers(1, ['read']);
    await expect(store.all()).rejects.toMatchObject({ type: 'unavailable' });
    expect(await store.all()).toHaveLength(2);
  });

  it('end subscriptions, while the connection stays', async () => {
    const subscriptions = [store.client.subscribeToAll(), store.client.subscribeToStream('a')];
    await until(() => store.server.statistics.subscriptions === 2);
    const failures = subscriptions.map(failureOf);
    expect(store.server.failSubscriptions(status.ABORTED, 'Too slow.')).toBe(2);
    for (const failure of failures) expect(await failure).toMatchObject({ code: status.ABORTED });
    await until(() => store.server.statistics.subscriptions === 0);
    expect(store.server.statistics.connectionsAccepted).toBe(1);
  });

  it('count the calls of each method', async () => {
    await store.client.appendToStream('a', events(3));
    await store.client.appendToStream('a', events(3));
    await store.numbers('a');
    await store.client.deleteStream('a');
    expect(store.server.statistics).toMatchObject({
      calls: { batchAppend: 2, read: 1, delete: 1, serverFeatures: 1 },
      subscriptions: 0,
      connections: 1,
      events: 9,
    });
  });
});

import { status } from '@grpc/grpc-js';
import { EventStoreDBClient } from '@eventstore/db-client';
import { until } from '../until.js';
import { EventStoreDBProcess } from './index.js';
import { event, failureOf, record } from './server-under-test.js';

describe('the server as a process of its own', () => {
  let server: EventStoreDBProcess;
  let client: EventStoreDBClient;
  const connect = (string: string) => EventStoreDBClient.connectionString`${string}&defaultDeadline=5000`;
  beforeAll(async () => {
    server = await EventStoreDBProcess.start();
    client = connect(server.connectionString);
  });
  afterEach(() => server.clearFaults());
  afterAll(async () => {
    await client.dispose();
    await server.stop();
  });

  it('serves clients and tells of them', async () => {
    await client.appendToStream('a', event());
    expect(await server.statistics()).toMatchObject({ calls: { batchAppend: 1 }, connections: 1, events: 3 });
  });

  it('takes commands', async () => {
    await server.failNext('read', status.RESOURCE_EXHAUSTED);
    const subscription = client.subscribeToAll();
    expect(await failureOf(subscription)).toMatchObject({ code: status.RESOURCE_EXHAUSTED });
    const next = client.subscribeToAll();
    const seen = record(next);
    await until(() => seen.includes('caughtUp'));
    const failure = failureOf(next);
    expect(await server.dropConnections()).toBe(1);
    expect(await failure).toMatchObject({ type: 'unavailable' });
    await server.loseAnswers(1);
    await expect(client.appendToStream('b', event())).rejects.toMatchObject({ type: 'unavailable' });
    await client.setStreamMetadata('b', { maxAge: 60 });
    await server.advanceTime(61_000);
    await client.appendToStream('b', event());
    expect(await server.scavenge()).toBe(1);
    await server.refuseConnections();
    await expect(client.deleteStream('a')).rejects.toMatchObject({ type: 'unavailable' });
    await server.acceptConnections();
  });

  it('hangs on command, and goes on', async () => {
    server.suspend();
    const append = client.appendToStream('c', event(), {
      credentials: { username: 'a', password: 'b' },
      deadline: 200,
    });
    await expect(append).rejects.toMatchObject({ type: 'deadline-exceeded' });
    server.resume();
    await until(async () => (await server.statistics()).connections > 0);
  });

  it('is gone when it is killed', async () => {
    const other = await EventStoreDBProcess.start({ batchAppend: false, maxAppendBytes: 2000 });
    const otherClient = connect(other.connectionString);
    const large = { ...event(), metadata: { text: 'x'.repeat(2000) } };
    await expect(otherClient.appendToStream('a', large)).rejects.toMatchObject({ maxAppendSize: 2000 });
    await other.kill();
    await expect(otherClient.appendToStream('a', event())).rejects.toMatchObject({ type: 'unavailable' });
    await otherClient.dispose();
  });
});

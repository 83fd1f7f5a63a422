import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createServer as createPlainServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import {
  selfSignedCertificate,
  startEventStoreDB,
  type EventStoreDBServer,
} from '../../../test/support/eventstoredb/index.js';
import { EventStoreDBEventStore, type EventStoreDBOptions } from './eventstoredb-event-store.js';

const credentials = { username: 'admin', password: 's3cret/:@' };
const event = { type: 'Happened', data: { n: 1 }, metadata: { correlationId: 'c', actor: 'a', schemaVersion: 1 } };
const id = '0192d2f0-0000-7000-8000-000000000001';

describe('the first contact with an event store', () => {
  let folder: string;
  const servers: EventStoreDBServer[] = [];
  const others: Server[] = [];
  const sockets: Socket[] = [];
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'openoms-esdb-'));
  });
  afterAll(() => rm(folder, { recursive: true }));
  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => server.stop()));
    for (const other of others.splice(0)) other.close();
    for (const socket of sockets.splice(0)) socket.destroy();
  });

  const start = async (...options: Parameters<typeof startEventStoreDB>): Promise<EventStoreDBServer> => {
    const server = await startEventStoreDB(...options);
    servers.push(server);
    return server;
  };
  const listening = async (other: Server): Promise<string> => {
    others.push(other);
    other.on('connection', (socket: Socket) => sockets.push(socket));
    await once(other.listen(0, '127.0.0.1'), 'listening');
    return `127.0.0.1:${(other.address() as AddressInfo).port}`;
  };
  /** A server with TLS and credentials, and the string that fits it but for `change`. */
  const secured = async (change: (url: string) => string = (url) => url) => {
    const tls = selfSignedCertificate();
    const server = await start({ tls, credentials });
    const caFile = join(folder, `${server.port}.pem`);
    await writeFile(caFile, tls.cert);
    return { server, url: change(`${server.connectionString}&tlsCAFile=${encodeURIComponent(caFile)}`) };
  };
  /** The error, and how long it took; holds that no secret is in it, nor in what caused it. */
  const refusal = async (url: string, options: Partial<EventStoreDBOptions> = {}) => {
    const from = performance.now();
    const error: unknown = await EventStoreDBEventStore.open({ url, connectTimeoutMs: 1_500, ...options }).then(
      (store) => store.close().then(() => undefined),
      (reason: unknown) => reason,
    );
    const shown = inspect(error, { depth: 9, showHidden: true });
    for (const secret of [credentials.password, encodeURIComponent(credentials.password), 'wrong-one'])
      for (const form of [secret, Buffer.from(`admin:${secret}`).toString('base64')]) expect(shown).not.toContain(form);
    return { error, ms: performance.now() - from };
  };
  const unavailable = (text: string) => ({
    name: 'EventStoreUnavailable',
    message: expect.stringContaining(text) as string,
  });

  it('succeeds over TLS with credentials, and the store works', async () => {
    const store = await EventStoreDBEventStore.open({ url: (await secured()).url });
    await store.append('thing-1', 'no-stream', [{ ...event, id }]);
    expect((await store.read('thing-1')).events).toMatchObject([{ id, data: { n: 1 } }]);
    await store.delete('thing-1');
    await store.setMaxAge('thing-1', 5);
    await store.close();
  });

  it('fails within its time when nobody listens, naming host and port', async () => {
    const server = await start();
    const { connectionString, port } = server;
    await server.stop();
    const { error, ms } = await refusal(connectionString.replace('://', '://admin:wrong-one@'));
    expect(error).toMatchObject(unavailable(`127.0.0.1:${port} is not reachable`));
    expect(error).toMatchObject(unavailable('ECONNREFUSED'));
    expect(ms).toBeLessThan(5_000);
  });

  it('waits for a store that starts up', async () => {
    const server = await start();
    await server.refuseConnections();
    const opening = EventStoreDBEventStore.open({ url: server.connectionString });
    await new Promise((resolve) => setTimeout(resolve, 600));
    await server.acceptConnections();
    await (await opening).close();
  });

  it('fails within its time when somebody listens and says nothing', async () => {
    const address = await listening(createPlainServer());
    const { error, ms } = await refusal(`esdb://${address}?tls=false`);
    expect(error).toMatchObject(unavailable(address));
    expect(ms).toBeLessThan(5_000);
  });

  it('ends with the reason of its signal', async () => {
    const address = await listening(createPlainServer());
    const stop = new AbortController();
    const opening = EventStoreDBEventStore.open({ url: `esdb://${address}?tls=false` }, stop.signal);
    stop.abort(new Error('stopped'));
    await expect(opening).rejects.toThrow('stopped');
  });

  it('fails at once for credentials that the store refuses', async () => {
    const { url } = await secured((right) => right.replace(encodeURIComponent(credentials.password), 'wrong-one'));
    const { error, ms } = await refusal(url, { connectTimeoutMs: 20_000 });
    expect(error).toMatchObject(unavailable('refuses user admin'));
    expect(ms).toBeLessThan(5_000);
  });

  it('fails at once for a certificate that nobody vouches for, unless it is not looked at', async () => {
    const { url } = await secured((right) => right.replace(/&tlsCAFile.*/, ''));
    const { error, ms } = await refusal(url, { connectTimeoutMs: 20_000 });
    expect(error).toMatchObject(unavailable('tlsCAFile'));
    expect(ms).toBeLessThan(5_000);
    await (await EventStoreDBEventStore.open({ url: `${url}&tlsVerifyCert=false` })).close();
  });

  it('says that TLS is on one side only', async () => {
    const { port } = await start();
    expect((await refusal(`esdb://127.0.0.1:${port}`)).error).toMatchObject(unavailable('tls=false'));
    const { url, server } = await secured((right) => right.replace('tls=true', 'tls=false'));
    expect((await refusal(url)).error).toMatchObject(unavailable(`127.0.0.1:${server.port}`));
  });

  it('names a file that cannot be read', async () => {
    const { error } = await refusal('esdb://127.0.0.1:1?tlsCAFile=/nowhere/ca.pem');
    expect(error).toMatchObject({
      message: expect.stringContaining('tlsCAFile /nowhere/ca.pem cannot be read: ENOENT') as string,
    });
  });

  it('fails when something else answers, or a server that is too old', async () => {
    const web = await listening(createServer((_request, response) => response.end('hello')));
    expect((await refusal(`esdb://${web}?tls=false`)).error).toMatchObject(unavailable(web));
    const old = await start({ batchAppend: false });
    expect((await refusal(old.connectionString)).error).toMatchObject(unavailable('too old'));
  });

  it('finds the cluster behind a node, and goes to its leader', async () => {
    const [follower, leader] = [await start(), await start()];
    const eventsOf = () => [follower.statistics.events, leader.statistics.events];
    const [ofFollower = 0, ofLeader = 0] = eventsOf();
    const store = await EventStoreDBEventStore.open({ url: follower.discoverConnectionString });
    follower.faults.notLeader({ host: '127.0.0.1', port: leader.port });
    await store.append('thing-1', 'any', [{ ...event, id }]).catch(() => undefined);
    await store.append('thing-1', 'any', [{ ...event, id }]);
    expect(eventsOf()).toEqual([ofFollower, ofLeader + 1]);
    await store.close();
    expect((await refusal('esdb+discover://127.0.0.1:1?tls=false')).error).toMatchObject(unavailable('127.0.0.1:1'));
  });
});

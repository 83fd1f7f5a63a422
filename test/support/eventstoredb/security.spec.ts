import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { until } from '../until.js';
import { selfSignedCertificate } from './index.js';
import { event, failureOf, record, StoreUnderTest } from './server-under-test.js';

describe('a server with TLS and credentials', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'event-store-tls-'));
  const caFile = path.join(folder, 'ca.crt');
  const tls = selfSignedCertificate();
  writeFileSync(caFile, tls.cert);
  afterAll(() => rmSync(folder, { recursive: true }));
  const parameters = `&tlsCAFile=${encodeURIComponent(caFile)}`;
  const credentials = { username: 'admin', password: 'p@ss:w%rd' };
  const denied = { type: 'access-denied' };
  const store = new StoreUnderTest({ tls, credentials });
  const connect = (user = '') => {
    const [, rest = ''] = store.server.connectionString.split('@');
    return store.connect(parameters, `esdb://${user}${rest}`);
  };

  it('serves who has both', async () => {
    const client = store.connect(parameters);
    await client.appendToStream('a', event(1));
    const seen = record(client.subscribeToAll());
    await until(() => seen.includes('0@a'));
  });

  it.each([
    ['without credentials', '', 7],
    ['with a wrong password', 'admin:wrong@', 16],
    ['with a wrong name', 'root:p%40ss%3Aw%25rd@', 16],
  ])('refuses everything %s', async (_who, user, code) => {
    const client = connect(user);
    await expect(client.appendToStream('a', event(1))).rejects.toMatchObject(denied);
    await expect(client.deleteStream('a')).rejects.toMatchObject({ ...denied, code });
    expect(await failureOf(client.subscribeToAll())).toMatchObject({ ...denied, code });
  });

  it('takes the credentials of a single call', async () => {
    await connect().appendToStream('a', event(1), { credentials });
    expect(store.server.statistics.calls).toMatchObject({ append: 1 });
  });

  it('is not trusted without its certificate', async () => {
    const client = store.connect();
    await expect(client.deleteStream('a')).rejects.toMatchObject({ type: 'unavailable' });
  });

  it('breaks connections and loses answers as without TLS', async () => {
    const client = store.connect(parameters);
    store.server.faults.loseAnswers(1);
    const mine = event(1);
    await expect(client.appendToStream('a', mine)).rejects.toMatchObject({ type: 'unavailable' });
    expect(await client.appendToStream('a', mine)).toMatchObject({ nextExpectedRevision: 0n });
    const subscription = client.subscribeToAll();
    await until(() => store.server.statistics.subscriptions === 1);
    const failure = failureOf(subscription);
    store.server.dropConnections();
    expect(await failure).toMatchObject({ type: 'unavailable' });
  });
});

describe('discovery', () => {
  const store = new StoreUnderTest();

  it('finds the node', async () => {
    const client = store.connect('', store.server.discoverConnectionString);
    await client.appendToStream('a', event(1));
    expect(store.server.statistics.calls).toMatchObject({ gossip: 1, batchAppend: 1 });
  });

  it('tells that the node does not lead', async () => {
    store.server.faults.notLeader({ host: '127.0.0.1', port: 9 });
    const follower = '&nodePreference=follower&maxDiscoverAttempts=1';
    const client = store.connect(follower, store.server.discoverConnectionString);
    await client.appendToStream('a', event(1));
    expect(await store.numbers('a')).toEqual([1]);
  });

  it('fails while the node is down', async () => {
    await store.server.refuseConnections();
    const impatient = '&maxDiscoverAttempts=2&discoveryInterval=10';
    const client = store.connect(impatient, store.server.discoverConnectionString);
    await expect(client.appendToStream('a', event(1))).rejects.toThrow(/Failed to discover/);
  });
});

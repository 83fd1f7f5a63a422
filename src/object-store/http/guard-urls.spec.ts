import { HttpSource } from '../../../test/support/http-source/index.js';
import { EndpointGuards } from '../endpoint-guards.js';
import type { SourceStore } from '../object-store.port.js';
import { guardUrls } from './guard-urls.js';
import { HttpClient } from './http-client.js';
import { UrlStore } from './url-store.js';

const { signal } = new AbortController();
const breaker = { failures: 2, resetMs: 60_000 };
const CIRCUIT_OPEN: unknown = expect.objectContaining({ backendCode: 'CircuitOpen' });

describe('guarded URLs', () => {
  let bad: HttpSource;
  let good: HttpSource;
  let client: HttpClient;
  let guards: EndpointGuards;
  let store: SourceStore;

  const pauses: number[] = [];
  const guarded = (attempts: number): SourceStore =>
    guardUrls(new UrlStore(client), {
      guards,
      retry: { attempts, baseDelayMs: 1, maxDelayMs: 1 },
      deadlines: { requestTimeoutMs: 1000, idleTimeoutMs: 1000 },
      pacing: { pause: (ms) => Promise.resolve(void pauses.push(ms)), random: () => 0 },
      breaker,
    });

  beforeEach(async () => {
    [bad, good] = [await HttpSource.start(), await HttpSource.start()];
    client = new HttpClient({
      allowPrivateNetworks: true,
      connectionsPerOrigin: 2,
      requestTimeoutMs: 1000,
      idleTimeoutMs: 1000,
    });
    guards = new EndpointGuards({ readConcurrency: 2, writeConcurrency: 2, breaker });
    store = guarded(1);
  });
  afterEach(async () => {
    await store.close();
    await client.close();
    await bad.close();
    await good.close();
  });

  it('let an origin rest that fails, and go on with the others', async () => {
    const url = bad.refuse('/a', 500);
    for (let at = 0; at < breaker.failures; at++)
      await expect(store.head(url, signal)).rejects.toMatchObject({ httpStatus: 500 });
    await expect(store.head(url, signal)).rejects.toEqual(CIRCUIT_OPEN);
    await expect(store.open(bad.serve('/b', 'x'), {}, signal)).rejects.toEqual(CIRCUIT_OPEN);
    expect(bad.requests).toHaveLength(breaker.failures);
    expect(await store.head(good.serve('/a', 'x'), signal)).toMatchObject({ size: 1 });
  });

  it('are tried again as often as the policy says', async () => {
    let asked = 0;
    const url = good.handle('/a', (_request, response) => response.writeHead(++asked < 2 ? 503 : 200).end());
    expect(await guarded(3).head(url, signal)).toMatchObject({ key: url });
    expect(asked).toBe(2);
  });

  it('refuse what is no URL without asking anybody', async () => {
    await expect(store.head('nonsense', signal)).rejects.toMatchObject({ kind: 'invalid' });
    await expect(store.open('nonsense', {}, signal)).rejects.toMatchObject({ kind: 'invalid' });
  });

  it('are one endpoint to limits and health, given back when the store is closed', async () => {
    expect(guards.states().map(({ endpoint }) => endpoint)).toEqual(['url-list']);
    await store.close();
    expect(guards.states()).toEqual([]);
  });
});

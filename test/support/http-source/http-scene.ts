import { buffer } from 'node:stream/consumers';
import { HttpClient, type HttpClientOptions } from '../../../src/object-store/http/http-client.js';
import { UrlStore } from '../../../src/object-store/http/url-store.js';
import { HttpSource, type HttpSourceOptions } from './http-source.js';

/** Web servers and clients of one suite, closed after each test. */
export interface HttpScene {
  readonly startSource: (options?: HttpSourceOptions) => Promise<HttpSource>;
  /** Impatient, and allowed to connect to this machine unless told otherwise. */
  readonly clientWith: (options?: Partial<HttpClientOptions>) => HttpClient;
  readonly urlsWith: (options?: Partial<HttpClientOptions>) => UrlStore;
}

export function httpScene(): HttpScene {
  const opened: { close(): Promise<void> }[] = [];
  afterEach(async () => {
    for (const it of opened.splice(0)) await it.close();
  });
  const keep = <T extends { close(): Promise<void> }>(it: T): T => {
    opened.push(it);
    return it;
  };
  const clientWith = (options: Partial<HttpClientOptions> = {}): HttpClient =>
    keep(
      new HttpClient({
        allowPrivateNetworks: true,
        connectionsPerOrigin: 2,
        requestTimeoutMs: 300,
        idleTimeoutMs: 300,
        ...options,
      }),
    );
  return {
    startSource: async (options) => keep(await HttpSource.start(options)),
    clientWith,
    urlsWith: (options) => new UrlStore(clientWith(options)),
  };
}

/** The content behind a URL, as text. */
export const readUrl = async (store: UrlStore, url: string): Promise<string> =>
  (await buffer((await store.open(url, {}, new AbortController().signal)).body)).toString();

/** A name server that knows one address, that of this machine. */
export const resolveToThisMachine: NonNullable<HttpClientOptions['resolve']> = (_hostname, _options, callback) =>
  callback(null, [{ address: '127.0.0.1', family: 4 }]);

import {
  StoreError,
  type ListedObject,
  type ObjectInfo,
  type OpenedObject,
  type OpenOptions,
  type SourceStore,
  type StoreTraits,
} from '../object-store.port.js';
import type { HttpClient } from './http-client.js';
import { HttpObjects } from './http-objects.js';
import { targetOfUrl } from './target.js';

/** Whatever URLs name: a key is a whole URL. Nothing can be listed or written. The client is the caller's to close. */
export class UrlStore implements SourceStore {
  readonly label = 'URLs';
  readonly bucket = '';
  readonly endpointIdentity = 'url-list';
  readonly traits: StoreTraits = { listsInKeyOrder: false, keepsMetadata: true, checksum: 'none', maxPutBytes: 0 };
  private readonly objects: HttpObjects;

  constructor(client: HttpClient) {
    this.objects = new HttpObjects(client, (key) => targetOfUrl(key));
  }

  list(): AsyncIterable<ListedObject> {
    return notListable();
  }

  listPages(): AsyncIterable<readonly ListedObject[]> {
    return notListable();
  }

  /** The size is `UNKNOWN_SIZE` without Content-Length, the time 0 without Last-Modified. */
  async head(key: string, signal: AbortSignal): Promise<ObjectInfo> {
    return this.objects.head(key, signal);
  }

  /** A range of an object whose server gives none is refused with backend code `RangeNotSupported`. */
  async open(key: string, options: OpenOptions, signal: AbortSignal): Promise<OpenedObject> {
    return this.objects.open(key, options, signal);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

const notListable = (): AsyncIterable<never> => ({
  [Symbol.asyncIterator]: () => ({
    next: () => Promise.reject(new StoreError('invalid', 'URLs cannot be listed', { backendCode: 'NotListable' })),
  }),
});

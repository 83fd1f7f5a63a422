import { Readable } from 'node:stream';
import type {
  DestinationStore,
  ListedObject,
  OpenOptions,
  SourceStore,
  StoreErrorKind,
  StoreTraits,
} from '../../src/object-store/object-store.port.js';

/** One backend, as the suites see it. */
export interface StoreCase<S extends SourceStore> {
  /** Stated again on purpose: a backend cannot lose one unnoticed. */
  readonly traits: StoreTraits;
  /** A store over a fresh bucket that holds exactly these objects. */
  readonly seed: (objects: Readonly<Record<string, string | Buffer>>) => Promise<S>;
  /** A store over a bucket that is not there. */
  readonly missingBucket: () => Promise<S>;
  /** Of `ODD_KEYS`: those that cannot be, and are refused with `invalid`. */
  readonly refusedKeys?: readonly string[];
  /** Keys are paths: a key cannot also be the folder of another one. */
  readonly keysArePaths?: boolean;
  /** What the backend itself calls the storage class IA; none where it has no classes. */
  readonly infrequentAccess?: string;
  /** Ends the restores that were asked for; none where nothing is ever archived. */
  readonly finishRestores?: (bucket: string) => void;
  /** How many parts a long list of parts has; slow servers get fewer. */
  readonly manyParts?: number;
  /** How many objects a long listing has; slow servers get fewer. */
  readonly manyKeys?: number;
  /** Cases that a foreign server is known to fail, with the reason. One that passes after all fails the run. */
  readonly deviations?: Readonly<Record<string, string>>;
  /** Of `ODD_KEYS`: those that a foreign server is known to get wrong, with the reason. */
  readonly mistakenKeys?: Readonly<Record<string, string>>;
}

/** Keys that somebody has, and that careless code changes on the way. */
export const ODD_KEYS: readonly string[] = [
  ' spaces at both ends ',
  'a+b',
  '100%',
  '%2F%20%',
  'a//b',
  '/leading',
  'trailing/',
  './x',
  'a/./b',
  'a/../b',
  '..',
  '世界/é',
  'e\u0301',
  '😀/𝄞',
  'new\nline',
  'tab\tand\rreturn',
  'control\u0001',
  '?query=1&x=2#fragment',
  "!*'()~;:@=,$",
  'quote"<&>',
  'back\\slash',
  '.hidden',
  'k'.repeat(1024),
  `${`${'é'.repeat(127)}/`.repeat(4)}last`,
];

/** Never aborts. */
export const { signal } = new AbortController();

export const keysOf = async (store: SourceStore, prefix = '', after?: string): Promise<string[]> =>
  (await listingOf(store, prefix, after)).map(({ key }) => key);

export const listingOf = async (store: SourceStore, prefix = '', after?: string): Promise<ListedObject[]> => {
  const listed: ListedObject[] = [];
  for await (const object of store.list(prefix, after, signal)) listed.push(object);
  return listed;
};

export const pagesOf = async (store: SourceStore, prefix = '', after?: string): Promise<ListedObject[][]> => {
  const pages: ListedObject[][] = [];
  for await (const page of store.listPages(prefix, after, signal)) pages.push([...page]);
  return pages;
};

export const bytesOf = async (body: Readable): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
};

export const contentOf = async (store: SourceStore, key: string, options: OpenOptions = {}): Promise<string> =>
  (await bytesOf((await store.open(key, options, signal)).body)).toString();

/** What a rejection with a StoreError of this kind looks like. */
export const failure = (kind: StoreErrorKind) => expect.objectContaining({ name: 'StoreError', kind }) as unknown;

/** A body that brings `content` and then breaks. */
export const breaking = (content: string): Readable =>
  Readable.from(
    (function* () {
      yield Buffer.from(content);
      throw new Error('The body broke');
    })(),
    { objectMode: false },
  );

/** A body that brings a little and then nothing more, for ever. */
export const stuck = (): Readable => {
  const body = new Readable({ read: () => undefined });
  body.push('a little');
  return body;
};

export const streamOf = (...pieces: readonly (string | Buffer)[]): Readable =>
  Readable.from(
    pieces.map((piece) => Buffer.from(piece)),
    { objectMode: false },
  );

/** `it` for one promise; a known deviation must really deviate. */
export const promises =
  ({ deviations = {} }: Pick<StoreCase<SourceStore>, 'deviations'>) =>
  (name: string, check: () => Promise<void>, deviation?: string): void => {
    const reason = deviation ?? deviations[name];
    if (reason === undefined) it(name, check, 120_000);
    else it.failing(`${name} (known deviation: ${reason})`, check, 120_000);
  };

/** Closes what a suite opened. */
export const closing = <S extends SourceStore>({
  seed,
  missingBucket,
}: Pick<StoreCase<S>, 'seed' | 'missingBucket'>) => {
  const opened: S[] = [];
  const keep = (store: S): S => {
    opened.push(store);
    return store;
  };
  afterEach(async () => {
    for (const store of opened.splice(0)) await store.close();
  });
  return {
    seed: async (objects: Readonly<Record<string, string | Buffer>> = {}) => keep(await seed(objects)),
    missingBucket: async () => keep(await missingBucket()),
  };
};

export type DestinationCase = StoreCase<DestinationStore>;

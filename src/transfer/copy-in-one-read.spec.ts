import { ByteBudget } from '../kernel/byte-budget.js';
import { interceptStore } from '../object-store/intercept-store.js';
import { MemoryStore } from '../object-store/memory/memory-store.js';
import { type DestinationStore, StoreError } from '../object-store/object-store.port.js';
import {
  bytes,
  failing,
  limits,
  meddle,
  never,
  passing,
  plain,
  TransferStage,
} from '../../test/support/transfer-stage.js';
import { copyListed, syncNamed, type TransferOutcome } from './sync-object.js';
import type { SyncObjectOptions } from './transfer-options.js';

const named = { key: 'k', targetKey: 'saved/k' };

let stage: TransferStage;

beforeEach(() => {
  stage = new TransferStage();
});

/** A source that tells no sizes. */
const source = (): DestinationStore => new MemoryStore(stage.from, 'from', { hidesSizes: true });

const copy = (
  options: Partial<SyncObjectOptions> = {},
  destination = stage.destination(),
  from = source(),
): Promise<TransferOutcome> => copyListed(from, destination, named, { ...plain, ...options }, never);

const withoutParts = (): DestinationStore => {
  const { multipart, ...rest } = interceptStore(stage.destination(), passing);
  expect(multipart).toBeDefined();
  return rest;
};

describe.each([
  ['nothing', 0, 'md5'],
  ['less than a buffer', 99, 'md5'],
  ['just a buffer', 100, 'md5'],
  ['just parts', 300, 'etag'],
  ['some parts', 2345, 'etag'],
])('an object of unknown size that is %s', (_, size, proof) => {
  beforeEach(() => {
    stage.from.write('from', 'k', bytes(size), { contentType: 'text/x' });
  });

  it('arrives whole and proven', async () => {
    expect(await copy()).toEqual({ outcome: 'synced', size, proof });
    expect(stage.copied('saved/k')).toEqual(bytes(size));
    expect(stage.to.bucket('to').objects.get('saved/k')?.contentType).toBe('text/x');
    expect(stage.uploads).toBe(0);
    expect(plain.buffers.inUse).toBe(0);
  });

  it('arrives when the budget is taken at first', async () => {
    const buffers = new ByteBudget(150);
    const release = buffers.take(120);
    const work = copy({ buffers });
    await new Promise(setImmediate);
    release?.();
    expect(await work).toMatchObject({ outcome: 'synced', size });
    expect(stage.copied('saved/k')).toEqual(bytes(size));
    expect(buffers.inUse).toBe(0);
  });

  it('streams to a destination that takes any stream', async () => {
    const rest = withoutParts();
    const destination: DestinationStore = {
      ...rest,
      traits: { ...rest.traits, takesUnknownSizes: true },
      put: async (key, body, options, signal) => {
        expect(options.size).toBe(-1);
        const chunks: Buffer[] = [];
        for await (const chunk of body) chunks.push(chunk as Buffer);
        const content = Buffer.concat(chunks);
        return rest.put(key, content, { ...options, size: content.length }, signal);
      },
    };
    expect(await copy({}, destination)).toMatchObject({ outcome: 'synced', size, proof: 'md5' });
    expect(stage.copied('saved/k')).toEqual(bytes(size));
  });
});

describe('an object of unknown size', () => {
  beforeEach(() => {
    stage.from.write('from', 'k', bytes(950));
  });

  it('is different from whatever the destination has, and overwrites it', async () => {
    stage.clock.advance(5000);
    for (const consistencyCheck of ['size_last_modified', 'no_check'] as const) {
      stage.to.write('to', 'saved/k', bytes(950));
      const options = { ...plain, consistencyCheck };
      const outcome = await syncNamed(source(), stage.destination(), named, options, never);
      expect(outcome).toMatchObject({ outcome: 'synced', size: 950 });
    }
    const kept = { ...plain, overwriteMode: 'NO_OVERWRITE' } as const;
    expect(await syncNamed(source(), stage.destination(), named, kept, never)).toMatchObject({ outcome: 'ignored' });
  });

  it('fails as too large beyond what all parts hold, and leaves nothing', async () => {
    const parts = { maxParts: 9 };
    expect(await copy({}, stage.destination({ parts }))).toMatchObject({
      outcome: 'failed',
      reason: 'OBJECT_TOO_LARGE',
      side: 'destination',
    });
    expect(stage.uploads).toBe(0);
    expect(stage.copied('saved/k')).toBeUndefined();
    expect(await copy({}, stage.destination({ parts: { maxParts: 10 } }))).toMatchObject({ outcome: 'synced' });
  });

  it('fails as too large without parts beyond a buffer', async () => {
    expect(await copy({}, withoutParts())).toMatchObject({ reason: 'OBJECT_TOO_LARGE' });
  });

  it('is read again when it breaks in the middle', async () => {
    let opened = 0;
    const plainSource = source();
    const flaky = interceptStore(plainSource, {
      ...passing,
      open: async (call, signal, proceed) => {
        const answer = await proceed(call, signal);
        if (++opened > 1) return answer;
        const broken = async function* (): AsyncGenerator<Buffer> {
          yield* [bytes(400)];
          await Promise.resolve();
          throw new StoreError('connection', 'cut');
        };
        const { Readable } = await import('node:stream');
        return { ...answer, body: Readable.from(broken(), { objectMode: false }) };
      },
    });
    expect(await copy({}, stage.destination(), flaky)).toMatchObject({ outcome: 'synced', size: 950 });
    expect(stage.copied('saved/k')).toEqual(bytes(950));
    expect(stage.uploads).toBe(0);
  });

  it('is refused when it is not what the source vouches for', async () => {
    const lying: DestinationStore = {
      ...interceptStore(source(), passing),
      open: async (key, options, signal) => {
        const opened = await source().open(key, options, signal);
        return { ...opened, info: { ...opened.info, md5: 'ffffffffffffffffffffffffffffffff' } };
      },
    };
    expect(await copy({}, stage.destination(), lying)).toMatchObject({ reason: 'CHECKSUM_MISMATCH', side: 'source' });
    expect(stage.copied('saved/k')).toBeUndefined();
    expect(stage.uploads).toBe(0);
  });

  it('leaves no upload when a part fails for good', async () => {
    const destination = meddle(stage.destination(), 'uploadPart', (count) => {
      if (count === 4) failing('denied')();
    });
    expect(await copy({ limits }, destination)).toMatchObject({ reason: 'DESTINATION_DENIED' });
    expect(stage.uploads).toBe(0);
  });
});

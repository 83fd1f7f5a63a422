import { Readable } from 'node:stream';
import { ByteBudget } from '../kernel/byte-budget.js';
import { interceptStore } from '../object-store/intercept-store.js';
import { MemoryStore } from '../object-store/memory/memory-store.js';
import { type DestinationStore, RANGE_NOT_SUPPORTED, StoreError } from '../object-store/object-store.port.js';
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

describe('an object that goes in parts, of a source without ranges', () => {
  let opens: ('whole' | 'range')[];

  beforeEach(() => {
    opens = [];
    stage.from.write('from', 'k', bytes(2345));
  });

  const withoutRanges = (bodyOf?: () => Buffer): DestinationStore => ({
    ...interceptStore(stage.source(), passing),
    open: async (key, options, signal) => {
      opens.push(options.range === undefined ? 'whole' : 'range');
      if (options.range !== undefined) throw new StoreError('invalid', 'None', { backendCode: RANGE_NOT_SUPPORTED });
      const opened = await stage.source().open(key, options, signal);
      return bodyOf === undefined
        ? opened
        : { info: opened.info, body: Readable.from([bodyOf()], { objectMode: false }) };
    },
  });

  it.each([
    ['listed', ['whole']],
    ['only named', ['whole', 'whole']], // the first read is given up, since ranges would be faster
  ])('arrives whole and proven after one read when it was %s', async (how, reads) => {
    const source = withoutRanges();
    const known = how === 'listed' ? { listed: await source.head('k', never) } : {};
    const outcome = await copyListed(source, stage.destination(), { ...named, ...known }, plain, never);
    expect(outcome).toEqual({ outcome: 'synced', size: 2345, proof: 'etag' });
    expect(stage.copied('saved/k')).toEqual(bytes(2345));
    expect(opens.filter((each) => each === 'whole')).toEqual(reads);
    expect(stage.uploads).toBe(0);
  });

  it('has larger parts where it would have too many', async () => {
    const sizes: number[] = [];
    const destination = interceptStore(stage.destination({ parts: { maxParts: 10 } }), {
      ...passing,
      call: (call, signal, proceed) => {
        if (call.operation === 'uploadPart') sizes.push(call.size ?? 0);
        return proceed(call, signal);
      },
    });
    expect(await copy({}, destination, withoutRanges())).toMatchObject({ outcome: 'synced' });
    expect(sizes).toEqual([2345]);
  });

  it('fails, and is not asked for ranges in each try, when it has not the size that it announces', async () => {
    const outcome = await copy(
      {},
      stage.destination(),
      withoutRanges(() => bytes(2344)),
    );
    expect(outcome).toMatchObject({ reason: 'SOURCE_CHANGED', code: 'BodyLengthMismatch' });
    expect(opens.filter((each) => each === 'range').length).toBeLessThanOrEqual(limits.partConcurrency);
    expect(opens.filter((each) => each === 'whole').length).toBeGreaterThan(3);
    expect(stage.copied('saved/k')).toBeUndefined();
    expect(stage.uploads).toBe(0);
  });
});

import { HttpSource, httpScene, type HttpResource } from '../../test/support/http-source/index.js';
import { bytes, limits, meddle, never, plain, TransferStage } from '../../test/support/transfer-stage.js';
import { ByteBudget } from '../kernel/byte-budget.js';
import { copyListed, type TransferOutcome } from './sync-object.js';
import type { SyncObjectOptions } from './transfer-options.js';

const scene = httpScene();
const SIZE = 5432;
const PART = limits.partBytes;

let stage: TransferStage;
let server: HttpSource;

beforeEach(async () => {
  stage = new TransferStage();
  server = await scene.startSource();
});

const serve = (more: Partial<HttpResource> = {}): string =>
  server.serve('/large', { content: bytes(SIZE), takesRanges: false, ...more });

const copy = (
  url: string,
  options: Partial<SyncObjectOptions> = {},
  destination = stage.destination(),
): Promise<TransferOutcome> =>
  copyListed(scene.urlsWith(), destination, { key: url, targetKey: 'k' }, { ...plain, ...options }, never);

describe('a large object behind a URL whose server gives no ranges', () => {
  it.each<[string, Partial<HttpResource>]>([
    ['an ETag', {}],
    ['no ETag', { etag: null }],
    ['nothing but its length', { etag: null, lastModifiedMs: null }],
    ['no HEAD', { headStatus: 405 }],
  ])('is copied with %s', async (_what, more) => {
    expect(await copy(serve(more))).toEqual({ outcome: 'synced', size: SIZE, proof: 'etag' });
    expect(stage.copied()).toEqual(bytes(SIZE));
    expect(stage.uploads).toBe(0);
  });

  it('takes no more memory than a part', async () => {
    const buffers = new ByteBudget(10 * PART);
    const held: number[] = [];
    const destination = meddle(stage.destination(), 'uploadPart', () => held.push(buffers.inUse));
    expect(await copy(serve(), { buffers }, destination)).toMatchObject({ outcome: 'synced' });
    expect(held).toEqual(Array.from({ length: Math.ceil(SIZE / PART) }, () => PART));
    expect(buffers.inUse).toBe(0);
  });

  it('is read again when its connection breaks', async () => {
    const url = serve({ cutAfter: 3000 });
    const destination = meddle(stage.destination(), 'uploadPart', (count) => {
      if (count === 10) serve();
    });
    expect(await copy(url, {}, destination)).toMatchObject({ outcome: 'synced', size: SIZE });
    expect(stage.copied()).toEqual(bytes(SIZE));
    expect(stage.uploads).toBe(0);
  });

  it('is copied as it is by now when it is replaced meanwhile', async () => {
    const destination = meddle(stage.destination(), 'uploadPart', (count) => {
      if (count === 10) serve({ content: bytes(4321), etag: null, lastModifiedMs: 0 });
    });
    expect(await copy(serve({ etag: null }), {}, destination)).toMatchObject({ outcome: 'synced', size: 4321 });
    expect(stage.copied()).toEqual(bytes(4321));
  });
});

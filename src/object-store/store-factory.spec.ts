import { tmpdir } from 'node:os';
import { HttpSource } from '../../test/support/http-source/index.js';
import { omsStorageClassOf } from './s3/dialects.js';
import { StoreFactory, type StoreFactoryOptions } from './store-factory.js';

const transfer = { readConcurrency: 2, writeConcurrency: 2, requestTimeoutMs: 1000, idleTimeoutMs: 1000 };
const credentials = { accessKey: 'AKIDEXAMPLE', secretKey: 'secret' };

describe('the store factory', () => {
  const factory = new StoreFactory({
    clouds: {
      AWS: {
        regions: {
          'us-east-1': { endpoint: 'http://127.0.0.1:9', description: 'Override' },
          local: { endpoint: 'http://127.0.0.1:9101', addressing: 'path', signingRegion: 'us-east-1' },
        },
      },
      Local: { regions: { here: { root: tmpdir() }, relative: { root: 'data' } } },
      MinIO: { regions: { rack: { endpoint: 'https://minio.internal:9000' }, bare: {} } },
    },
    transfer,
  });
  afterAll(() => factory.close());

  it.each([
    ['AWS', true, true],
    ['Tencent', true, true],
    ['Local', true, true],
    ['MinIO', true, true],
    ['Azure', true, false],
    ['URLSource', true, false],
    ['Nimbus', false, false],
    ['constructor', false, false],
  ])('%s: known %s, supported %s', (cloud, known, supported) => {
    expect(factory.knows(cloud)).toBe(known);
    expect(factory.supports(cloud)).toBe(supported);
  });

  it.each([
    ['AWS', 'eu-west-1', 'https://s3.eu-west-1.amazonaws.com', 'virtual', 'eu-west-1'],
    ['AWS', 'cn-north-1', 'https://s3.cn-north-1.amazonaws.com.cn', 'virtual', 'cn-north-1'],
    ['AWS', 'us-east-1', 'http://127.0.0.1:9', 'virtual', 'us-east-1'],
    ['AWS', 'local', 'http://127.0.0.1:9101', 'path', 'us-east-1'],
    ['Aliyun', 'cn-hangzhou', 'https://oss-cn-hangzhou.aliyuncs.com', 'virtual', 'cn-hangzhou'],
    ['HuaweiCloud', 'cn-north-4', 'https://obs.cn-north-4.myhuaweicloud.com', 'virtual', 'cn-north-4'],
    ['Google', 'us-east1', 'https://storage.googleapis.com', 'path', 'auto'],
    ['MinIO', 'rack', 'https://minio.internal:9000', 'path', 'rack'],
  ])('finds %s %s', (cloudType, region, endpoint, addressing, signingRegion) =>
    expect(factory.locate({ cloudType, region, bucket: 'b' })).toEqual({
      kind: 's3',
      endpoint,
      addressing,
      signingRegion,
      bucket: 'b',
    }),
  );

  it.each([
    ['AWS', 'moon-1'],
    ['AWS', 'constructor'],
    ['Azure', 'eastus'],
    ['Nimbus', 'x'],
    ['Local', 'relative'],
    ['Local', 'elsewhere'],
    ['MinIO', 'bare'],
  ])('does not find %s %s', (cloudType, region) => {
    expect(factory.locate({ cloudType, region, bucket: 'b' })).toBeUndefined();
    expect(() => factory.open({ cloudType, region, bucket: 'b' }, credentials)).toThrow(`${cloudType} has no region`);
  });

  it("adds Tencent's account to the bucket once", () => {
    const at = { cloudType: 'Tencent', region: 'ap-beijing', appId: '125000' };
    expect(factory.locate({ ...at, bucket: 'b' })).toMatchObject({ bucket: 'b-125000' });
    expect(factory.locate({ ...at, bucket: 'b-125000' })).toMatchObject({ bucket: 'b-125000' });
  });

  it('lists built-in and configured regions, the configured description first', () => {
    const regions = factory.regionsOf('AWS');
    expect(regions).toContainEqual({ name: 'eu-west-1', description: 'Europe (Ireland)' });
    expect(regions).toContainEqual({ name: 'us-east-1', description: 'Override' });
    expect(regions).toContainEqual({ name: 'local', description: 'local' });
    expect(factory.regionsOf('Azure')).toEqual([]);
  });

  it('lets those pay who ask, when they say so', async () => {
    const at = { cloudType: 'AWS', region: 'local', bucket: 'one' };
    const [paying, other] = [factory.open(at, credentials, { requesterPays: true }), factory.open(at, credentials)];
    expect(paying.requesterPays).toBe(true);
    expect(other.requesterPays ?? false).toBe(false);
    await Promise.all([paying.close(), other.close()]);
  });

  it('gives stores of one endpoint and key one identity, which hides the key', async () => {
    const [one, other, foreign] = [
      factory.open({ cloudType: 'AWS', region: 'local', bucket: 'one' }, credentials),
      factory.open({ cloudType: 'AWS', region: 'local', bucket: 'other' }, credentials),
      factory.open({ cloudType: 'AWS', region: 'local', bucket: 'one' }, { ...credentials, accessKey: 'ANOTHER' }),
    ] as const;
    expect(one.endpointIdentity).toBe(other.endpointIdentity);
    expect(one.endpointIdentity).not.toBe(foreign.endpointIdentity);
    expect(`${one.endpointIdentity} ${one.label}`).not.toContain('AKIDEXAMPLE');
    await Promise.all([one, other, foreign].map((store) => store.close()));
  });
});

describe('URLs and CDN domains', () => {
  const { signal } = new AbortController();
  const clouds = { Local: { regions: { here: { root: tmpdir() } } } };
  const stores: StoreFactory[] = [];
  let source: HttpSource;
  beforeAll(async () => (source = await HttpSource.start()));
  afterAll(() => source.close());
  afterEach(async () => {
    for (const factory of stores.splice(0)) await factory.close();
  });
  const factoryWith = (options: Partial<StoreFactoryOptions>): StoreFactory => {
    const factory = new StoreFactory({ clouds, transfer, ...options });
    stores.push(factory);
    return factory;
  };

  it('are read, in private networks only when that is allowed', async () => {
    const url = source.serve('/a', 'content');
    const allowed = factoryWith({ urlSource: { allowPrivateNetworks: true } }).openUrls();
    expect(await allowed.head(url, signal)).toMatchObject({ key: url, size: 7 });
    for (const options of [{}, { urlSource: { allowPrivateNetworks: false } }])
      await expect(factoryWith(options).openUrls().head(url, signal)).rejects.toMatchObject({
        kind: 'denied',
        backendCode: 'AddressNotAllowed',
      });
  });

  it('serve the objects of a bucket', async () => {
    source.serve('/k', 'from the domain');
    const factory = factoryWith({ urlSource: { allowPrivateNetworks: true } });
    const bucket = factory.open({ cloudType: 'Local', region: 'here', bucket: 'none' }, credentials);
    const cdn = { domain: `127.0.0.1:${source.port}`, protocol: 'HTTP', authenticationType: 'NONE' } as const;
    expect(await factory.throughCdn(bucket, cdn, {}).head('k', signal)).toMatchObject({ size: 15 });
  });

  it('are closed with the factory', async () => {
    const factory = factoryWith({ urlSource: { allowPrivateNetworks: true } });
    const urls = factory.openUrls();
    await factory.close();
    await expect(urls.head(source.serve('/a', ''), signal)).rejects.toMatchObject({ kind: 'connection' });
  });
});

describe('the OMS storage class of a native one', () => {
  it.each([
    ['AWS', 'STANDARD_IA', 'IA'],
    ['AWS', 'GLACIER_IR', 'IA'],
    ['AWS', 'DEEP_ARCHIVE', 'DEEP_ARCHIVE'],
    ['Aliyun', 'Archive', 'ARCHIVE'],
    ['HuaweiCloud', 'WARM', 'IA'],
    ['Google', 'NEARLINE', 'IA'],
    ['AWS', undefined, 'STANDARD'],
    ['AWS', 'BRAND_NEW', 'STANDARD'],
    ['Nimbus', 'GLACIER', 'STANDARD'],
  ])('of %s %s is %s', (cloud, native, oms) => expect(omsStorageClassOf(cloud, native)).toBe(oms));
});

describe('HEC', () => {
  const factory = new StoreFactory({
    clouds: {
      HuaweiCloud: { regions: { lab: { endpoint: 'http://127.0.0.1:1' }, both: { endpoint: 'http://127.0.0.1:2' } } },
      HEC: { regions: { both: { endpoint: 'http://127.0.0.1:3' } } },
    },
    transfer: { readConcurrency: 1, writeConcurrency: 1, requestTimeoutMs: 1000, idleTimeoutMs: 1000 },
  });
  afterAll(() => factory.close());
  const endpointOf = (region: string) => factory.locate({ cloudType: 'HEC', region, bucket: 'b' })?.endpoint;

  it('is another name of HuaweiCloud: it has its regions, built in and configured', () => {
    expect(endpointOf('cn-north-4')).toBe('https://obs.cn-north-4.myhuaweicloud.com');
    expect(endpointOf('lab')).toBe('http://127.0.0.1:1');
  });

  it('may have regions of its own', () => expect(endpointOf('both')).toBe('http://127.0.0.1:3'));
});

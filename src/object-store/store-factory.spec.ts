import { tmpdir } from 'node:os';
import { omsStorageClassOf } from './s3/dialects.js';
import { StoreFactory } from './store-factory.js';

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

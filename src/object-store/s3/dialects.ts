import type { StorageClass, StoreTraits } from '../object-store.port.js';
import type { PayloadSigning } from './client.js';
import { REGIONS, type BuiltInRegion } from './regions.js';

/** The service's own name of a class first, then the names that also read as it. */
export type StorageClassNames = Readonly<Record<StorageClass, readonly [string, ...string[]]>>;

/** How a cloud's S3 differs from AWS's. */
export interface S3Quirks {
  readonly listVersion: 1 | 2;
  /** Ask for names in listings to be URL-encoded; without it, control characters may make an answer ill-formed. */
  readonly encodesListings: boolean;
  readonly listsInKeyOrder: boolean;
  readonly checksum: StoreTraits['checksum'];
  readonly payload: PayloadSigning;
  readonly storageClasses: StorageClassNames;
  /** Has object tags in its S3 API. */
  readonly hasTags: boolean;
  /** Content kept compressed is decompressed on the way unless the reader accepts it compressed. */
  readonly acceptsGzip: boolean;
  /** Its archive classes are a price, not a state: their objects need no restore. */
  readonly archiveReadsAtOnce: boolean;
  readonly maxPutBytes: number;
}

const GIB = 1024 ** 3;

const AWS_CLASSES: StorageClassNames = {
  STANDARD: ['STANDARD', 'INTELLIGENT_TIERING', 'REDUCED_REDUNDANCY', 'EXPRESS_ONEZONE'],
  IA: ['STANDARD_IA', 'ONEZONE_IA', 'GLACIER_IR'],
  ARCHIVE: ['GLACIER'],
  DEEP_ARCHIVE: ['DEEP_ARCHIVE'],
};

export const AWS_QUIRKS: S3Quirks = {
  listVersion: 2,
  encodesListings: true,
  listsInKeyOrder: true,
  checksum: 'md5',
  payload: 'auto',
  storageClasses: AWS_CLASSES,
  hasTags: true,
  acceptsGzip: false,
  archiveReadsAtOnce: false,
  maxPutBytes: 5 * GIB,
};

/** A cloud as data. `{region}` in the endpoint is the region's own name. */
export interface S3Dialect {
  readonly kind: 's3';
  readonly endpoint: string;
  readonly addressing: 'path' | 'virtual';
  readonly signatureVersion: 4;
  /** Bucket names carry the account: `<bucket>-<appId>`. */
  readonly bucketNeedsAppId: boolean;
  readonly quirks: S3Quirks;
  readonly regions: Readonly<Record<string, BuiltInRegion>>;
}

/** `unsupported` clouds have a name in the API but no adapter. */
export type CloudDialect = S3Dialect | { readonly kind: 'local' } | { readonly kind: 'unsupported' };

const s3 = (
  endpoint: string,
  regions: Readonly<Record<string, BuiltInRegion>>,
  quirks: Partial<S3Quirks> = {},
  rest: { readonly addressing?: 'path' | 'virtual'; readonly bucketNeedsAppId?: boolean } = {},
): S3Dialect => ({
  kind: 's3',
  endpoint,
  addressing: rest.addressing ?? 'virtual',
  signatureVersion: 4,
  bucketNeedsAppId: rest.bucketNeedsAppId ?? false,
  quirks: { ...AWS_QUIRKS, ...quirks },
  regions,
});

const UNSUPPORTED: CloudDialect = { kind: 'unsupported' };

const HUAWEI_QUIRKS: Partial<S3Quirks> = {
  // Version 2 of the listing is not there for all bucket kinds, and an encoded marker is not understood.
  listVersion: 1,
  encodesListings: false,
  storageClasses: {
    STANDARD: ['STANDARD', 'INTELLIGENT_TIERING'],
    IA: ['STANDARD_IA', 'WARM'],
    ARCHIVE: ['GLACIER', 'COLD'],
    DEEP_ARCHIVE: ['DEEP_ARCHIVE'],
  },
};

/** Names are those of `cloud_type` in the API. */
export const DIALECTS: Readonly<Record<string, CloudDialect>> = {
  AWS: s3('https://s3.{region}.amazonaws.com', REGIONS.AWS),
  Azure: UNSUPPORTED,
  Aliyun: s3('https://oss-{region}.aliyuncs.com', REGIONS.Aliyun, {
    hasTags: false,
    storageClasses: {
      STANDARD: ['STANDARD', 'Standard'],
      IA: ['STANDARD_IA', 'IA'],
      ARCHIVE: ['GLACIER', 'Archive'],
      DEEP_ARCHIVE: ['DEEP_ARCHIVE', 'ColdArchive', 'DeepColdArchive'],
    },
  }),
  Tencent: s3(
    'https://cos.{region}.myqcloud.com',
    REGIONS.Tencent,
    {
      listVersion: 1,
      storageClasses: {
        STANDARD: ['STANDARD', 'MAZ_STANDARD', 'INTELLIGENT_TIERING', 'MAZ_INTELLIGENT_TIERING'],
        IA: ['STANDARD_IA', 'MAZ_STANDARD_IA'],
        ARCHIVE: ['ARCHIVE', 'MAZ_ARCHIVE'],
        DEEP_ARCHIVE: ['DEEP_ARCHIVE'],
      },
    },
    { bucketNeedsAppId: true },
  ),
  HuaweiCloud: s3('https://obs.{region}.myhuaweicloud.com', REGIONS.HuaweiCloud, HUAWEI_QUIRKS),
  HEC: s3('https://obs.{region}.myhuaweicloud.com', REGIONS.HEC, HUAWEI_QUIRKS),
  QingCloud: s3('https://s3.{region}.qingstor.com', REGIONS.QingCloud, { listVersion: 1, hasTags: false }),
  KingsoftCloud: s3('https://ks3-{region}.ksyuncs.com', REGIONS.KingsoftCloud, {
    listVersion: 1,
    storageClasses: {
      STANDARD: ['STANDARD'],
      IA: ['STANDARD_IA', 'DEEP_IA'],
      ARCHIVE: ['ARCHIVE'],
      DEEP_ARCHIVE: ['ARCHIVE'],
    },
  }),
  Baidu: s3('https://s3.{region}.bcebos.com', REGIONS.Baidu, {
    hasTags: false,
    listVersion: 1,
    storageClasses: {
      STANDARD: ['STANDARD', 'MAZ_STANDARD'],
      IA: ['STANDARD_IA', 'MAZ_STANDARD_IA', 'COLD'],
      ARCHIVE: ['ARCHIVE'],
      DEEP_ARCHIVE: ['ARCHIVE'],
    },
  }),
  Google: s3(
    'https://storage.googleapis.com',
    REGIONS.Google,
    {
      hasTags: false,
      acceptsGzip: true,
      archiveReadsAtOnce: true,
      storageClasses: {
        STANDARD: ['STANDARD', 'MULTI_REGIONAL', 'REGIONAL'],
        IA: ['NEARLINE', 'COLDLINE'],
        ARCHIVE: ['ARCHIVE'],
        DEEP_ARCHIVE: ['ARCHIVE'],
      },
    },
    { addressing: 'path' },
  ),
  Qiniu: s3(
    'https://s3.{region}.qiniucs.com',
    REGIONS.Qiniu,
    {
      encodesListings: false,
      hasTags: false,
      // Its ETag is a hash of its own.
      checksum: 'none',
      storageClasses: {
        STANDARD: ['STANDARD'],
        IA: ['LINE', 'GLACIER_IR'],
        ARCHIVE: ['GLACIER'],
        DEEP_ARCHIVE: ['DEEP_ARCHIVE'],
      },
    },
    { addressing: 'path' },
  ),
  UCloud: s3('https://s3-{region}.ufileos.com', REGIONS.UCloud, {
    listVersion: 1,
    hasTags: false,
    checksum: 'none',
    storageClasses: { STANDARD: ['STANDARD'], IA: ['IA'], ARCHIVE: ['ARCHIVE'], DEEP_ARCHIVE: ['ARCHIVE'] },
  }),
  URLSource: UNSUPPORTED,
  Local: { kind: 'local' },
};

/** A cloud that only the configuration knows: an S3 server that keeps to AWS's rules. */
export const GENERIC_S3: S3Dialect = s3('', {}, {}, { addressing: 'path' });

const CLASSES: readonly StorageClass[] = ['STANDARD', 'IA', 'ARCHIVE', 'DEEP_ARCHIVE'];

/** The OMS class of a cloud's own class name, for keeping the source's class; unknown or no names are STANDARD. */
export function omsStorageClassOf(cloudType: string, native: string | undefined): StorageClass {
  const dialect = dialectOf(cloudType);
  if (native === undefined || dialect?.kind !== 's3') return 'STANDARD';
  const { storageClasses } = dialect.quirks;
  return CLASSES.find((name) => storageClasses[name].includes(native)) ?? 'STANDARD';
}

/** The built-in dialect of a cloud, by own property: `constructor` is no cloud. */
export const dialectOf = (cloudType: string): CloudDialect | undefined =>
  Object.hasOwn(DIALECTS, cloudType) ? DIALECTS[cloudType] : undefined;

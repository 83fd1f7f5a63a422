import { header, parseQuery, type S3Request } from './request.js';
import { S3Error } from './s3-error.js';
import { isArchived, STORAGE_CLASSES, type Attributes, type StoredObject } from './state.js';

const KEPT = ['cache-control', 'content-disposition', 'content-language', 'expires'];
const MAX_USER_METADATA_BYTES = 2048;

export const checkTags = (pairs: readonly (readonly [string, string])[]): Record<string, string> => {
  const tags = Object.fromEntries(pairs);
  if (pairs.length > 10) throw new S3Error('InvalidTag', 'Object tags cannot be greater than 10');
  if (Object.keys(tags).length !== pairs.length)
    throw new S3Error('InvalidTag', 'Cannot provide multiple Tags with the same key');
  if (pairs.some(([name, value]) => name === '' || name.length > 128 || value.length > 256))
    throw new S3Error('InvalidTag');
  return tags;
};

/** What a PUT, a COPY with REPLACE or a CreateMultipartUpload says of the object to come. */
export function attributesOf({ headers }: S3Request): Attributes {
  const kept: Record<string, string> = { 'content-type': header(headers, 'content-type') ?? 'binary/octet-stream' };
  for (const name of KEPT) {
    const value = header(headers, name);
    if (value !== undefined) kept[name] = value;
  }
  const encoding = header(headers, 'content-encoding')
    ?.split(',')
    .map((each) => each.trim())
    .filter((each) => each !== 'aws-chunked');
  if (encoding !== undefined && encoding.length > 0) kept['content-encoding'] = encoding.join(',');
  let metadataBytes = 0;
  for (const name of Object.keys(headers).filter((each) => each.startsWith('x-amz-meta-'))) {
    const value = header(headers, name) ?? '';
    kept[name] = value;
    metadataBytes += name.length - 'x-amz-meta-'.length + value.length;
  }
  if (metadataBytes > MAX_USER_METADATA_BYTES) throw new S3Error('MetadataTooLarge');
  const storageClass = header(headers, 'x-amz-storage-class') ?? 'STANDARD';
  if (!STORAGE_CLASSES.includes(storageClass)) throw new S3Error('InvalidStorageClass');
  const encryption = header(headers, 'x-amz-server-side-encryption');
  if (encryption !== undefined && !['AES256', 'aws:kms'].includes(encryption)) throw new S3Error('InvalidArgument');
  const tags = checkTags(parseQuery(header(headers, 'x-amz-tagging') ?? ''));
  return { headers: kept, storageClass, tags, ...(encryption !== undefined && { encryption }) };
}

const restoreHeader = ({ restore }: StoredObject): string | undefined => {
  if (restore === undefined) return undefined;
  return restore.state === 'ongoing'
    ? 'ongoing-request="true"'
    : `ongoing-request="false", expiry-date="${restore.expiry.toUTCString()}"`;
};

/** The headers that GET and HEAD answer. */
export function headersOf(object: StoredObject): Record<string, string> {
  const tagCount = Object.keys(object.tags).length;
  const restore = isArchived(object) ? restoreHeader(object) : undefined;
  return {
    ...object.headers,
    etag: `"${object.etag}"`,
    'last-modified': object.lastModified.toUTCString(),
    'accept-ranges': 'bytes',
    ...(object.storageClass !== 'STANDARD' && { 'x-amz-storage-class': object.storageClass }),
    ...(object.encryption !== undefined && { 'x-amz-server-side-encryption': object.encryption }),
    ...(tagCount > 0 && { 'x-amz-tagging-count': String(tagCount) }),
    ...(restore !== undefined && { 'x-amz-restore': restore }),
  };
}

const names = (list: string, etag: string): boolean =>
  list.trim() === '*' || list.split(',').some((each) => each.trim().replace(/^"|"$/g, '') === etag);

const seconds = (date: Date): number => Math.floor(date.getTime() / 1000);

/** Checks If-Match and its kin; `prefix` is `x-amz-copy-source-` for copies. Answers true for "not modified". */
export function checkConditions({ headers }: S3Request, object: StoredObject, prefix = ''): boolean {
  const match = header(headers, `${prefix}if-match`);
  const noneMatch = header(headers, `${prefix}if-none-match`);
  const modifiedSince = header(headers, `${prefix}if-modified-since`);
  const unmodifiedSince = header(headers, `${prefix}if-unmodified-since`);
  if (match !== undefined && !names(match, object.etag)) throw new S3Error('PreconditionFailed');
  if (
    match === undefined &&
    unmodifiedSince !== undefined &&
    seconds(object.lastModified) > Date.parse(unmodifiedSince) / 1000
  )
    throw new S3Error('PreconditionFailed');
  if (noneMatch !== undefined) return names(noneMatch, object.etag);
  return modifiedSince !== undefined && seconds(object.lastModified) <= Date.parse(modifiedSince) / 1000;
}

/** If-None-Match: * on a write (the only value S3 takes), and If-Match with the ETag that is to be replaced. */
export function checkWriteConditions({ headers }: S3Request, existing: StoredObject | undefined): void {
  const noneMatch = header(headers, 'if-none-match');
  if (noneMatch !== undefined && noneMatch !== '*') throw new S3Error('NotImplemented');
  if (noneMatch !== undefined && existing !== undefined) throw new S3Error('PreconditionFailed');
  const match = header(headers, 'if-match');
  if (match === undefined) return;
  if (existing === undefined) throw new S3Error('NoSuchKey');
  if (!names(match, existing.etag)) throw new S3Error('PreconditionFailed');
}

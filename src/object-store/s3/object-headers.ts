import {
  StoreError,
  type ObjectInfo,
  type ObjectMetadata,
  type PutOptions,
  type PutResult,
} from '../object-store.port.js';
import type { S3Quirks } from './dialects.js';
import { decodeMetadataValue, encodeMetadataValue } from './header-values.js';
import { bareEtag } from './list-reader.js';
import type { HeaderPair } from './sigv4.js';
import type { ResponseHeaders } from './response-headers.js';
import { encodeUriStrictly } from './uri.js';

const MD5_HEX = /^[0-9a-f]{32}$/i;
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;
const USER_PREFIX = 'x-amz-meta-';
const USER_PREFIXES: readonly string[] = [USER_PREFIX];

/** Headers of a request that are still being gathered. */
export interface RequestHeaders {
  readonly signed: HeaderPair[];
  readonly unsigned: HeaderPair[];
}

/** Adds the headers that make an object what it is, for put, copy and the creation of a multipart upload. */
export function describingHeaders(
  options: PutOptions,
  quirks: S3Quirks,
  to: RequestHeaders = { signed: [], unsigned: [] },
): RequestHeaders {
  const { metadata, tags } = options;
  const { signed, unsigned } = to;
  if (options.contentType !== undefined) signed.push(['content-type', options.contentType]);
  if (metadata?.cacheControl !== undefined) unsigned.push(['cache-control', metadata.cacheControl]);
  if (metadata?.contentEncoding !== undefined) unsigned.push(['content-encoding', metadata.contentEncoding]);
  if (metadata?.contentDisposition !== undefined) unsigned.push(['content-disposition', metadata.contentDisposition]);
  if (metadata?.contentLanguage !== undefined) unsigned.push(['content-language', metadata.contentLanguage]);
  if (metadata?.expires !== undefined) unsigned.push(['expires', metadata.expires]);
  if (metadata?.user !== undefined)
    for (const [name, value] of Object.entries(metadata.user)) signed.push(userHeader(name, value));
  if (options.storageClass !== undefined)
    signed.push(['x-amz-storage-class', quirks.storageClasses[options.storageClass][0]]);
  if (options.serverSideEncryption === 'kms') signed.push(['x-amz-server-side-encryption', 'aws:kms']);
  if (tags !== undefined && Object.keys(tags).length > 0) signed.push(['x-amz-tagging', tagQuery(tags)]);
  return to;
}

function userHeader(name: string, value: string): HeaderPair {
  if (!TOKEN.test(name))
    throw new StoreError('invalid', 'A user metadata name cannot be sent in a header', {
      backendCode: 'InvalidMetadata',
    });
  return [USER_PREFIX + name, encodeMetadataValue(value)];
}

const tagQuery = (tags: Readonly<Record<string, string>>): string =>
  Object.entries(tags)
    .map(([name, value]) => `${encodeUriStrictly(name)}=${encodeUriStrictly(value)}`)
    .join('&');

type Writable<T> = { -readonly [Name in keyof T]: T[Name] };

/** What a write answers: its ETag, and the checksums that the service vouches for. */
export function readPutResult(headers: ResponseHeaders, quotedEtag = headers.get('etag')): PutResult {
  const result: Writable<PutResult> = {};
  addChecksums(result, headers, quotedEtag);
  return result;
}

function addChecksums(result: Writable<PutResult>, headers: ResponseHeaders, quotedEtag: string | undefined): void {
  if (quotedEtag !== undefined && quotedEtag !== '') {
    const etag = bareEtag(quotedEtag);
    const md5 = md5Of(etag, headers);
    result.etag = etag;
    if (md5 !== undefined) result.md5 = md5;
  }
  const crc64 = crc64Of(headers);
  if (crc64 !== undefined) result.crc64 = crc64;
}

/** What head and get say of an object; `size` is that of the whole object. */
export function readObjectInfo(key: string, size: number, headers: ResponseHeaders, quirks: S3Quirks): ObjectInfo {
  const lastModifiedMs = Date.parse(headers.get('last-modified') ?? '');
  if (Number.isNaN(lastModifiedMs))
    throw new StoreError('unavailable', 'The answer has no Last-Modified', { backendCode: 'MalformedAnswer' });
  const info: Writable<ObjectInfo> = { key, size, lastModifiedMs, metadata: readMetadata(headers) };
  addChecksums(info, headers, headers.get('etag'));
  const contentType = headers.get('content-type');
  const storageClass = headers.get('x-amz-storage-class');
  const versionId = headers.get('x-amz-version-id');
  const archive = archiveStateOf(headers, storageClass, quirks);
  const tagCount = headers.get('x-amz-tagging-count');
  if (contentType !== undefined) info.contentType = contentType;
  if (storageClass !== undefined) info.storageClass = storageClass;
  if (versionId !== undefined && versionId !== 'null') info.versionId = versionId;
  if (archive !== undefined) info.archive = archive;
  if (tagCount !== undefined) info.tagCount = Number(tagCount);
  return info;
}

/**
 * The ETag is an MD5 only for an object put or copied in one request, neither appended to nor encrypted with a managed or
 * customer's key. A multipart ETag gives itself away by its dash.
 */
function md5Of(etag: string, headers: ResponseHeaders): string | undefined {
  if (!MD5_HEX.test(etag)) return undefined;
  if (headers.get('x-amz-server-side-encryption')?.includes('kms')) return undefined;
  if (headers.get('x-amz-server-side-encryption-customer-algorithm') !== undefined) return undefined;
  const type = headers.get('x-oss-object-type') ?? headers.get('x-cos-object-type');
  if (type !== undefined && type.toLowerCase() !== 'normal') return undefined;
  if (headers.get('x-obs-object-type')?.toLowerCase() === 'appendable') return undefined;
  return etag.toLowerCase();
}

/** Only services that compute CRC-64/XZ: `x-amz-checksum-crc64nvme` is another polynomial. */
export const crc64Of = (headers: ResponseHeaders): string | undefined =>
  headers.get('x-oss-hash-crc64ecma') ?? headers.get('x-cos-hash-crc64ecma');

function archiveStateOf(
  headers: ResponseHeaders,
  storageClass: string | undefined,
  { archiveReadsAtOnce, storageClasses }: S3Quirks,
): 'archived' | 'restoring' | undefined {
  const restore = headers.get('x-amz-restore');
  if (restore?.includes('ongoing-request="true"')) return 'restoring';
  if (restore?.includes('ongoing-request="false"')) return undefined;
  // Intelligent tiering archives objects without changing their class.
  if (headers.get('x-amz-archive-status') !== undefined) return 'archived';
  if (storageClass === undefined || archiveReadsAtOnce) return undefined;
  const { ARCHIVE, DEEP_ARCHIVE } = storageClasses;
  return ARCHIVE.includes(storageClass) || DEEP_ARCHIVE.includes(storageClass) ? 'archived' : undefined;
}

/** The metadata among the headers of an answer; what a header with one of the prefixes says, the user has put there. */
export function readMetadata(
  headers: ResponseHeaders,
  userPrefixes: readonly string[] = USER_PREFIXES,
): ObjectMetadata {
  const metadata: Writable<ObjectMetadata> = {};
  const cacheControl = headers.get('cache-control');
  const contentEncoding = headers.get('content-encoding');
  const contentDisposition = headers.get('content-disposition');
  const contentLanguage = headers.get('content-language');
  const expires = headers.get('expires');
  const user = readUserMetadata(headers, userPrefixes);
  if (cacheControl !== undefined) metadata.cacheControl = cacheControl;
  if (contentEncoding !== undefined) metadata.contentEncoding = contentEncoding;
  if (contentDisposition !== undefined) metadata.contentDisposition = contentDisposition;
  if (contentLanguage !== undefined) metadata.contentLanguage = contentLanguage;
  if (expires !== undefined) metadata.expires = expires;
  if (user !== undefined) metadata.user = user;
  return metadata;
}

function readUserMetadata(
  headers: ResponseHeaders,
  prefixes: readonly string[],
): Readonly<Record<string, string>> | undefined {
  let user: Record<string, string> | undefined;
  for (const prefix of prefixes)
    for (const name of headers.namesWith(prefix))
      (user ??= {})[name.slice(prefix.length)] = decodeMetadataValue(headers.joined(name) ?? '');
  return user;
}

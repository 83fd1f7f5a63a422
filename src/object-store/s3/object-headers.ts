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
import { headerOf, type S3Headers } from './transport.js';
import { encodeUriStrictly } from './uri.js';

const MD5_HEX = /^[0-9a-f]{32}$/i;
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;
const USER_PREFIX = 'x-amz-meta-';

/** The headers that make an object what it is, for put, copy and the creation of a multipart upload. */
export function describingHeaders(
  options: PutOptions,
  quirks: S3Quirks,
): { readonly signed: HeaderPair[]; readonly unsigned: HeaderPair[] } {
  const { metadata, tags } = options;
  const signed: HeaderPair[] = [];
  const unsigned: HeaderPair[] = [];
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
  return { signed, unsigned };
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

/** What a write answers: its ETag, and the checksums that the service vouches for. */
export function readPutResult(headers: S3Headers): PutResult {
  const etag = readEtag(headers);
  const md5 = etag === undefined ? undefined : md5Of(etag, headers);
  const crc64 = crc64Of(headers);
  return {
    ...(etag === undefined ? {} : { etag }),
    ...(md5 === undefined ? {} : { md5 }),
    ...(crc64 === undefined ? {} : { crc64 }),
  };
}

/** What head and get say of an object; `size` is that of the whole object. */
export function readObjectInfo(key: string, size: number, headers: S3Headers, quirks: S3Quirks): ObjectInfo {
  const contentType = headerOf(headers, 'content-type');
  const storageClass = headerOf(headers, 'x-amz-storage-class');
  const versionId = headerOf(headers, 'x-amz-version-id');
  const tagCount = headerOf(headers, 'x-amz-tagging-count');
  const archive = archiveStateOf(headers, storageClass, quirks);
  const lastModifiedMs = Date.parse(headerOf(headers, 'last-modified') ?? '');
  if (Number.isNaN(lastModifiedMs))
    throw new StoreError('unavailable', 'The answer has no Last-Modified', { backendCode: 'MalformedAnswer' });
  return {
    key,
    size,
    lastModifiedMs,
    ...readPutResult(headers),
    metadata: readMetadata(headers),
    ...(contentType === undefined ? {} : { contentType }),
    ...(storageClass === undefined ? {} : { storageClass }),
    ...(versionId === undefined || versionId === 'null' ? {} : { versionId }),
    ...(archive === undefined ? {} : { archive }),
    ...(tagCount === undefined ? {} : { tagCount: Number(tagCount) }),
  };
}

function readEtag(headers: S3Headers): string | undefined {
  const text = headerOf(headers, 'etag');
  return text === undefined || text === '' ? undefined : bareEtag(text);
}

/**
 * The ETag is an MD5 only for an object put or copied in one request, neither appended to nor encrypted with a managed or
 * customer's key. A multipart ETag gives itself away by its dash.
 */
function md5Of(etag: string, headers: S3Headers): string | undefined {
  if (!MD5_HEX.test(etag)) return undefined;
  if (headerOf(headers, 'x-amz-server-side-encryption')?.includes('kms')) return undefined;
  if (headerOf(headers, 'x-amz-server-side-encryption-customer-algorithm') !== undefined) return undefined;
  const type = headerOf(headers, 'x-oss-object-type') ?? headerOf(headers, 'x-cos-object-type');
  if (type !== undefined && type.toLowerCase() !== 'normal') return undefined;
  if (headerOf(headers, 'x-obs-object-type')?.toLowerCase() === 'appendable') return undefined;
  return etag.toLowerCase();
}

/** Only services that compute CRC-64/XZ: `x-amz-checksum-crc64nvme` is another polynomial. */
export const crc64Of = (headers: S3Headers): string | undefined =>
  headerOf(headers, 'x-oss-hash-crc64ecma') ?? headerOf(headers, 'x-cos-hash-crc64ecma');

function archiveStateOf(
  headers: S3Headers,
  storageClass: string | undefined,
  { archiveReadsAtOnce, storageClasses }: S3Quirks,
): 'archived' | 'restoring' | undefined {
  const restore = headerOf(headers, 'x-amz-restore');
  if (restore?.includes('ongoing-request="true"')) return 'restoring';
  if (restore?.includes('ongoing-request="false"')) return undefined;
  // Intelligent tiering archives objects without changing their class.
  if (headerOf(headers, 'x-amz-archive-status') !== undefined) return 'archived';
  if (storageClass === undefined || archiveReadsAtOnce) return undefined;
  const { ARCHIVE, DEEP_ARCHIVE } = storageClasses;
  return ARCHIVE.includes(storageClass) || DEEP_ARCHIVE.includes(storageClass) ? 'archived' : undefined;
}

/** The metadata among the headers of an answer; what a header with one of the prefixes says, the user has put there. */
export function readMetadata(headers: S3Headers, userPrefixes: readonly string[] = [USER_PREFIX]): ObjectMetadata {
  let user: Record<string, string> | undefined;
  for (const name in headers)
    for (const prefix of userPrefixes)
      if (name.startsWith(prefix))
        (user ??= {})[name.slice(prefix.length)] = decodeMetadataValue(joined(headers[name]));
  const cacheControl = headerOf(headers, 'cache-control');
  const contentEncoding = headerOf(headers, 'content-encoding');
  const contentDisposition = headerOf(headers, 'content-disposition');
  const contentLanguage = headerOf(headers, 'content-language');
  const expires = headerOf(headers, 'expires');
  return {
    ...(cacheControl === undefined ? {} : { cacheControl }),
    ...(contentEncoding === undefined ? {} : { contentEncoding }),
    ...(contentDisposition === undefined ? {} : { contentDisposition }),
    ...(contentLanguage === undefined ? {} : { contentLanguage }),
    ...(expires === undefined ? {} : { expires }),
    ...(user === undefined ? {} : { user }),
  };
}

const joined = (value: string | string[] | undefined): string =>
  Array.isArray(value) ? value.join(',') : (value ?? '');

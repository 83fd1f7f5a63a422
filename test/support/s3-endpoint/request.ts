import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { S3Error } from './s3-error.js';

export type Operation =
  | 'ListBuckets'
  | 'CreateBucket'
  | 'HeadBucket'
  | 'GetBucketLocation'
  | 'ListObjects'
  | 'ListObjectsV2'
  | 'ListMultipartUploads'
  | 'DeleteObjects'
  | 'GetObject'
  | 'HeadObject'
  | 'PutObject'
  | 'CopyObject'
  | 'DeleteObject'
  | 'GetObjectTagging'
  | 'PutObjectTagging'
  | 'DeleteObjectTagging'
  | 'RestoreObject'
  | 'CreateMultipartUpload'
  | 'UploadPart'
  | 'UploadPartCopy'
  | 'ListParts'
  | 'CompleteMultipartUpload'
  | 'AbortMultipartUpload';

/** A request taken apart, with nothing normalized: the path and query are also there exactly as they were sent. */
export interface S3Request {
  readonly operation: Operation;
  readonly method: string;
  readonly rawPath: string;
  readonly rawQuery: string;
  readonly query: ReadonlyMap<string, string>;
  readonly headers: IncomingHttpHeaders;
  readonly bucket: string;
  readonly key: string;
  readonly message: IncomingMessage;
}

const decode = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new S3Error('InvalidURI');
  }
};

/** Names and values in the order they came; a plus sign is a space in a query, unlike in a path. */
export const parseQuery = (rawQuery: string): [string, string][] =>
  rawQuery === ''
    ? []
    : rawQuery.split('&').map((pair) => {
        const plain = pair.replaceAll('+', '%20');
        const equals = plain.indexOf('=');
        return equals < 0 ? [decode(plain), ''] : [decode(plain.slice(0, equals)), decode(plain.slice(equals + 1))];
      });

/** A header that must not be there twice. */
export const header = (headers: IncomingHttpHeaders, name: string): string | undefined => {
  const value = headers[name];
  return Array.isArray(value) ? value.join(',') : value;
};

/** `bucket.localhost` addresses a bucket by host name, everything else by the first segment of the path. */
const address = (host: string, rawPath: string): { bucket: string; key: string } => {
  const virtual = /^(.+)\.localhost(?::\d+)?$/.exec(host);
  if (virtual?.[1] !== undefined) return { bucket: virtual[1], key: decode(rawPath.slice(1)) };
  const slash = rawPath.indexOf('/', 1);
  return slash < 0
    ? { bucket: decode(rawPath.slice(1)), key: '' }
    : { bucket: decode(rawPath.slice(1, slash)), key: decode(rawPath.slice(slash + 1)) };
};

const bucketOperation = (method: string, query: ReadonlyMap<string, string>): Operation | undefined => {
  switch (method) {
    case 'GET':
      if (query.has('location')) return 'GetBucketLocation';
      if (query.has('uploads')) return 'ListMultipartUploads';
      return query.get('list-type') === '2' ? 'ListObjectsV2' : 'ListObjects';
    case 'HEAD':
      return 'HeadBucket';
    case 'PUT':
      return 'CreateBucket';
    case 'POST':
      return query.has('delete') ? 'DeleteObjects' : undefined;
    default:
      return undefined;
  }
};

const putOperation = (query: ReadonlyMap<string, string>, copies: boolean): Operation => {
  if (query.has('tagging')) return 'PutObjectTagging';
  if (query.has('uploadId')) return copies ? 'UploadPartCopy' : 'UploadPart';
  return copies ? 'CopyObject' : 'PutObject';
};

const objectOperation = (
  method: string,
  query: ReadonlyMap<string, string>,
  copies: boolean,
): Operation | undefined => {
  switch (method) {
    case 'GET':
      if (query.has('tagging')) return 'GetObjectTagging';
      return query.has('uploadId') ? 'ListParts' : 'GetObject';
    case 'HEAD':
      return 'HeadObject';
    case 'PUT':
      return putOperation(query, copies);
    case 'POST':
      if (query.has('uploads')) return 'CreateMultipartUpload';
      if (query.has('uploadId')) return 'CompleteMultipartUpload';
      return query.has('restore') ? 'RestoreObject' : undefined;
    case 'DELETE':
      if (query.has('tagging')) return 'DeleteObjectTagging';
      return query.has('uploadId') ? 'AbortMultipartUpload' : 'DeleteObject';
    default:
      return undefined;
  }
};

/** Takes a request apart; refuses what is no S3 request. */
export function parseRequest(message: IncomingMessage): S3Request {
  const { method = '', url = '/', headers } = message;
  const mark = url.indexOf('?');
  const rawPath = mark < 0 ? url : url.slice(0, mark);
  const rawQuery = mark < 0 ? '' : url.slice(mark + 1);
  const query = new Map(parseQuery(rawQuery));
  const { bucket, key } = address(headers.host ?? '', rawPath);
  const copies = headers['x-amz-copy-source'] !== undefined;
  const operation =
    key !== ''
      ? objectOperation(method, query, copies)
      : bucket !== ''
        ? bucketOperation(method, query)
        : method === 'GET'
          ? 'ListBuckets'
          : undefined;
  if (operation === undefined) throw new S3Error('MethodNotAllowed');
  return { operation, method, rawPath, rawQuery, query, headers, bucket, key, message };
}

import type { Readable } from 'node:stream';

export { RETRIABLE, StoreError, type StoreErrorKind } from './store-error.js';

/** Facts about a backend. Code asks these, never "which backend is this?". */
export interface StoreTraits {
  /** Listings come in ascending order of the keys' UTF-8 bytes. */
  readonly listsInKeyOrder: boolean;
  /** Cache-Control, Content-Encoding, Content-Disposition, Content-Language, Expires and user metadata survive. */
  readonly keepsMetadata: boolean;
  /** The checksum of the whole object that `head` reports for an object put in one request. */
  readonly checksum: 'md5' | 'crc64' | 'none';
  /** Largest object that one `put` takes, in bytes. */
  readonly maxPutBytes: number;
  /** `put` also takes a stream of `UNKNOWN_SIZE`: whatever comes until its end. */
  readonly takesUnknownSizes?: boolean;
  /**
   * Every request of a call, and every body, fails by itself with `timeout` when it is not answered or stands still for too
   * long, and ends when its signal aborts. Calls of other stores need a deadline around them.
   */
  readonly keepsTime?: boolean;
}

/** Metadata beside Content-Type; names as in HTTP. */
export interface ObjectMetadata {
  readonly cacheControl?: string;
  readonly contentEncoding?: string;
  readonly contentDisposition?: string;
  readonly contentLanguage?: string;
  /** The Expires header, verbatim. */
  readonly expires?: string;
  /** User metadata: names in lower case without their `x-amz-meta-` prefix. */
  readonly user?: Readonly<Record<string, string>>;
}

/** The size of an object that tells none before it is read to its end. */
export const UNKNOWN_SIZE = -1;

/** What a listing says of an object. */
export interface ListedObject {
  /** Opaque: never trimmed, normalized, decoded or joined. */
  readonly key: string;
  /** Bytes; `UNKNOWN_SIZE` where the backend does not tell, such as a URL without Content-Length. */
  readonly size: number;
  /** Milliseconds since the epoch. Stores report whole seconds in headers and often milliseconds in listings. */
  readonly lastModifiedMs: number;
  /** Without its quotes. Undefined where the backend has none. */
  readonly etag?: string;
  readonly storageClass?: string;
}

/** What `head` and `open` say of an object. */
export interface ObjectInfo extends ListedObject {
  readonly contentType?: string;
  readonly metadata: ObjectMetadata;
  /** MD5 of the content in lower-case hex, when the backend vouches for it. */
  readonly md5?: string;
  /** CRC-64/XZ of the content as an unsigned decimal string, when the backend has one. */
  readonly crc64?: string;
  readonly versionId?: string;
  /** Set when the content must be restored before it can be read. */
  readonly archive?: 'archived' | 'restoring';
  /** How many tags it carries, where the backend tells. */
  readonly tagCount?: number;
}

/** Backend code of a source that gives whole objects only, when it is asked for a range. */
export const RANGE_NOT_SUPPORTED = 'RangeNotSupported';

/** Inclusive on both ends, as in HTTP. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

export interface OpenOptions {
  readonly range?: ByteRange;
  /** Refuse with `changed` when the object's ETag is another one by now. */
  readonly ifMatch?: string;
  /**
   * Bytes that the caller keeps memory for: an answer that brings at most so many may come with its `content`, and then is over
   * when `open` resolves. A hint, which a store need not take.
   */
  readonly collectUpTo?: number;
}

export interface OpenedObject {
  /** Of the whole object, also when a range was asked for. */
  readonly info: ObjectInfo;
  /**
   * Exactly the bytes asked for; a body that ends early or late errors with a `StoreError` of kind `connection`.
   * The caller reads it to its end or destroys it; where there is `content`, it need not be touched.
   */
  readonly body: Readable;
  /** What `body` would bring, where it is here already: only when asked for with `collectUpTo`, and never more than that. */
  readonly content?: Buffer;
}

export interface SourceStore {
  /** For people and logs, such as `s3://bucket at endpoint`; never holds a secret. */
  readonly label: string;
  readonly traits: StoreTraits;
  /** Equal for two stores that one credential reaches at one endpoint, so that a server-side copy can serve. */
  readonly endpointIdentity: string;
  readonly bucket: string;
  /** The bucket's owner lets its readers pay, and all requests say that they know. */
  readonly requesterPays?: boolean;
  /** Everything under `prefix` whose key sorts after `after`, page by page as the caller pulls. */
  list(prefix: string, after: string | undefined, signal: AbortSignal): AsyncIterable<ListedObject>;
  /** The same in the pages that the backend gives, of at most 1,000 objects; none is empty. */
  listPages(prefix: string, after: string | undefined, signal: AbortSignal): AsyncIterable<readonly ListedObject[]>;
  /** Rejects with `not-found` for an absent key. */
  head(key: string, signal: AbortSignal): Promise<ObjectInfo>;
  /** Rejects with `not-found`, `changed` (see `ifMatch`) or `archived`. */
  open(key: string, options: OpenOptions, signal: AbortSignal): Promise<OpenedObject>;
  /** Asks for an archived object to become readable for `days`; asking again is harmless. */
  readonly restore?: (key: string, days: number, signal: AbortSignal) => Promise<void>;
  /** Set where reads go another way than to the bucket itself, and tell less, as through a CDN: what the bucket says. */
  readonly headInBucket?: (key: string, signal: AbortSignal) => Promise<ObjectInfo>;
  readonly getTags?: (key: string, signal: AbortSignal) => Promise<Readonly<Record<string, string>>>;
  /** Frees sockets and files; calls in flight may fail. */
  close(): Promise<void>;
}

/** Names of storage classes as the OMS API has them; each backend maps them to its own. */
export type StorageClass = 'STANDARD' | 'IA' | 'ARCHIVE' | 'DEEP_ARCHIVE';

export interface PutOptions {
  /** Bytes that will come: a body that brings more or fewer fails and leaves nothing. See `takesUnknownSizes`. */
  readonly size: number;
  readonly contentType?: string;
  readonly metadata?: ObjectMetadata;
  readonly storageClass?: StorageClass;
  readonly tags?: Readonly<Record<string, string>>;
  /** Encrypt at rest with the service's key management. */
  readonly serverSideEncryption?: 'kms';
  /** MD5 of the whole body in lower-case hex, sent along where the backend checks it. */
  readonly md5?: string;
}

export interface PutResult {
  readonly etag?: string;
  /** MD5 that the backend vouches for, lower-case hex. */
  readonly md5?: string;
  readonly crc64?: string;
}

/** What a server-side copy reads, at the endpoint of its destination. */
export interface CopySource {
  readonly bucket: string;
  readonly key: string;
  /** Refuse with `changed` when the object's ETag is another one by now. */
  readonly ifMatch?: string;
  /** See `SourceStore.requesterPays`. */
  readonly requesterPays?: boolean;
}

/** A part that is up, as the backend lists it. */
export interface ListedPart extends UploadedPart {
  readonly size: number;
}

export interface UploadedPart extends PutResult {
  /** From 1. */
  readonly partNumber: number;
  readonly etag: string;
}

/** Large objects in parts. Nothing is visible under the key before `complete`. */
export interface MultipartUploads {
  /** All parts but the last have at least `minPartBytes`; none more than `maxPartBytes`; at most `maxParts`. */
  readonly minPartBytes: number;
  readonly maxPartBytes: number;
  readonly maxParts: number;
  /** Answers the upload id. `size` of the options is that of the whole object. */
  create(key: string, options: PutOptions, signal: AbortSignal): Promise<string>;
  uploadPart(
    key: string,
    uploadId: string,
    partNumber: number,
    body: Buffer | Readable,
    options: { readonly size: number; readonly md5?: string },
    signal: AbortSignal,
  ): Promise<UploadedPart>;
  /** Server-side: a range of another object at the same endpoint becomes a part. */
  readonly copyPart?: (
    key: string,
    uploadId: string,
    partNumber: number,
    from: CopySource & { readonly range: ByteRange },
    signal: AbortSignal,
  ) => Promise<UploadedPart>;
  /** The parts that are up already, in the order of their numbers. Rejects with backend code `NoSuchUpload` when the upload is gone. */
  listParts(key: string, uploadId: string, signal: AbortSignal): Promise<readonly ListedPart[]>;
  /** Makes the object visible, whole. */
  complete(key: string, uploadId: string, parts: readonly UploadedPart[], signal: AbortSignal): Promise<PutResult>;
  /** Frees the parts. Aborting an unknown upload succeeds. */
  abort(key: string, uploadId: string, signal: AbortSignal): Promise<void>;
}

export interface DestinationStore extends SourceStore {
  /** All or nothing: a failed put leaves no object under `key`, nor a changed one. A stream is destroyed on failure. */
  put(key: string, body: Buffer | Readable, options: PutOptions, signal: AbortSignal): Promise<PutResult>;
  /** Deleting an absent key succeeds. */
  delete(key: string, signal: AbortSignal): Promise<void>;
  /** Server-side copy of one object of at most `maxPutBytes` at the same endpoint. Same promise as `put`. */
  readonly copyFrom?: (key: string, from: CopySource, options: PutOptions, signal: AbortSignal) => Promise<PutResult>;
  readonly multipart?: MultipartUploads;
}

/** Compares keys by their UTF-8 bytes, the order S3 lists in (JavaScript's `<` orders by UTF-16 units). */
export const compareKeys = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** Where a bucket is and how to reach it; the secrets come separately and only into the adapter's memory. */
export interface StoreLocation {
  readonly cloudType: string;
  readonly region: string;
  readonly bucket: string;
  /** Tencent's account suffix of bucket names. */
  readonly appId?: string;
}

export interface StoreCredentials {
  readonly accessKey: string;
  readonly secretKey: string;
  readonly securityToken?: string;
}

import type { Readable } from 'node:stream';
import { objectsOf } from '../listing-pages.js';
import {
  StoreError,
  type ByteRange,
  type CopySource,
  type DestinationStore,
  type ListedObject,
  type ObjectInfo,
  type OpenedObject,
  type OpenOptions,
  type PutOptions,
  type PutResult,
  type StoreCredentials,
  type StoreTraits,
} from '../object-store.port.js';
import { CollectedObject } from '../opened-object.js';
import { BucketProbe } from './bucket-probe.js';
import { S3Client, succeeded, type S3Call } from './client.js';
import { copyResult, copySourceHeaders, REQUESTER_PAYS } from './copying.js';
import type { S3Quirks } from './dialects.js';
import { listPages } from './listing.js';
import { addressOf, effectiveAddressing, parseEndpoint } from './location.js';
import { S3Multipart } from './multipart.js';
import { describingHeaders, readObjectInfo, readPutResult } from './object-headers.js';
import type { ResponseHeaders } from './response-headers.js';
import { SdkCalls } from './sdk-calls.js';
import { SigV4Signer, sha256Hex, type HeaderPair } from './sigv4.js';
import type { S3Transport, S3WireResponse } from './transport.js';
import { bodyOf, lengthHeaders } from './upload-body.js';

export interface S3StoreOptions {
  readonly bucket: string;
  /** `http(s)://host[:port]` of the service, without the bucket. */
  readonly endpoint: string;
  readonly addressing: 'path' | 'virtual';
  readonly signingRegion: string;
  readonly credentials: StoreCredentials;
  readonly quirks: S3Quirks;
  /** All requests that read say that the one who asks pays. */
  readonly requesterPays?: boolean;
  /** Gives the connections to an origin; they are released when the store is closed. */
  readonly connect: (origin: string) => { readonly transport: S3Transport; release(): Promise<void> };
}

/** One bucket of an S3-compatible service. Makes one attempt per call. */
export class S3Store implements DestinationStore {
  readonly label: string;
  readonly bucket: string;
  readonly traits: StoreTraits;
  readonly endpointIdentity: string;
  readonly multipart: S3Multipart;
  readonly requesterPays?: boolean;
  readonly getTags?: (key: string, signal: AbortSignal) => Promise<Readonly<Record<string, string>>>;
  private readonly quirks: S3Quirks;
  /** Goes with every request that reads. */
  private readonly payer: readonly HeaderPair[];
  private readonly client: S3Client;
  private readonly probe: BucketProbe;
  private readonly sdk: SdkCalls;
  private readonly release: () => Promise<void>;

  constructor(options: S3StoreOptions) {
    const { bucket, quirks, credentials, signingRegion } = options;
    const endpoint = parseEndpoint(options.endpoint);
    const addressing = effectiveAddressing(endpoint, bucket, options.addressing);
    const address = addressOf(endpoint, bucket, addressing);
    const connection = options.connect(address.origin);
    this.release = () => connection.release();
    this.bucket = bucket;
    this.quirks = quirks;
    if (options.requesterPays === true) this.requesterPays = true;
    this.payer = options.requesterPays === true ? [REQUESTER_PAYS] : [];
    this.label = `s3://${bucket} at ${endpoint.origin}`;
    this.endpointIdentity = `${endpoint.origin}#${sha256Hex(credentials.accessKey).slice(0, 16)}`;
    const { listsInKeyOrder, checksum, maxPutBytes } = quirks;
    this.traits = { listsInKeyOrder, keepsMetadata: true, checksum, maxPutBytes, keepsTime: true };
    const signer = new SigV4Signer(credentials, signingRegion);
    this.client = new S3Client(address, signer, connection.transport, quirks.payload);
    this.probe = new BucketProbe(this.client, this.payer);
    const requesterPays = options.requesterPays === true;
    const target = { bucket, endpoint: options.endpoint, addressing, signingRegion, credentials, requesterPays };
    const sdk = new SdkCalls(target, connection.transport);
    this.sdk = sdk;
    this.multipart = new S3Multipart(this.client, sdk, quirks);
    if (quirks.hasTags) this.getTags = (key, signal) => sdk.tags(key, signal);
  }

  list(prefix: string, after: string | undefined, signal: AbortSignal): AsyncIterable<ListedObject> {
    return objectsOf(this.listPages(prefix, after, signal));
  }

  listPages(prefix: string, after: string | undefined, signal: AbortSignal): AsyncIterable<readonly ListedObject[]> {
    return listPages(this.client, this.quirks, { prefix, after }, this.payer, signal);
  }

  async head(key: string, signal: AbortSignal): Promise<ObjectInfo> {
    assertKey(key);
    try {
      const call = { method: 'HEAD', key, signed: this.payer, unsigned: this.readHeaders() } as const;
      const { headers } = await this.client.send('Head failed', call, signal);
      return readObjectInfo(key, lengthOf(headers), headers, this.quirks);
    } catch (error) {
      throw error instanceof StoreError ? await this.probe.explain(error, signal) : error;
    }
  }

  async open(key: string, options: OpenOptions, signal: AbortSignal): Promise<OpenedObject> {
    assertKey(key);
    const { range, ifMatch, collectUpTo } = options;
    const unsigned = this.readHeaders();
    if (range !== undefined) unsigned.push(['range', `bytes=${range.start}-${range.end}`]);
    if (ifMatch !== undefined) unsigned.push(['if-match', `"${ifMatch}"`]);
    const call: S3Call = { method: 'GET', key, signed: this.payer, unsigned, streamed: true, collectUpTo };
    const answer = succeeded('Get failed', await this.client.exchange(call, signal));
    const body = answer.stream;
    if (body === undefined && collectUpTo === undefined) throw malformed('no body');
    try {
      const info = readObjectInfo(key, wholeSize(answer, range), answer.headers, this.quirks);
      return body === undefined ? new CollectedObject(info, answer.body) : { info, body };
    } catch (error) {
      body?.destroy();
      throw error;
    }
  }

  async put(key: string, body: Buffer | Readable, options: PutOptions, signal: AbortSignal): Promise<PutResult> {
    try {
      assertKey(key);
      const { signed, unsigned } = describingHeaders(options, this.quirks, lengthHeaders(options));
      const call: S3Call = { method: 'PUT', key, signed, unsigned, ...bodyOf(body, options.size) };
      return readPutResult(succeeded('Put failed', await this.client.exchange(call, signal)).headers);
    } catch (error) {
      if (!Buffer.isBuffer(body)) body.destroy();
      throw error;
    }
  }

  async delete(key: string, signal: AbortSignal): Promise<void> {
    assertKey(key);
    try {
      await this.client.send('Delete failed', { method: 'DELETE', key }, signal);
    } catch (error) {
      if (!(error instanceof StoreError && error.kind === 'not-found')) throw error;
    }
  }

  async copyFrom(key: string, from: CopySource, options: PutOptions, signal: AbortSignal): Promise<PutResult> {
    assertKey(key);
    const describing = describingHeaders(options, this.quirks);
    const directives: HeaderPair[] = [['x-amz-metadata-directive', 'REPLACE']];
    // Without it tags are copied unasked, and a source whose tags may not be read refuses the whole copy.
    if (this.quirks.hasTags) directives.push(['x-amz-tagging-directive', 'REPLACE']);
    const signed = [...copySourceHeaders(from), ...directives, ...describing.signed];
    const call = { method: 'PUT', key, signed, unsigned: describing.unsigned } as const;
    return copyResult('Copy failed', await this.client.send('Copy failed', call, signal));
  }

  async restore(key: string, days: number, signal: AbortSignal): Promise<void> {
    assertKey(key);
    try {
      await this.sdk.restore(key, days, signal);
    } catch (error) {
      if (!(error instanceof StoreError && error.backendCode === 'RestoreAlreadyInProgress')) throw error;
    }
  }

  async close(): Promise<void> {
    await this.release();
  }

  private readHeaders(): HeaderPair[] {
    return this.quirks.acceptsGzip ? [['accept-encoding', 'gzip']] : [];
  }
}

const malformed = (what: string): StoreError =>
  new StoreError('unavailable', `The answer is malformed: ${what}`, { backendCode: 'MalformedAnswer' });

/** An empty key would address the bucket itself. */
function assertKey(key: string): void {
  if (key === '') throw new StoreError('invalid', 'An object needs a key', { backendCode: 'InvalidKey' });
}

function lengthOf(headers: ResponseHeaders): number {
  const text = headers.get('content-length');
  if (text === undefined || !/^\d{1,16}$/.test(text)) throw malformed('no Content-Length');
  return Number(text);
}

/** The size of the whole object, once the answer is known to hold the bytes that were asked for. */
function wholeSize({ status, headers }: S3WireResponse, range: ByteRange | undefined): number {
  const length = lengthOf(headers);
  if (status !== 206) {
    if (range !== undefined && (range.start > 0 || length > range.end + 1)) throw malformed('the range was ignored');
    return length;
  }
  const match = /^bytes (\d{1,16})-(\d{1,16})\/(\d{1,16})$/.exec(headers.get('content-range') ?? '');
  const [start, end, total] = [Number(match?.[1]), Number(match?.[2]), Number(match?.[3])];
  const asked = range !== undefined && start === range.start && end === Math.min(range.end, total - 1);
  if (!asked || length !== end - start + 1) throw malformed('another range than asked for');
  return total;
}

import type { Readable } from 'node:stream';
import {
  StoreError,
  type ByteRange,
  type CopySource,
  type ListedPart,
  type MultipartUploads,
  type PutOptions,
  type PutResult,
  type UploadedPart,
} from '../object-store.port.js';
import type { S3Client } from './client.js';
import { copyResult, copySourceHeaders } from './copying.js';
import type { S3Quirks } from './dialects.js';
import { bareEtag } from './list-reader.js';
import { describingHeaders, readPutResult } from './object-headers.js';
import { readPartPage } from './part-reader.js';
import type { SdkCalls } from './sdk-calls.js';
import type { HeaderPair } from './sigv4.js';
import { bodyOf, lengthHeaders } from './upload-body.js';
import { canonicalQuery } from './uri.js';
import { textOf } from './xml.js';

const MIB = 1024 ** 2;

/** Multipart uploads of one bucket. */
export class S3Multipart implements MultipartUploads {
  readonly minPartBytes = 5 * MIB;
  readonly maxPartBytes = 5 * 1024 * MIB;
  readonly maxParts = 10_000;

  constructor(
    private readonly client: S3Client,
    private readonly sdk: SdkCalls,
    private readonly quirks: S3Quirks,
  ) {}

  /** By the signed client: it shares the headers with `put`, and the SDK would not send Expires verbatim. */
  async create(key: string, options: PutOptions, signal: AbortSignal): Promise<string> {
    const headers = describingHeaders(options, this.quirks);
    const call = { method: 'POST', key, query: 'uploads=', ...headers } as const;
    const answer = await this.client.send('Creating the upload failed', call, signal);
    const uploadId = textOf(answer.body.toString('utf8'), 'UploadId');
    if (uploadId === undefined || uploadId === '')
      throw new StoreError('unavailable', 'The answer has no upload id', { backendCode: 'MalformedAnswer' });
    return uploadId;
  }

  async uploadPart(
    key: string,
    uploadId: string,
    partNumber: number,
    body: Buffer | Readable,
    options: { readonly size: number; readonly md5?: string },
    signal: AbortSignal,
  ): Promise<UploadedPart> {
    const query = partQuery(uploadId, partNumber);
    const call = { method: 'PUT', key, query, ...lengthHeaders(options), ...bodyOf(body, options.size) } as const;
    const answer = await this.client.send('Uploading a part failed', call, signal);
    return uploaded(partNumber, readPutResult(answer.headers));
  }

  async copyPart(
    key: string,
    uploadId: string,
    partNumber: number,
    from: CopySource & { readonly range: ByteRange },
    signal: AbortSignal,
  ): Promise<UploadedPart> {
    const range: HeaderPair = ['x-amz-copy-source-range', `bytes=${from.range.start}-${from.range.end}`];
    const signed = [...copySourceHeaders(from), range];
    const call = { method: 'PUT', key, query: partQuery(uploadId, partNumber), signed } as const;
    const answer = await this.client.send('Copying a part failed', call, signal);
    return uploaded(partNumber, copyResult('Copying a part failed', answer));
  }

  async listParts(key: string, uploadId: string, signal: AbortSignal): Promise<readonly ListedPart[]> {
    const parts: ListedPart[] = [];
    for (let marker: number | undefined = 0; marker !== undefined;) {
      const query = listPartsQuery(uploadId, marker);
      const answer = await this.client.send('Listing the parts failed', { method: 'GET', key, query }, signal);
      const page = readPartPage(answer.body.toString('utf8'), marker);
      parts.push(...page.parts);
      marker = page.nextMarker;
    }
    return parts;
  }

  async complete(
    key: string,
    uploadId: string,
    parts: readonly UploadedPart[],
    signal: AbortSignal,
  ): Promise<PutResult> {
    const etag = await this.sdk.complete(key, uploadId, parts, signal);
    return etag === undefined ? {} : { etag: bareEtag(etag) };
  }

  async abort(key: string, uploadId: string, signal: AbortSignal): Promise<void> {
    try {
      await this.sdk.abort(key, uploadId, signal);
    } catch (error) {
      if (!(error instanceof StoreError && error.kind === 'not-found')) throw error;
    }
  }
}

const partQuery = (uploadId: string, partNumber: number): string =>
  canonicalQuery([
    ['partNumber', String(partNumber)],
    ['uploadId', uploadId],
  ]);

const listPartsQuery = (uploadId: string, marker: number): string =>
  canonicalQuery([
    ['max-parts', '1000'],
    ...(marker > 0 ? [['part-number-marker', String(marker)] as const] : []),
    ['uploadId', uploadId],
  ]);

function uploaded(partNumber: number, result: PutResult): UploadedPart {
  const { etag } = result;
  if (etag === undefined)
    throw new StoreError('unavailable', 'The answer to a part has no ETag', { backendCode: 'MalformedAnswer' });
  return { ...result, etag, partNumber };
}

import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { randomId } from '../../kernel/ids.js';
import { exactBody } from '../exact-body.js';
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
import { md5Hex, type MemoryBuckets, type MemoryUpload } from './memory-buckets.js';

export interface PartLimits {
  readonly minPartBytes: number;
  readonly maxPartBytes: number;
  readonly maxParts: number;
}

const noSuchUpload = () => new StoreError('not-found', 'There is no such upload', { backendCode: 'NoSuchUpload' });
const invalid = (backendCode: string) =>
  new StoreError('invalid', `The parts do not make an object: ${backendCode}`, { backendCode });

/** Uploads in parts, in memory; ETags as S3 makes them. */
export class MemoryUploads implements MultipartUploads {
  readonly minPartBytes: number;
  readonly maxPartBytes: number;
  readonly maxParts: number;

  constructor(
    private readonly buckets: MemoryBuckets,
    private readonly bucket: string,
    limits: PartLimits,
  ) {
    ({ minPartBytes: this.minPartBytes, maxPartBytes: this.maxPartBytes, maxParts: this.maxParts } = limits);
  }

  async create(key: string, options: PutOptions, signal: AbortSignal): Promise<string> {
    await Promise.resolve();
    signal.throwIfAborted();
    const uploadId = randomId();
    this.buckets.bucket(this.bucket).uploads.set(uploadId, { key, options, parts: new Map() });
    return uploadId;
  }

  async uploadPart(
    key: string,
    uploadId: string,
    partNumber: number,
    body: Buffer | Readable,
    { size, md5 }: { readonly size: number; readonly md5?: string },
    signal: AbortSignal,
  ): Promise<UploadedPart> {
    const chunks: Buffer[] = [];
    if (partNumber < 1 || partNumber > this.maxParts || size < 0 || size > this.maxPartBytes) {
      if (!Buffer.isBuffer(body)) body.destroy();
      throw invalid('InvalidPart');
    }
    for await (const chunk of exactBody(body, size, signal)) chunks.push(chunk);
    const content = Buffer.concat(chunks);
    const etag = md5Hex(content);
    if (md5 !== undefined && md5 !== etag)
      throw new StoreError('checksum', 'The MD5 of the part is another one', { backendCode: 'BadDigest' });
    this.upload(key, uploadId).parts.set(partNumber, { content, etag });
    return { partNumber, etag, md5: etag };
  }

  async copyPart(
    key: string,
    uploadId: string,
    partNumber: number,
    from: CopySource & { readonly range: ByteRange },
    signal: AbortSignal,
  ): Promise<UploadedPart> {
    const source = this.buckets.bucket(from.bucket).objects.get(from.key);
    if (source === undefined)
      throw new StoreError('not-found', `There is no object ${from.key}`, { backendCode: 'NoSuchKey' });
    if (from.ifMatch !== undefined && from.ifMatch !== source.etag)
      throw new StoreError('changed', `Object ${from.key} is another one by now`, {
        backendCode: 'PreconditionFailed',
      });
    if (from.range.end >= source.content.length) throw invalid('InvalidRange');
    const content = source.content.subarray(from.range.start, from.range.end + 1);
    return this.uploadPart(key, uploadId, partNumber, content, { size: content.length }, signal);
  }

  async listParts(key: string, uploadId: string, signal: AbortSignal): Promise<readonly ListedPart[]> {
    await Promise.resolve();
    signal.throwIfAborted();
    return [...this.upload(key, uploadId).parts]
      .map(([partNumber, { content, etag }]) => ({ partNumber, size: content.length, etag }))
      .sort((a, b) => a.partNumber - b.partNumber);
  }

  async complete(
    key: string,
    uploadId: string,
    parts: readonly UploadedPart[],
    signal: AbortSignal,
  ): Promise<PutResult> {
    await Promise.resolve();
    signal.throwIfAborted();
    const upload = this.upload(key, uploadId);
    const chosen = [...parts]
      .sort((a, b) => a.partNumber - b.partNumber)
      .map(({ partNumber, etag }) => {
        const part = upload.parts.get(partNumber);
        if (part?.etag !== etag) throw invalid('InvalidPart');
        return part;
      });
    if (chosen.length === 0) throw invalid('InvalidPart');
    if (chosen.slice(0, -1).some(({ content }) => content.length < this.minPartBytes)) throw invalid('EntityTooSmall');
    const hash = createHash('md5');
    for (const { etag } of chosen) hash.update(etag, 'hex');
    const etag = `${hash.digest('hex')}-${chosen.length}`;
    this.buckets.write(this.bucket, key, Buffer.concat(chosen.map(({ content }) => content)), upload.options, etag);
    this.buckets.bucket(this.bucket).uploads.delete(uploadId);
    return { etag };
  }

  async abort(_key: string, uploadId: string, signal: AbortSignal): Promise<void> {
    await Promise.resolve();
    signal.throwIfAborted();
    this.buckets.bucket(this.bucket).uploads.delete(uploadId);
  }

  private upload(key: string, uploadId: string): MemoryUpload {
    const upload = this.buckets.bucket(this.bucket).uploads.get(uploadId);
    if (upload?.key !== key) throw noSuchUpload();
    return upload;
  }
}

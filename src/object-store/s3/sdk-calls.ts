import type { S3Client as SdkClient } from '@aws-sdk/client-s3';
import { StoreError, type StoreCredentials, type UploadedPart } from '../object-store.port.js';
import { fromSystemError, storeErrorOf } from './errors.js';
import { SdkOverTransport } from './sdk-transport.js';
import type { S3Transport } from './transport.js';

type Sdk = typeof import('@aws-sdk/client-s3');

export interface SdkTarget {
  readonly bucket: string;
  /** Of the service, without the bucket. */
  readonly endpoint: string;
  readonly addressing: 'path' | 'virtual';
  readonly signingRegion: string;
  readonly credentials: StoreCredentials;
  readonly requesterPays: boolean;
}

/** The rare calls, made by the AWS SDK over our own connections. It is loaded by the first of them. */
export class SdkCalls {
  private loading: Promise<{ readonly sdk: Sdk; readonly client: SdkClient }> | undefined;

  constructor(
    private readonly target: SdkTarget,
    private readonly transport: S3Transport,
  ) {}

  /** Makes the parts one object; answers its ETag with quotes. */
  async complete(
    key: string,
    uploadId: string,
    parts: readonly UploadedPart[],
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const Parts = [...parts]
      .sort((a, b) => a.partNumber - b.partNumber)
      .map(({ partNumber, etag }) => ({ PartNumber: partNumber, ETag: `"${etag}"` }));
    return this.run('Completing the upload failed', signal, async ({ sdk, client }, options) => {
      const input = { ...this.object(key), UploadId: uploadId, MultipartUpload: { Parts } };
      return (await client.send(new sdk.CompleteMultipartUploadCommand(input), options)).ETag;
    });
  }

  async abort(key: string, uploadId: string, signal: AbortSignal): Promise<void> {
    await this.run('Aborting the upload failed', signal, async ({ sdk, client }, options) => {
      await client.send(new sdk.AbortMultipartUploadCommand({ ...this.object(key), UploadId: uploadId }), options);
    });
  }

  async restore(key: string, days: number, signal: AbortSignal): Promise<void> {
    await this.run('Restoring failed', signal, async ({ sdk, client }, options) => {
      const RestoreRequest = { Days: days, GlacierJobParameters: { Tier: 'Standard' as const } };
      await client.send(new sdk.RestoreObjectCommand({ ...this.read(key), RestoreRequest }), options);
    });
  }

  async tags(key: string, signal: AbortSignal): Promise<Record<string, string>> {
    return this.run('Reading the tags failed', signal, async ({ sdk, client }, options) => {
      const { TagSet = [] } = await client.send(new sdk.GetObjectTaggingCommand(this.read(key)), options);
      return Object.fromEntries(TagSet.map(({ Key = '', Value = '' }) => [Key, Value]));
    });
  }

  private object(key: string): { Bucket: string; Key: string } {
    return { Bucket: this.target.bucket, Key: key };
  }

  private read(key: string): { Bucket: string; Key: string; RequestPayer?: 'requester' } {
    return { ...this.object(key), ...(this.target.requesterPays && { RequestPayer: 'requester' }) };
  }

  private async run<T>(
    doing: string,
    signal: AbortSignal,
    call: (loaded: { sdk: Sdk; client: SdkClient }, options: { abortSignal: AbortSignal }) => Promise<T>,
  ): Promise<T> {
    try {
      this.loading ??= this.load();
      const loaded = await this.loading;
      signal.throwIfAborted();
      return await call(loaded, { abortSignal: signal });
    } catch (error) {
      signal.throwIfAborted();
      throw fromSdkError(doing, error);
    }
  }

  private async load(): Promise<{ sdk: Sdk; client: SdkClient }> {
    const sdk = await import('@aws-sdk/client-s3');
    const { accessKey, secretKey, securityToken } = this.target.credentials;
    const client = new sdk.S3Client({
      endpoint: this.target.endpoint,
      region: this.target.signingRegion,
      forcePathStyle: this.target.addressing === 'path',
      credentials: {
        accessKeyId: accessKey,
        secretAccessKey: secretKey,
        ...(securityToken === undefined ? {} : { sessionToken: securityToken }),
      },
      // Retries belong to the caller's one retry layer; checksums beyond what S3 demands are refused by other services.
      maxAttempts: 1,
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      requestHandler: new SdkOverTransport(this.transport),
    });
    return { sdk, client };
  }
}

/** The SDK's exceptions carry the code as their name and the status in `$metadata`. */
function fromSdkError(doing: string, error: unknown): StoreError {
  if (error instanceof StoreError || !(error instanceof Error)) return fromSystemError(error);
  const status = '$metadata' in error ? statusIn(error.$metadata) : undefined;
  if (status === undefined) return fromSystemError(error);
  const retryAfter = '$response' in error ? retryAfterIn(error.$response) : undefined;
  // A failure inside a 200 answer: S3 began the answer before it knew.
  const effective = status < 300 ? 500 : status;
  const code = /^\w+$/.test(error.name) && error.name !== 'Error' ? error.name : undefined;
  return storeErrorOf(doing, {
    status: effective,
    code: code === 'UnknownError' ? undefined : code,
    retryAfter,
    cause: error,
  });
}

const statusIn = (metadata: unknown): number | undefined =>
  typeof metadata === 'object' &&
  metadata !== null &&
  'httpStatusCode' in metadata &&
  typeof metadata.httpStatusCode === 'number'
    ? metadata.httpStatusCode
    : undefined;

function retryAfterIn(response: unknown): string | undefined {
  if (typeof response !== 'object' || response === null || !('headers' in response)) return undefined;
  const { headers } = response;
  if (typeof headers !== 'object' || headers === null || !('retry-after' in headers)) return undefined;
  return typeof headers['retry-after'] === 'string' ? headers['retry-after'] : undefined;
}

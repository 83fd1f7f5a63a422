import { StoreError } from '../object-store.port.js';
import type { S3Client } from './client.js';
import { fromAnswer } from './errors.js';
import type { HeaderPair } from './sigv4.js';

const REMEMBERED_MS = 30_000;

/** A HEAD has no body, so its 404, 403 and 400 leave the cause open. This finds it out, with one more request per half minute. */
export class BucketProbe {
  private readonly missing = new Memory();
  private readonly refused = new Memory();

  constructor(
    private readonly client: S3Client,
    /** Goes with the questions, as it does with the calls that are explained. */
    private readonly signed: readonly HeaderPair[] = [],
    private readonly now: () => number = Date.now,
  ) {}

  /** The same error, or one of kind `no-such-bucket`, `denied` or `bad-credentials` that says more. */
  async explain(error: StoreError, signal: AbortSignal): Promise<StoreError> {
    if (error.httpStatus === 404) return this.recall(this.missing, error, () => this.bucketError(signal), signal);
    if (error.httpStatus === 403 || error.httpStatus === 400)
      return this.recall(this.refused, error, () => this.refusal(signal), signal);
    return error;
  }

  private async recall(
    memory: Memory,
    error: StoreError,
    ask: () => Promise<StoreError | undefined>,
    signal: AbortSignal,
  ): Promise<StoreError> {
    const now = this.now();
    if (memory.until > now) return memory.answer ?? error;
    try {
      memory.answer = await ask();
      memory.until = now + REMEMBERED_MS;
    } catch {
      // The question failed; what is known stays true.
      signal.throwIfAborted();
      return error;
    }
    return memory.answer ?? error;
  }

  private async bucketError(signal: AbortSignal): Promise<StoreError | undefined> {
    const { status } = await this.client.exchange({ method: 'HEAD', signed: this.signed }, signal);
    return status === 404
      ? new StoreError('no-such-bucket', 'The bucket does not exist', { backendCode: 'NoSuchBucket', httpStatus: 404 })
      : undefined;
  }

  private async refusal(signal: AbortSignal): Promise<StoreError | undefined> {
    const call = { method: 'GET', query: 'max-keys=1', signed: this.signed } as const;
    const { status, headers, body } = await this.client.exchange(call, signal);
    return status === 403 || status === 400 ? fromAnswer('Access was refused', status, headers, body) : undefined;
  }
}

class Memory {
  until = 0;
  answer: StoreError | undefined;
}

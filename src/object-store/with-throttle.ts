import type { TokenBucket } from '../kernel/token-bucket.js';
import { interceptStore, type Proceed, type StoreCall, type StoreInterceptor } from './intercept-store.js';
import { type DestinationStore, type OpenedObject, type SourceStore, UNKNOWN_SIZE } from './object-store.port.js';
import { PassingBody } from './passing-body.js';

/** What a body is paid for ahead at most, and what passes unpaced where there is no limit at the moment. */
const AHEAD_BYTES = 256 * 1024;
const FIRST_GUESS_BYTES = 64 * 1024;
/** How fast the guess at a body's size follows what came: by an eighth of the difference. */
const LEARNING = 1 / 8;

/**
 * Paces what is read to the rate of a bucket. Goes around a guarded store, so that:
 * - who has to wait before it begins holds no permit of the endpoint. A body is begun only with what those that are open leave
 *   over, so no more are open than the rate can feed, and a narrow task does not keep the permits from others;
 * - a body that we hold back is no endpoint that stands still: below us its buffer is full, and then no time runs.
 *
 * A body is paid for by a guess when it is begun, put right as soon as its size is known. So small ones pass at once when
 * they are here, and only longer ones wait piece by piece.
 */
export function withThrottle(store: DestinationStore, bucket: TokenBucket): DestinationStore;
export function withThrottle(store: SourceStore, bucket: TokenBucket): SourceStore;
export function withThrottle(store: SourceStore, bucket: TokenBucket): SourceStore {
  return interceptStore(store, new ThrottleInterceptor(bucket));
}

class ThrottleInterceptor implements StoreInterceptor {
  private usualBytes = FIRST_GUESS_BYTES;

  constructor(private readonly bucket: TokenBucket) {}

  call<T>(call: StoreCall, signal: AbortSignal, proceed: Proceed<T>): Promise<T> {
    return proceed(call, signal);
  }

  async open(call: StoreCall, signal: AbortSignal, proceed: Proceed<OpenedObject>): Promise<OpenedObject> {
    const { bucket } = this;
    const ahead = bucket.rate === undefined ? 0 : Math.ceil(Math.min(call.size ?? this.usualBytes, AHEAD_BYTES));
    if (ahead > 0) await bucket.takeSurplus(ahead, signal);
    try {
      const opened = await proceed(call, signal);
      const { info, content } = opened;
      if (this.isPaid(content?.length ?? call.size ?? info.size, ahead)) return opened;
      if (content === undefined) return { info, body: new PacedBody(opened.body, bucket, ahead, signal) };
      await bucket.take(content.length - ahead, signal);
      return opened;
    } catch (error) {
      bucket.giveBack(ahead);
      throw error;
    }
  }

  /** True when a body of this size may pass at once; gives back what was paid too much for it. */
  private isPaid(size: number, ahead: number): boolean {
    if (size === UNKNOWN_SIZE) return false;
    const { bucket } = this;
    this.usualBytes += (Math.min(size, AHEAD_BYTES) - this.usualBytes) * LEARNING;
    if (size <= ahead) bucket.giveBack(ahead - size);
    return size <= ahead || (bucket.rate === undefined && size <= AHEAD_BYTES);
  }
}

/** Every piece beyond what is paid waits for its turn. */
class PacedBody extends PassingBody {
  private readonly stop = new AbortController();

  constructor(
    inner: OpenedObject['body'],
    private readonly bucket: TokenBucket,
    private paidBytes: number,
    signal: AbortSignal,
  ) {
    super(inner);
    const abort = (): void => this.stop.abort(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    this.once('close', () => signal.removeEventListener('abort', abort));
  }

  protected override passed({ length }: Buffer): Promise<void> | void {
    const owed = length - this.paidBytes;
    this.paidBytes = Math.max(0, -owed);
    return owed > 0 ? this.bucket.take(owed, this.stop.signal) : undefined;
  }

  protected override ended(): undefined {}
  protected override demanded(): void {}
  protected override sated(): void {}

  protected override settled(): void {
    this.stop.abort(new Error('The body ended'));
    if (this.paidBytes > 0) this.bucket.giveBack(this.paidBytes);
    this.paidBytes = 0;
  }
}

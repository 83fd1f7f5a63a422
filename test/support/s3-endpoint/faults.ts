import { seededRandom } from '../seeded-random.js';
import type { Operation, S3Request } from './request.js';
import type { S3ErrorCode } from './s3-error.js';

/** What can go wrong on command. Byte positions count in the body of the response. */
export type Fault =
  /** The connection is reset: before anything is done, after the headers of the response, or in the middle of its body. */
  | { readonly kind: 'reset'; readonly when: 'before-headers' | 'after-headers' | 'mid-body' }
  /** An error document instead of doing anything, such as SlowDown or AccessDenied. */
  | { readonly kind: 'error'; readonly code: S3ErrorCode; readonly retryAfterSeconds?: number }
  /** Status 200, then an error document: what CompleteMultipartUpload and CopyObject may do. Nothing is done. */
  | { readonly kind: 'error-in-200'; readonly code: S3ErrorCode }
  /** The body comes a few bytes at a time. */
  | { readonly kind: 'drip'; readonly bytes: number; readonly everyMs: number }
  /** Nothing more comes until `release()` or until the client gives up. */
  | { readonly kind: 'stall'; readonly when: 'before-headers' | 'mid-body' }
  /** The connection ends in good order `bytes` early (default 1), after a Content-Length that promised all. */
  | { readonly kind: 'truncate'; readonly bytes?: number }
  /** Content-Length lies by `delta`. */
  | { readonly kind: 'wrong-length'; readonly delta: number }
  /** One byte of the body is flipped, at `offset` or in the middle. */
  | { readonly kind: 'corrupt'; readonly offset?: number }
  /** Everything is done, the answer is lost. */
  | { readonly kind: 'lose-response' }
  /** A listing answers the token it was asked with: a naive client never ends. */
  | { readonly kind: 'repeat-token' }
  /** A page of a listing comes in descending order. */
  | { readonly kind: 'unsorted' }
  /** The object is replaced by another of the same size while its body is on the way. */
  | { readonly kind: 'change-object' }
  /** Status 200 and this document instead of doing anything. Only from the endpoint's own process, as the next one. */
  | { readonly kind: 'document'; readonly text: (request: S3Request) => string }
  /** Something happens between doing what was asked and answering it. */
  | { readonly kind: 'meanwhile'; readonly happen: () => unknown };

/** Which requests; what is left out matches all. */
export interface FaultMatcher {
  readonly operation?: Operation | readonly Operation[];
  readonly bucket?: string;
  readonly key?: string;
  readonly keyPrefix?: string;
  /** Whatever else is to be looked at; only from the endpoint's own process. */
  readonly when?: (request: S3Request) => boolean;
}

export interface FaultSchedule {
  /** Matching requests that pass before the first fault. */
  readonly skip?: number;
  /** Faults in all. */
  readonly times?: number;
  /** Of each matching request, from 0 to 1. */
  readonly probability?: number;
  readonly seed?: number;
}

export interface FaultHandle {
  readonly id: number;
  /** Requests it has struck. */
  readonly hits: number;
  remove(): void;
}

interface Rule extends FaultHandle {
  hits: number;
  skip: number;
  readonly matcher: FaultMatcher;
  readonly fault: Fault;
  readonly times: number;
  readonly probability: number;
  readonly random: () => number;
}

const matches = ({ operation, bucket, key, keyPrefix, when }: FaultMatcher, request: S3Request): boolean => {
  const operations = typeof operation === 'string' ? [operation] : operation;
  return (
    (operations === undefined || operations.includes(request.operation)) &&
    (bucket === undefined || bucket === request.bucket) &&
    (key === undefined || key === request.key) &&
    (keyPrefix === undefined || request.key.startsWith(keyPrefix)) &&
    (when === undefined || when(request))
  );
};

/** Which request fails how. The first rule that strikes wins. */
export class Faults {
  private rules: Rule[] = [];
  private count = 0;
  private readonly stalled = new Set<() => void>();

  /** Strikes the next matching request (or `times` of them). */
  next(matcher: FaultMatcher, fault: Fault, schedule: FaultSchedule = {}): FaultHandle {
    return this.add(matcher, fault, { times: 1, ...schedule });
  }

  /** Strikes all matching requests until removed. */
  always(matcher: FaultMatcher, fault: Fault, schedule: FaultSchedule = {}): FaultHandle {
    return this.add(matcher, fault, schedule);
  }

  /** Strikes matching requests by chance, the same ones for the same seed and order of requests. */
  sometimes(matcher: FaultMatcher, fault: Fault, probability: number, seed = 1): FaultHandle {
    return this.add(matcher, fault, { probability, seed });
  }

  /** Ends all faults; stalled responses go on. */
  clear(): void {
    this.rules = [];
    this.release();
  }

  /** Lets stalled responses go on. */
  release(): void {
    for (const go of [...this.stalled]) go();
  }

  /** Responses that stand still now. */
  get stalledCount(): number {
    return this.stalled.size;
  }

  /** The fault for this request, if any. */
  strike(request: S3Request): Fault | undefined {
    for (const rule of this.rules) {
      if (!matches(rule.matcher, request)) continue;
      if (rule.skip > 0) rule.skip--;
      else if (rule.probability >= 1 || rule.random() < rule.probability) {
        if (++rule.hits >= rule.times) rule.remove();
        return rule.fault;
      }
    }
    return undefined;
  }

  /** Waits for `release`, or until `onGone` calls back. */
  stall(onGone: (gone: () => void) => void): Promise<void> {
    return new Promise((resolve) => {
      const go = () => {
        this.stalled.delete(go);
        resolve();
      };
      this.stalled.add(go);
      onGone(go);
    });
  }

  private add(
    matcher: FaultMatcher,
    fault: Fault,
    { skip = 0, times = Infinity, probability = 1, seed = 1 }: FaultSchedule,
  ): FaultHandle {
    const rule: Rule = {
      id: ++this.count,
      hits: 0,
      skip,
      matcher,
      fault,
      times,
      probability,
      random: seededRandom(seed),
      remove: () => (this.rules = this.rules.filter((each) => each !== rule)),
    };
    this.rules.push(rule);
    return rule;
  }
}

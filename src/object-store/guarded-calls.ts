import { Readable } from 'node:stream';
import type { CallDeadlines } from './call-deadlines.js';
import { type CallEndpoint, CallTurn } from './call-turn.js';
import type { CircuitBreaker } from './circuit-breaker.js';
import type { EndpointGuard } from './endpoint-guards.js';
import type {
  ListingPages,
  Proceed,
  ProceedPages,
  StoreCall,
  StoreInterceptor,
  StoreOperation,
} from './intercept-store.js';
import type { ObjectInfo, OpenedObject, PutResult, SourceStore } from './object-store.port.js';
import { repeatedCompletion, repeatedPages, type RetryOptions } from './repeated-calls.js';
import { retriableFailure, retrying } from './retrying.js';

export interface CallGuards extends CallEndpoint, RetryOptions {
  readonly guard: EndpointGuard;
  /** The breaker that calls on a key ask; that of the endpoint unless given. */
  readonly breakerOf?: ((key: string) => CircuitBreaker) | undefined;
  readonly deadlines: CallDeadlines;
}

const READS: ReadonlySet<StoreOperation> = new Set(['head', 'headInBucket', 'getTags', 'open']);

/**
 * All guards around the calls of a store. From the outside in: retry, limits, breaker, metrics, deadlines. So a wait between
 * tries holds no permit, and a call that ran out of time counts as a failure of the endpoint. See `CallTurn` for the others.
 *
 * It bounds the requests in flight. An opened body keeps its read permit until it has ended (at once, when its content came
 * along), so:
 * - reading and writing have permits of their own, and who holds a write permit never waits for a read permit. Thus copies
 *   on one endpoint, which hold a read permit and wait for a write permit, always come forward;
 * - who holds an open body must not make another read call before it ended (the transfer sees to that);
 * - a listing takes none: it has one request in flight by itself, and holding a permit while its caller works on what it
 *   gave would let listings starve the very copies they feed.
 *
 * It does not try again what it cannot repeat: a `put` or part whose body is a stream, and a body once `open` has answered.
 * These are repeated by `transfer`, which opens the source again.
 */
export class GuardedCalls implements StoreInterceptor {
  private readonly keepsTime: boolean;

  constructor(
    private readonly store: SourceStore,
    private readonly guards: CallGuards,
  ) {
    this.keepsTime = store.traits.keepsTime === true;
  }

  call<T>(call: StoreCall, signal: AbortSignal, proceed: Proceed<T>): Promise<T> {
    if (call.body instanceof Readable) return this.callOnce(call, signal, proceed);
    return this.retried(signal, () => this.callOnce(call, signal, proceed));
  }

  open(call: StoreCall, signal: AbortSignal, proceed: Proceed<OpenedObject>): Promise<OpenedObject> {
    return this.retried(signal, () => this.openOnce(call, signal, proceed));
  }

  completeUpload(call: StoreCall, signal: AbortSignal, proceed: Proceed<PutResult>): Promise<PutResult> {
    const complete = (): Promise<PutResult> => this.callOnce(call, signal, proceed);
    const question: StoreCall = { ...call, operation: 'head' };
    const head = (): Promise<ObjectInfo> =>
      this.callOnce(question, signal, (_, inner) => this.store.head(call.key, inner));
    return this.retried(signal, repeatedCompletion(call.parts ?? [], complete, head));
  }

  listPages(after: string | undefined, signal: AbortSignal, proceed: ProceedPages): ListingPages {
    const begin = (from: string | undefined): ListingPages => this.pagesOnce(from, signal, proceed);
    return repeatedPages(this.store.traits, this.guards, after, signal, begin);
  }

  private retried<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    return retrying(this.guards.retry, signal, work, retriableFailure, this.guards.pacing);
  }

  private async callOnce<T>(call: StoreCall, signal: AbortSignal, proceed: Proceed<T>): Promise<T> {
    const { reads, writes } = this.guards.guard.permits;
    const turn = this.turn(call.operation, call.key, signal);
    const waiting = turn.wait(READS.has(call.operation) ? reads : writes);
    if (waiting !== undefined) await waiting;
    try {
      turn.begin();
      const result = await (this.keepsTime ? proceed(call, signal) : this.guards.deadlines.call(call, signal, proceed));
      turn.answered();
      turn.end('ok', call.body === undefined ? 0 : Math.max(0, call.size ?? 0));
      return result;
    } catch (error) {
      turn.fail(error);
      throw error;
    }
  }

  private async openOnce(call: StoreCall, signal: AbortSignal, proceed: Proceed<OpenedObject>): Promise<OpenedObject> {
    const turn = this.turn('open', call.key, signal);
    const waiting = turn.wait(this.guards.guard.permits.reads);
    if (waiting !== undefined) await waiting;
    try {
      turn.begin();
      const opened = await (this.keepsTime ? proceed(call, signal) : this.guards.deadlines.open(call, signal, proceed));
      turn.answered();
      const { content, info } = opened;
      if (content !== undefined) turn.end('ok', content.length);
      // Of an unknown size nothing is counted.
      else turn.endWith(opened.body, Math.max(0, call.size ?? info.size));
      return opened;
    } catch (error) {
      turn.fail(error);
      throw error;
    }
  }

  private async *pagesOnce(after: string | undefined, signal: AbortSignal, proceed: ProceedPages): ListingPages {
    const turn = this.turn('list', undefined, signal);
    turn.begin();
    try {
      for await (const page of this.guards.deadlines.pages(after, signal, proceed)) {
        turn.answered();
        yield page;
      }
      turn.answered();
      turn.end('ok', 0);
    } catch (error) {
      turn.fail(error);
      throw error;
    } finally {
      turn.leave();
    }
  }

  private turn(operation: StoreOperation, key: string | undefined, signal: AbortSignal): CallTurn {
    const { guard, breakerOf } = this.guards;
    const breaker = key === undefined || breakerOf === undefined ? guard.breaker : breakerOf(key);
    return new CallTurn(this.guards, operation, breaker, signal);
  }
}

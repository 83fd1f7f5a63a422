import { Transform, type Readable } from 'node:stream';
import {
  interceptStore,
  type Proceed,
  type StoreCall,
  type StoreInterceptor,
  type StoreOperation,
} from '../../src/object-store/intercept-store.js';
import { StoreError, type DestinationStore, type OpenedObject } from '../../src/object-store/object-store.port.js';

/** What can go wrong with a call of a store. */
export type StoreFault =
  /** The call fails and nothing is done. */
  | { readonly kind: 'fail'; readonly error: Error }
  /** Everything is done, and then the call fails. */
  | { readonly kind: 'lose-answer'; readonly error: Error }
  /** The call waits for its signal, for ever if need be. */
  | { readonly kind: 'stall' }
  /** The body of an `open` fails after so many bytes. */
  | { readonly kind: 'cut-body'; readonly afterBytes: number; readonly error: Error }
  /** One byte of the body of an `open` is flipped, of a body that is sent too. */
  | { readonly kind: 'corrupt-body'; readonly atByte: number };

interface Rule {
  readonly operation: StoreOperation;
  readonly key: string | undefined;
  readonly fault: StoreFault;
  skip: number;
  times: number;
}

export interface StoreFaultSchedule {
  readonly key?: string;
  /** Matching calls that pass first. */
  readonly skip?: number;
  readonly times?: number;
}

const aborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    const abort = () => reject(signal.reason as Error);
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  });

const cutter = (afterBytes: number, error: Error): Transform => {
  let passed = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      if (passed + chunk.length > afterBytes) {
        this.push(chunk.subarray(0, afterBytes - passed));
        done(error);
      } else done(null, chunk);
      passed += chunk.length;
    },
  });
};

const corrupter = (atByte: number): Transform => {
  let passed = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      done(null, flipped(chunk, atByte - passed));
      passed += chunk.length;
    },
  });
};

const flipped = (chunk: Buffer, at: number): Buffer => {
  if (at < 0 || at >= chunk.length) return chunk;
  const copy = Buffer.from(chunk);
  copy.writeUInt8(copy.readUInt8(at) ^ 0xff, at);
  return copy;
};

/** Either end of the pair destroys the other, with its error. */
const through = (body: Readable, transform: Transform): Readable => {
  body.on('error', (error) => transform.destroy(error));
  transform.on('close', () => body.destroy());
  return body.pipe(transform);
};

/** A store that fails on command, around any other one. The first rule that matches a call strikes. */
export class StoreFaults implements StoreInterceptor {
  /** All calls, in order, whether they failed or not. */
  readonly calls: { readonly operation: StoreOperation; readonly key: string }[] = [];
  private rules: Rule[] = [];

  /** Strikes the next matching call, or `times` of them. */
  next(operation: StoreOperation, fault: StoreFault, { key, skip = 0, times = 1 }: StoreFaultSchedule = {}): this {
    this.rules.push({ operation, key, fault, skip, times });
    return this;
  }

  /** Strikes every matching call. */
  always(operation: StoreOperation, fault: StoreFault, schedule: StoreFaultSchedule = {}): this {
    return this.next(operation, fault, { ...schedule, times: Infinity });
  }

  clear(): void {
    this.rules = [];
  }

  count(operation: StoreOperation): number {
    return this.calls.filter((call) => call.operation === operation).length;
  }

  async call<T>(call: StoreCall, signal: AbortSignal, proceed: Proceed<T>): Promise<T> {
    const fault = this.strike(call);
    if (fault?.kind !== 'corrupt-body' || call.body === undefined) return this.answer(fault, call, signal, proceed);
    const body = Buffer.isBuffer(call.body)
      ? flipped(call.body, fault.atByte)
      : through(call.body, corrupter(fault.atByte));
    return proceed({ ...call, body }, signal);
  }

  async open(call: StoreCall, signal: AbortSignal, proceed: Proceed<OpenedObject>): Promise<OpenedObject> {
    const fault = this.strike(call);
    const opened = await this.answer(fault, call, signal, proceed);
    const { info } = opened;
    if (fault?.kind === 'cut-body') return { info, body: through(opened.body, cutter(fault.afterBytes, fault.error)) };
    if (fault?.kind === 'corrupt-body') return { info, body: through(opened.body, corrupter(fault.atByte)) };
    return opened;
  }

  private async answer<T>(
    fault: StoreFault | undefined,
    call: StoreCall,
    signal: AbortSignal,
    proceed: Proceed<T>,
  ): Promise<T> {
    if (fault?.kind === 'fail') throw fault.error;
    if (fault?.kind === 'stall') return aborted(signal);
    const answer = await proceed(call, signal);
    if (fault?.kind === 'lose-answer') throw fault.error;
    return answer;
  }

  private strike({ operation, key }: StoreCall): StoreFault | undefined {
    this.calls.push({ operation, key });
    const rule = this.rules.find(
      (each) => each.operation === operation && each.times > 0 && (each.key === undefined || each.key === key),
    );
    if (rule === undefined) return undefined;
    if (rule.skip > 0) {
      rule.skip--;
      return undefined;
    }
    rule.times--;
    return rule.fault;
  }
}

/** `store`, failing as `faults` says. */
export const faultyStore = (store: DestinationStore, faults: StoreFaults): DestinationStore =>
  interceptStore(store, faults);

export const connectionReset = (): StoreError =>
  new StoreError('connection', 'Connection reset', { backendCode: 'ECONNRESET' });
export const slowDown = (retryAfterMs?: number): StoreError =>
  new StoreError('throttled', 'Slow down', { backendCode: 'SlowDown', httpStatus: 503, retryAfterMs });

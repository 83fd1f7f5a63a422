import type { ClientDuplexStream } from '@grpc/grpc-js';
import { EventStoreUnavailable, type ExpectedRevision } from '../event-store.port.js';
import { appendRefusal } from './append-refusal.js';
import { present, type EncodedEvent } from './codec.js';
import { BatchAppendReq, Empty, identifier, uuid, uuidText } from './wire.js';
import type { BatchAnswer, BatchRequest } from './wire.js';

export type BatchCall = ClientDuplexStream<BatchRequest, BatchAnswer>;

/** One message holds no more bytes of events than this, or a single event. */
const MESSAGE_BYTES = 3 * 1024 * 1024;

export interface AppendRequest {
  readonly stream: string;
  readonly expected: ExpectedRevision;
  readonly events: readonly EncodedEvent[];
}

/** Where the last event of an append stands. Not every answer tells the position. */
export interface AppendedAt {
  readonly revision: bigint;
  readonly position: bigint | undefined;
}

interface Pending {
  readonly request: AppendRequest;
  readonly sentAt: number;
  readonly timer: NodeJS.Timeout;
  readonly resolve: (at: AppendedAt) => void;
  readonly reject: (error: Error) => void;
}

export interface BatchStreamOwner {
  readonly timeoutMs: number;
  /** The error of the port for a call that failed. */
  readonly errorOf: (request: AppendRequest, failure: unknown) => Error;
  /** The call takes no more appends. `silent`: it was given up, since nothing came back. */
  readonly over: (failure: unknown, silent: boolean) => void;
}

/** One open call of appends, each with a number of its own. However it ends, every append on it gets its answer. */
export class BatchStream {
  private readonly pending = new Map<number, Pending>();
  private last = 0;
  private heardAt = 0;
  private isOver = false;

  constructor(
    private readonly call: BatchCall,
    private readonly owner: BatchStreamOwner,
  ) {
    call.on('data', (answer: BatchAnswer) => this.settle(answer));
    call.on('error', (error: Error) => this.finish(error));
    call.on('end', () => this.finish(undefined));
  }

  send(request: AppendRequest): Promise<AppendedAt> {
    if (this.isOver) return Promise.reject(this.owner.errorOf(request, undefined));
    const number = ++this.last;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.expire(number), this.owner.timeoutMs);
      this.pending.set(number, { request, sentAt: performance.now(), timer, resolve, reject });
      for (const message of messagesOf(number, request)) this.call.write(message);
    });
  }

  /** Ends the call; what still waits for an answer is rejected. */
  end(): void {
    this.finish(undefined);
  }

  /** Answers to appends that have been given up are nobody's. */
  private settle(answer: BatchAnswer): void {
    this.heardAt = performance.now();
    const pending = this.take(numberOf(uuidText(answer.getCorrelationId())));
    if (!pending) return;
    const success = answer.getSuccess();
    if (success) {
      const position = success.getPosition()?.getCommitPosition();
      const revision = BigInt(success.getCurrentRevision());
      pending.resolve({ revision, position: position === undefined ? undefined : present(position) });
    } else pending.reject(appendRefusal(pending.request, answer.getError()));
  }

  private expire(number: number): void {
    const pending = this.take(number);
    if (!pending) return;
    const { stream } = pending.request;
    pending.reject(
      new EventStoreUnavailable(`Cannot append to ${stream}: no answer within ${this.owner.timeoutMs} ms`),
    );
    // Others were answered meanwhile: only this one answer is missing. Otherwise the call is dead, and all that is on it.
    if (this.heardAt < pending.sentAt) this.finish(undefined, true);
  }

  private take(number: number): Pending | undefined {
    const pending = this.pending.get(number);
    this.pending.delete(number);
    clearTimeout(pending?.timer);
    return pending;
  }

  private finish(failure: unknown, silent = false): void {
    if (this.isOver) return;
    this.isOver = true;
    this.call.cancel();
    this.owner.over(failure, silent);
    for (const number of [...this.pending.keys()]) {
      const pending = this.take(number);
      pending?.reject(this.owner.errorOf(pending.request, failure));
    }
  }
}

const NUMBER_DIGITS = 12;
const correlationId = (number: number): string =>
  `00000000-0000-4000-8000-${number.toString(16).padStart(NUMBER_DIGITS, '0')}`;
const numberOf = (id: string): number => parseInt(id.slice(-NUMBER_DIGITS), 16);

function* messagesOf(number: number, request: AppendRequest): Generator<BatchRequest> {
  const id = uuid(correlationId(number));
  let message = new BatchAppendReq();
  message.setCorrelationId(id);
  message.setOptions(optionsOf(request));
  let bytes = 0;
  for (const event of request.events) {
    if (bytes > 0 && bytes + event.bytes > MESSAGE_BYTES) {
      yield message;
      message = new BatchAppendReq();
      message.setCorrelationId(id);
      bytes = 0;
    }
    message.addProposedMessages(event.message);
    bytes += event.bytes;
  }
  message.setIsFinal(true);
  yield message;
}

const EMPTY = new Empty();

/** No deadline: the wire knows it as a time of day, which a server whose clock runs ahead would find long gone. */
function optionsOf({ stream, expected }: AppendRequest) {
  const options = new BatchAppendReq.Options();
  options.setStreamIdentifier(identifier(stream));
  if (expected === 'any') options.setAny(EMPTY);
  else if (expected === 'no-stream') options.setNoStream(EMPTY);
  else options.setStreamPosition(expected.toString());
  return options;
}

import { setTimeout as sleep } from 'node:timers/promises';
import grpc from '@grpc/grpc-js';
import type {
  BatchAppendReq as WireBatchAppendReq,
  BatchAppendResp as WireBatchAppendResp,
} from '@eventstore/db-client/generated/streams_pb.js';
import type { UUID as WireUuid } from '@eventstore/db-client/generated/shared_pb.js';
import {
  batchAccessDenied,
  batchBadRequest,
  batchConflict,
  batchStreamDeleted,
  batchSuccess,
  batchTimeout,
  batchTooLarge,
} from './append-response.js';
import type { Database, WriteResult } from './database.js';
import type { Gate } from './gate.js';
import { decodeEvent, decodeExpected, decodeStreamName, streamIdentifier } from './proposed-event.js';
import { asRpcError, RpcError } from './rpc-error.js';
import { sizeOf, type ExpectedState, type ProposedEvent } from './stored-event.js';
import { parseUuid } from './uuid.js';

type Call = grpc.ServerDuplexStream<WireBatchAppendReq, WireBatchAppendResp>;

/** The longest that the server waits for the rest of an append, whatever the client says. */
const WRITE_TIMEOUT_MS = 4000;

interface PendingAppend {
  readonly correlation: WireUuid | undefined;
  readonly stream: string;
  readonly expected: ExpectedState;
  readonly events: ProposedEvent[];
  /** Milliseconds since 1970. */
  readonly until: number;
  size: number;
  timer?: NodeJS.Timeout;
}

/** One call of Streams.BatchAppend: any number of appends at a time, each in chunks, each answered once. */
export class BatchAppendCall {
  private readonly pending = new Map<string, PendingAppend>();
  private underWay = 0;
  private requestsEnded = false;
  private over = false;

  constructor(
    private readonly call: Call,
    private readonly database: Database,
    private readonly gate: Gate,
    private readonly maxAppendBytes: number,
  ) {}

  run(): void {
    const stop = () => this.stop();
    this.call.on('cancelled', stop).on('close', stop).on('error', stop);
    this.call.on('data', (request: WireBatchAppendReq) => this.receive(request));
    this.call.on('drain', () => this.call.resume());
    this.call.on('end', () => {
      this.requestsEnded = true;
      this.endWhenDone();
    });
  }

  private receive(request: WireBatchAppendReq): void {
    try {
      const key = parseUuid(request.getCorrelationId());
      if (request.hasOptions() && !this.open(key, request)) return;
      const append = this.pending.get(key);
      if (append === undefined || !this.take(key, append, request)) return;
      if (!request.getIsFinal()) {
        this.awaitRest(key, append);
        return;
      }
      this.drop(key, append);
      void this.perform(append);
    } catch (error) {
      const identifier = request.getOptions()?.getStreamIdentifier() ?? streamIdentifier('');
      const why = error instanceof Error ? error.message : String(error);
      const response = batchBadRequest(why).setStreamIdentifier(identifier);
      this.write(response.setCorrelationId(request.getCorrelationId()));
    }
  }

  /** False when the append was answered already. */
  private open(key: string, request: WireBatchAppendReq): boolean {
    const options = request.getOptions();
    if (options === undefined || this.pending.has(key)) return true;
    const seconds = options.getDeadline();
    const requested = seconds === undefined ? Infinity : seconds.toDate().getTime();
    const append: PendingAppend = {
      correlation: request.getCorrelationId(),
      stream: decodeStreamName(options.getStreamIdentifier()),
      expected: decodeExpected(options, options.hasStreamPosition() ? options.getStreamPosition() : undefined),
      events: [],
      until: Math.min(requested, Date.now() + WRITE_TIMEOUT_MS),
      size: 0,
    };
    if (append.until <= Date.now()) {
      this.answer(append, batchTimeout());
      return false;
    }
    this.pending.set(key, append);
    return true;
  }

  /** False when the append became too large, and was answered. */
  private take(key: string, append: PendingAppend, request: WireBatchAppendReq): boolean {
    try {
      for (const message of request.getProposedMessagesList()) {
        const event = decodeEvent(message);
        append.size += sizeOf(event);
        append.events.push(event);
      }
    } catch (error) {
      this.drop(key, append);
      throw error;
    }
    if (append.size <= this.maxAppendBytes) return true;
    this.drop(key, append);
    this.answer(append, batchTooLarge(this.maxAppendBytes));
    return false;
  }

  private awaitRest(key: string, append: PendingAppend): void {
    append.timer ??= setTimeout(() => {
      this.pending.delete(key);
      this.answer(append, batchTimeout());
    }, append.until - Date.now());
  }

  private drop(key: string, append: PendingAppend): void {
    this.pending.delete(key);
    clearTimeout(append.timer);
  }

  private async perform(append: PendingAppend): Promise<void> {
    this.underWay++;
    try {
      this.gate.enter('batchAppend', this.call);
      await this.gate.hold('batchAppend', this.call);
      if (this.over) return;
      if (append.until <= Date.now()) {
        this.answer(append, batchTimeout());
        return;
      }
      const result = this.database.append(append.stream, append.expected, append.events);
      await this.answerInTime(append, result);
    } catch (error) {
      const isDenied = error instanceof RpcError && error.code === grpc.status.PERMISSION_DENIED;
      if (isDenied) this.answer(append, batchAccessDenied());
      else this.fail(error);
    } finally {
      this.underWay--;
      this.endWhenDone();
    }
  }

  private async answerInTime(append: PendingAppend, result: WriteResult): Promise<void> {
    const delay = this.gate.delayOf('batchAppend');
    const left = append.until - Date.now();
    if (delay > 0) await sleep(Math.min(delay, left));
    if (this.over || !this.gate.mayAnswer('batchAppend', this.call)) return;
    this.answer(append, delay > left ? batchTimeout() : this.responseOf(append, result));
  }

  private responseOf(append: PendingAppend, result: WriteResult): WireBatchAppendResp {
    switch (result.verdict) {
      case 'success':
        return batchSuccess(result);
      case 'stream-deleted':
        return batchStreamDeleted(append.stream);
      case 'wrong-expected-version':
        return batchConflict(append.expected, result.current);
    }
  }

  private answer(append: PendingAppend, response: WireBatchAppendResp): void {
    this.write(response.setCorrelationId(append.correlation).setStreamIdentifier(streamIdentifier(append.stream)));
  }

  /** A client that does not take its answers is not read from either. */
  private write(response: WireBatchAppendResp): void {
    if (this.over) return;
    if (!this.call.write(response)) this.call.pause();
  }

  private endWhenDone(): void {
    if (this.requestsEnded && this.underWay === 0 && !this.over) this.call.end();
  }

  private fail(error: unknown): void {
    if (this.over) return;
    this.call.emit('error', asRpcError(error));
  }

  private stop(): void {
    this.over = true;
    for (const { timer } of this.pending.values()) clearTimeout(timer);
    this.pending.clear();
  }
}

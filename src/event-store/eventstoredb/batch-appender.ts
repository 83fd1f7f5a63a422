import { EventStoreUnavailable } from '../event-store.port.js';
import { BatchStream } from './batch-stream.js';
import type { AppendedAt, AppendRequest } from './batch-stream.js';
import type { Connection } from './connection.js';
import { portError } from './errors.js';
import { within } from './within.js';

/** What the messages of one append may hold at most: no server can be set up to take more. */
const MAX_APPEND_BYTES = 15 * 1024 * 1024;

export interface AppendBounds {
  /** How long an answer may take. */
  readonly timeoutMs: number;
  /** Appends on their way, and the bytes of their events: beyond either, appends are refused. */
  readonly maxPending: number;
  readonly maxPendingBytes: number;
}

/** Appends over one call that stays open, as many at once as the bounds allow; a call that has failed is replaced. */
export class BatchAppender {
  private current: Promise<BatchStream> | undefined;
  private live: BatchStream | undefined;
  private appends = 0;
  private bytes = 0;

  constructor(
    private readonly connection: Connection,
    private readonly bounds: AppendBounds,
  ) {}

  /** Rejects with `WrongRevision`, `EventStoreUnavailable` or, for what no server takes, a plain error. */
  async append(request: AppendRequest): Promise<AppendedAt> {
    const bytes = request.events.reduce((sum, event) => sum + event.bytes, 0);
    this.refuseOverload(request.stream, bytes);
    this.appends++;
    this.bytes += bytes;
    try {
      const stream = this.live ?? (await this.opened(request.stream));
      return await stream.send(request);
    } finally {
      this.appends--;
      this.bytes -= bytes;
    }
  }

  /** Ends the open call; what still waits for an answer is rejected. */
  close(): void {
    this.current?.then((stream) => stream.end()).catch(() => undefined);
  }

  private refuseOverload(stream: string, bytes: number): void {
    if (bytes > MAX_APPEND_BYTES)
      throw new Error(`An append of ${bytes} bytes to ${stream} is larger than any event store takes`);
    const { maxPending, maxPendingBytes } = this.bounds;
    if (this.appends >= maxPending || (this.appends > 0 && this.bytes + bytes > maxPendingBytes))
      throw new EventStoreUnavailable(`The event store has ${this.appends} appends to answer: no more are taken`);
  }

  private async opened(stream: string): Promise<BatchStream> {
    const opening = (this.current ??= this.open());
    try {
      return await within(this.bounds.timeoutMs, opening, `append to ${stream}`);
    } catch (error) {
      if (this.current === opening) this.current = undefined;
      throw error;
    }
  }

  private async open(): Promise<BatchStream> {
    const { connection, bounds } = this;
    const link = await connection.link();
    const call = link.streams.batchAppend(connection.metadata(), { deadline: Infinity });
    const stream: BatchStream = new BatchStream(call, {
      timeoutMs: bounds.timeoutMs,
      errorOf: ({ stream: name }, failure) => this.errorOf(name, failure),
      over: (failure, silent) => {
        if (this.live === stream) this.current = this.live = undefined;
        if (silent) connection.noteSilence(link);
        else connection.noteFailure(link, failure);
      },
    });
    this.live = stream;
    return stream;
  }

  /** Whatever ended the call that many appends share, it says nothing about any one of them. */
  private errorOf(stream: string, failure: unknown): EventStoreUnavailable {
    if (failure === undefined)
      return new EventStoreUnavailable(`Cannot append to ${stream}: the event store ended the connection`);
    const error = portError(`append to ${stream}`, failure, this.connection.settings);
    return error instanceof EventStoreUnavailable
      ? error
      : new EventStoreUnavailable(error.message, { cause: failure });
  }
}

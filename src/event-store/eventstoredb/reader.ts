import { EventStoreUnavailable } from '../event-store.port.js';
import { AnswerStream } from './answer-stream.js';
import { answerBytes, positionOf, present, recordedIn } from './codec.js';
import type { Connection, Link } from './connection.js';
import { callFailure, isGone, portError } from './errors.js';
import { eventRequest, logRequest, newestRequest, streamRequest, type LogPlace } from './read-requests.js';
import type { ReadAnswer, ReadRequest } from './wire.js';
import { within } from './within.js';

export type RecordedMessage = NonNullable<ReturnType<typeof recordedIn>>;

export interface StreamRead {
  readonly events: readonly RecordedMessage[];
  /** False for a stream that never was or is deleted; a stream whose events are all too old to be read is there. */
  readonly exists: boolean;
  /** The last revision, of an event that may be too old to be read. */
  readonly revision: bigint | undefined;
}

/** The newest position of ours that anyone here has seen: there are none beyond it as far as is known. */
export class KnownHead {
  private seen: bigint | undefined;

  get newest(): bigint | undefined {
    return this.seen;
  }

  note(position: bigint): void {
    if (this.seen === undefined || position > this.seen) this.seen = position;
  }
}

/** Reads that end by themselves. Silence for longer than the timeout fails them. */
export class Reader {
  readonly known = new KnownHead();

  constructor(
    private readonly connection: Connection,
    private readonly timeoutMs: number,
  ) {}

  async stream(stream: string, count?: number): Promise<StreamRead> {
    const events: RecordedMessage[] = [];
    let last: bigint | undefined;
    let exists = true;
    const take = (answer: ReadAnswer) => {
      const event = recordedIn(answer);
      if (event) events.push(event);
      else if (answer.hasLastStreamPosition()) last = present(answer.getLastStreamPosition());
      else if (answer.hasStreamNotFound()) exists = false;
    };
    exists = (await this.collect(streamRequest(stream, count), `read ${stream}`, take)) && exists;
    const newest = events.at(-1);
    return { events, exists, revision: last ?? (newest && BigInt(newest.getStreamRevision())) };
  }

  /** The event of a stream at a revision, or its newest; undefined when there is none. */
  async event(stream: string, revision: bigint | 'newest'): Promise<RecordedMessage | undefined> {
    const event = await this.first(eventRequest(stream, revision), `read ${stream}`);
    return revision === 'newest' || BigInt(event?.getStreamRevision() ?? -1) === revision ? event : undefined;
  }

  /** Position of the newest event that is not the server's own; undefined when there is none. */
  async head(): Promise<bigint | undefined> {
    const newest = await this.first(newestRequest(), 'read the end of the log');
    if (!newest) return undefined;
    const position = positionOf(newest);
    this.known.note(position);
    return position;
  }

  /** True when something matches after the position, for which `place` stands on the server. */
  async hasAfter(
    position: bigint | undefined,
    place: LogPlace | undefined,
    prefixes: readonly string[],
  ): Promise<boolean> {
    let found = false;
    const take = (answer: ReadAnswer) => {
      const event = recordedIn(answer);
      if (event && positionOf(event) > (position ?? -1n)) found = true;
    };
    // The one that stands at the position may come, too.
    await this.collect(logRequest(place, prefixes, 2), 'read the log', take);
    return found;
  }

  private async first(request: ReadRequest, doing: string): Promise<RecordedMessage | undefined> {
    let first: RecordedMessage | undefined;
    await this.collect(request, doing, (answer) => (first ??= recordedIn(answer)));
    return first;
  }

  /** False when the server refuses since there is no such stream. */
  private async collect(request: ReadRequest, doing: string, take: (answer: ReadAnswer) => void): Promise<boolean> {
    const link = await within(this.timeoutMs, this.connection.link(), doing);
    const answers = openRead(this.connection, link, request);
    try {
      for (;;) {
        const taken = await answers.take(this.timeoutMs);
        if (taken === 'ended') return true;
        if (taken === 'quiet') {
          this.connection.noteSilence(link);
          throw new EventStoreUnavailable(`Cannot ${doing}: no answer within ${this.timeoutMs} ms`);
        }
        taken.answers.forEach(take);
      }
    } catch (error) {
      const failure = callFailure(error);
      if (failure && isGone(failure)) return false;
      this.connection.noteFailure(link, error);
      throw portError(doing, error, this.connection.settings);
    } finally {
      answers.cancel();
    }
  }
}

export const openRead = (connection: Connection, link: Link, request: ReadRequest): AnswerStream<ReadAnswer> =>
  new AnswerStream(link.streams.read(request, connection.metadata(), { deadline: Infinity }), answerBytes);

import { EventStoreUnavailable } from '../event-store.port.js';
import type { RecordedEvent, SubscriptionBatch } from '../event-store.port.js';
import type { EventSchemas } from '../upcast.js';
import { decodeEvent, isRemovalMark, positionOf, recordedIn } from './codec.js';
import type { Connection, Link } from './connection.js';
import { portError } from './errors.js';
import type { AnswerStream } from './answer-stream.js';
import { at, subscriptionRequest, type LogPlace } from './read-requests.js';
import { openRead, type Reader } from './reader.js';
import type { ReadAnswer } from './wire.js';
import { within } from './within.js';

export interface SubscriptionContext {
  readonly connection: Connection;
  readonly reader: Reader;
  readonly schemas: EventSchemas;
  readonly timeoutMs: number;
  /** After this long without a word the log itself is asked how far it is. */
  readonly quietMs: number;
}

export interface SubscriptionStart {
  /** Where the server starts, exclusive; undefined: at the beginning. */
  readonly place: LogPlace | undefined;
  /** What that stands for to the reader. */
  readonly position: bigint | undefined;
  readonly prefixes: readonly string[];
}

/** A batch, and where a server goes on after it. */
export interface PlacedBatch extends SubscriptionBatch {
  readonly place: LogPlace;
}

interface Reached {
  readonly position: bigint;
  readonly place: LogPlace;
}

const reached = (position: bigint): Reached => ({ position, place: at(position) });

const FOLLOWING = 'follow the log';
/** Questions in a row after which a subscription that keeps back what is in the log is taken for dead. */
const MISSED = 5;

/** One subscription to the log, from its start until it breaks. */
export class Subscription {
  private position: bigint | undefined;
  private place: LogPlace | undefined;
  private cancelled = false;
  private broken: Error | undefined;
  private asking: Promise<bigint | 'behind' | undefined> | undefined;
  private missed = 0;

  private constructor(
    private readonly context: SubscriptionContext,
    private readonly start: SubscriptionStart,
    private readonly link: Link,
    /** Read before subscribing: when the server says that the end is reached, all that matches up to here has come. */
    private readonly head: bigint | undefined,
    private readonly answers: AnswerStream<ReadAnswer>,
  ) {
    this.position = start.position;
    this.place = start.place;
  }

  static async open(context: SubscriptionContext, start: SubscriptionStart): Promise<Subscription> {
    const { connection, reader, timeoutMs } = context;
    const head = await reader.head();
    const link = await within(timeoutMs, connection.link(), FOLLOWING);
    const request = subscriptionRequest(start.place, start.prefixes);
    return new Subscription(context, start, link, head, openRead(connection, link, request));
  }

  cancel(): void {
    this.cancelled = true;
    this.answers.cancel();
  }

  /**
   * A batch for all that came while the reader was busy; undefined when that was only a sign of life. Ends when it is
   * cancelled; throws the port's error when it breaks.
   */
  async *batches(): AsyncGenerator<PlacedBatch | undefined> {
    try {
      for (;;) {
        if (this.broken) throw this.broken;
        const taken = await this.answers.take(this.context.quietMs);
        if (this.cancelled) return;
        if (taken === 'ended') throw new EventStoreUnavailable('The event store ended the subscription');
        yield taken === 'quiet' ? await this.ask() : this.batchOf(taken.answers);
      }
    } catch (error) {
      if (this.cancelled) return;
      this.context.connection.noteFailure(this.link, error);
      throw portError(FOLLOWING, error, this.context.connection.settings);
    } finally {
      this.cancel();
    }
  }

  /** In the order in which the server sent them, which is what makes a checkpoint one. */
  private batchOf(answers: readonly ReadAnswer[]): PlacedBatch | undefined {
    this.missed = 0;
    const before = this.position;
    const events: RecordedEvent[] = [];
    try {
      for (const answer of answers) this.take(answer, events);
    } catch (error) {
      this.broken = asError(error); // once what came before it is delivered
    }
    return this.position === before ? undefined : this.batch(events);
  }

  private take(answer: ReadAnswer, events: RecordedEvent[]): void {
    const message = recordedIn(answer);
    if (message) {
      const position = positionOf(message);
      if (!this.isAhead(position)) return;
      if (!isRemovalMark(message)) events.push(decodeEvent(message, this.context.schemas));
      this.context.reader.known.note(position);
      this.moveTo(reached(position));
    } else if (answer.hasCaughtUp()) this.moveTo(this.head === undefined ? undefined : reached(this.head));
    else if (answer.hasCheckpoint()) this.moveTo(this.withinOurs(coveredBy(answer)));
  }

  /** Checkpoints also stand at events of the server. A position beyond the newest of ours would pass for another log's. */
  private withinOurs(checkpoint: Reached): Reached | undefined {
    const { newest } = this.context.reader.known;
    if (newest === undefined) return undefined;
    return newest < checkpoint.position ? reached(newest) : checkpoint;
  }

  private moveTo(to: Reached | undefined): void {
    if (to === undefined || !this.isAhead(to.position)) return;
    this.position = to.position;
    this.place = to.place;
  }

  private batch(events: readonly RecordedEvent[]): PlacedBatch | undefined {
    const { position, place } = this;
    return position === undefined || place === undefined ? undefined : { events, position, place };
  }

  private isAhead(position: bigint): boolean {
    return this.position === undefined || position > this.position;
  }

  /** A server says nothing of a few events that do not match, nor when the subscription is lost on its side. */
  private async ask(): Promise<PlacedBatch | undefined> {
    const asking = (this.asking ??= this.askLog().finally(() => (this.asking = undefined)));
    asking.catch(() => undefined); // read below, unless answers come first
    const answer = await Promise.race([asking, this.answers.ready().then(() => undefined)]);
    if (answer === 'behind') {
      if (++this.missed >= MISSED) throw new EventStoreUnavailable('The event store keeps back events of the log');
      return undefined;
    }
    if (answer === undefined || !this.isAhead(answer)) return undefined;
    this.moveTo(reached(answer));
    return this.batch([]);
  }

  /** The head of the log when nothing that matches is left on the way there. */
  private async askLog(): Promise<bigint | 'behind' | undefined> {
    const { reader } = this.context;
    const { position, place } = this;
    const head = await reader.head();
    if (head === undefined || !this.isAhead(head)) return undefined;
    return (await reader.hasAfter(position, place, this.start.prefixes)) ? 'behind' : head;
  }
}

/** A checkpoint stands at an event that has been dealt with or, with a lower prepare position, before one that has not. */
function coveredBy(answer: ReadAnswer): Reached {
  const checkpoint = answer.getCheckpoint();
  const commit = BigInt(checkpoint?.getCommitPosition() ?? 0);
  const prepare = BigInt(checkpoint?.getPreparePosition() ?? 0);
  return { position: prepare < commit ? commit - 1n : commit, place: { commit, prepare } };
}

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));

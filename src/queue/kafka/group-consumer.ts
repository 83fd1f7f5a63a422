import type { Kafka } from 'kafkajs';
import type { Log } from '../../kernel/log.js';
import { backoffMs, wait } from '../../kernel/retry.js';
import { deliver, type DeliveryRules, type Handle } from '../delivery.js';
import { MessageMoved, type DeliveredMessage, type Handled } from '../queue.port.js';
import { PartitionReader } from './partition-reader.js';
import type { PartitionWork } from './partition-work.js';
import type { Progress } from './progress-poll.js';
import { endWithin } from './within.js';

type Refusal = Extract<Handled, { kind: 'dead' }>;

export interface GroupConsumerPlan {
  readonly topic: string;
  readonly groupId: string;
  readonly sessionTimeoutMs: number;
  readonly maxInFlight: number;
  readonly handle: Handle;
  readonly rules: DeliveryRules;
}

/** What the consumer asks of its queue. */
export interface QueueSide {
  /** How far the logs and the group are, asked anew. Rejects when there is no answer. */
  readonly progress: () => Promise<Progress>;
  /** True when the message is among the dead letters already. */
  readonly isBuried: (message: DeliveredMessage) => boolean;
  /** Moves the message to the dead letters; resolves when that is durable. */
  readonly bury: (message: DeliveredMessage, refusal: Refusal) => Promise<void>;
  readonly committed: (partition: number, next: bigint) => void;
  readonly weighed: (weight: number) => void;
}

// How far one slow message may hold back the commit, in messages per handler.
const WINDOW_PER_HANDLER = 16;
// A commit that lags only means that a crash redelivers more.
const COMMIT_EVERY_MS = 75;
const LAST_COMMIT_MS = 5_000;

/** Hands the messages of this process's partitions to handlers, many at once, and commits only what is settled. */
export class GroupConsumer {
  /** Resolves when it was stopped, the handlers have ended and the group was left. */
  readonly ended: Promise<void>;
  private end!: () => void;
  private readonly reader: PartitionReader;
  private turn = 0;
  private inFlight = 0;
  private stopped = false;
  private commitTimer: NodeJS.Timeout | undefined;
  private committing: Promise<void> = Promise.resolve();

  constructor(
    client: Kafka,
    private readonly plan: GroupConsumerPlan,
    private readonly queue: QueueSide,
    private readonly log: Log,
  ) {
    const { topic, groupId, sessionTimeoutMs, maxInFlight } = plan;
    if (!Number.isInteger(maxInFlight) || maxInFlight < 1) throw new Error(`maxInFlight must be at least 1`);
    this.ended = new Promise((resolve) => (this.end = resolve));
    const { progress, committed, weighed } = queue;
    const filled = () => {
      this.pump();
      this.commitSoon();
    };
    const leaving = () => void this.commit();
    const reading = { topic, groupId, sessionTimeoutMs, progress, filled, leaving, committed, weighed };
    this.reader = new PartitionReader(client, reading, log);
  }

  start(): void {
    this.reader.start();
  }

  /** Work that this process has of the partition; undefined when the partition is not its own. */
  workOf(partition: number): PartitionWork | undefined {
    return this.reader.of(partition);
  }

  /** Delivers nothing more and tells the handlers; stays a member until they have ended, so that nobody else begins their work. */
  stop(): void {
    if (this.stopped) return;
    this.stopped = true;
    this.reader.rest();
    for (const work of this.reader.all) work.abort(new Error('The consumer is stopping'));
    if (this.inFlight === 0) void this.finish();
  }

  /** Ends without waiting for handlers that do not end. */
  async abandon(): Promise<void> {
    this.stop();
    await this.finish();
  }

  private async finish(): Promise<void> {
    clearTimeout(this.commitTimer);
    await endWithin(LAST_COMMIT_MS, this.commit());
    await this.reader.stop();
    this.end();
  }

  /** Starts as many handlers as the bounds allow, the partitions in turn. */
  private pump(): void {
    const { maxInFlight } = this.plan;
    const all = this.reader.all;
    let without = 0;
    while (!this.stopped && this.inFlight < maxInFlight && without < all.length) {
      const work = all[this.turn++ % all.length];
      const message = work?.take(maxInFlight * WINDOW_PER_HANDLER);
      if (work && message) {
        without = 0;
        this.inFlight++;
        void this.process(work, message);
      } else without++;
    }
    if (!this.stopped) this.reader.resume();
  }

  private async process(work: PartitionWork, message: DeliveredMessage): Promise<void> {
    const signal = work.begin(message);
    const settled = this.queue.isBuried(message) || (await this.handle(message, signal));
    work.end(message, settled);
    this.inFlight--;
    this.commitSoon();
    if (!this.stopped) this.pump();
    else if (this.inFlight === 0) await this.finish();
  }

  private async handle(message: DeliveredMessage, signal: AbortSignal): Promise<boolean> {
    const { handle, rules } = this.plan;
    const handled = await deliver(message, handle, rules, signal);
    if (!handled || signal.reason instanceof MessageMoved) return false;
    return handled.kind === 'done' || (await this.bury(message, handled, signal));
  }

  /** Tries until the dead letter is durable; false when the signal aborted before: then the message is delivered again. */
  private async bury(message: DeliveredMessage, refusal: Refusal, signal: AbortSignal): Promise<boolean> {
    for (let attempt = 1; ; attempt++) {
      try {
        await this.queue.bury(message, refusal);
        return true;
      } catch (error) {
        this.log.error({ err: error }, 'A dead letter could not be stored; will try again');
        const delayed = wait(backoffMs(this.plan.rules.retry, attempt), signal);
        const again = await delayed.then(
          () => true,
          () => false,
        );
        if (!again) return false;
      }
    }
  }

  private commitSoon(): void {
    if (this.stopped) return;
    this.commitTimer ??= setTimeout(() => {
      this.commitTimer = undefined;
      void this.commit();
    }, COMMIT_EVERY_MS);
  }

  /** Commits what is settled, one request at a time. One that is refused is harmless: it is made again, or others commit. */
  private commit(): Promise<void> {
    return (this.committing = this.committing.then(() => this.commitNow()));
  }

  private async commitNow(): Promise<void> {
    const due = this.reader.all.flatMap(({ partition, toCommit }) =>
      toCommit === undefined ? [] : [{ partition, next: toCommit }],
    );
    if (due.length === 0) return;
    try {
      await this.reader.commit(due);
    } catch {
      // It is made again below, or the partition is not ours any more.
    }
    if (this.reader.all.some(({ toCommit }) => toCommit !== undefined)) this.commitSoon();
  }
}

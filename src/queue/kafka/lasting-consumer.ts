import type { Consumer, ConsumerConfig, EachBatchPayload, Kafka } from 'kafkajs';
import { hasEnded } from '../../kernel/has-ended.js';
import type { Log } from '../../kernel/log.js';
import { backoffMs, wait, type RetryPolicy } from '../../kernel/retry.js';
import { CLIENT_RETRY } from './client.js';
import { endWithin } from './within.js';

/** A stretch of a partition in which there is nothing to read, such as the end mark of a transaction. */
export interface Skipped {
  readonly partition: number;
  readonly first: bigint;
  readonly last: bigint;
}

/** What one consumer is for. */
export interface ConsumerPlan {
  readonly topic: string;
  /** Asked for every consumer that is made. */
  readonly config: () => ConsumerConfig;
  /** The group has given these partitions to this member; called again whenever it is shared out anew. */
  readonly joined: (partitions: readonly number[]) => void;
  /** The group is about to be shared out anew; commits made now still count. */
  readonly leaving: () => void;
  /** Takes a batch, quickly: heartbeats wait for it. What it does not resolve is read again. */
  readonly batch: (payload: EachBatchPayload) => Promise<void>;
  readonly skipped: (stretch: Skipped) => void;
  /** The group has taken note that everything before `next` is settled. */
  readonly committed: (partition: number, next: bigint) => void;
}

const BACK_OFF: RetryPolicy = { attempts: Infinity, baseDelayMs: 200, maxDelayMs: 3_000 };
const DISCONNECT_MS = 3_000;
const JOIN_ENDS_WITHIN_MS = 5_000;

/** A member of a consumer group that comes back for ever: when the client's consumer gives up, a new one is made. */
export class LastingConsumer {
  /** The consumer of now; undefined while there is none that works. */
  current: Consumer | undefined;
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();
  private failures = 0;

  constructor(
    private readonly client: Kafka,
    private readonly plan: ConsumerPlan,
    private readonly log: Log,
  ) {}

  start(): void {
    this.running = this.runForEver();
  }

  /** Leaves the group; resolves when that is done, or after a few seconds. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async runForEver(): Promise<void> {
    const { signal } = this.stopping;
    while (!hasEnded(signal)) {
      const error = await this.session().catch((reason: unknown) => reason);
      if (hasEnded(signal)) return;
      this.failures++;
      const { topic } = this.plan;
      if (isPowerOfTwo(this.failures))
        this.log.warn({ topic, failures: this.failures, err: error }, 'The consumer failed; a new one takes its place');
      await wait(backoffMs(BACK_OFF, this.failures), signal).catch(() => undefined);
    }
  }

  /** The life of one consumer; answers why it ended. */
  private async session(): Promise<unknown> {
    const { topic, config, batch } = this.plan;
    const consumer = this.client.consumer({
      ...config(),
      allowAutoTopicCreation: false,
      // Starting anew is decided here: the client does it for some errors only, and keeps what it knew.
      retry: { ...CLIENT_RETRY, retries: 5, restartOnFailure: () => Promise.resolve(false) },
    });
    const ending = new AbortController();
    const ended = this.untilEnded(consumer, ending.signal);
    const run = async () => {
      await consumer.connect();
      if (hasEnded(ending.signal)) return undefined;
      await consumer.subscribe({ topics: [topic], fromBeginning: true });
      if (hasEnded(ending.signal)) return undefined;
      await consumer.run({ autoCommit: false, eachBatchAutoResolve: false, eachBatch: batch });
      return ended;
    };
    const running = run();
    running.catch(() => undefined); // when it ends after it was stopped
    try {
      return await Promise.race([running, ended]); // joining a group takes as long as its other members do
    } finally {
      ending.abort();
      this.current = undefined;
      // One that is disconnected while it joins connects anew and joins all the same, and nothing ends it any more.
      await endWithin(JOIN_ENDS_WITHIN_MS, running);
      await endWithin(DISCONNECT_MS, consumer.disconnect());
    }
  }

  /** Listens to the consumer; resolves with its error when it crashes, or with nothing when it has to stop. */
  private untilEnded(consumer: Consumer, ending: AbortSignal): Promise<unknown> {
    const { joined, leaving, skipped, committed, topic } = this.plan;
    const { GROUP_JOIN, REBALANCING, START_BATCH_PROCESS, COMMIT_OFFSETS, CRASH } = consumer.events;
    consumer.on(GROUP_JOIN, ({ payload }) => {
      if (ending.aborted) return;
      this.failures = 0;
      this.current = consumer;
      joined(payload.memberAssignment[topic] ?? []);
    });
    consumer.on(REBALANCING, leaving);
    consumer.on(START_BATCH_PROCESS, ({ payload: { partition, batchSize, firstOffset, lastOffset } }) => {
      if (batchSize === 0 && isOffset(firstOffset))
        skipped({ partition, first: BigInt(firstOffset), last: BigInt(lastOffset) });
    });
    // The promise of a commit tells nothing: it resolves without a commit when the consumer has just crashed.
    consumer.on(COMMIT_OFFSETS, ({ payload }) => {
      for (const { partitions } of payload.topics)
        for (const { partition, offset } of partitions) committed(partition, BigInt(offset));
    });
    return new Promise((resolve) => {
      const stop = () => resolve(undefined);
      consumer.on(CRASH, ({ payload }) => resolve(payload.error));
      this.stopping.signal.addEventListener('abort', stop, { once: true, signal: ending });
      if (this.stopping.signal.aborted) stop();
    });
  }
}

const isOffset = (offset: unknown): offset is string => typeof offset === 'string';
const isPowerOfTwo = (count: number): boolean => (count & (count - 1)) === 0;

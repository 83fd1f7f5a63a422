import type { Admin, Kafka } from 'kafkajs';
import { wait } from '../../kernel/retry.js';
import { QueueUnavailable } from '../queue.port.js';
import { DiscardableConnection } from './discardable-connection.js';
import { within } from './within.js';

/** Offsets of one partition: the log holds `low` up to before `high`; everything before `committed` is settled. */
export interface PartitionProgress {
  readonly low: bigint;
  readonly high: bigint;
  /** Undefined while the group has committed nothing. */
  readonly committed: bigint | undefined;
}

export interface Progress {
  readonly partitions: ReadonlyMap<number, PartitionProgress>;
  readonly deadLetters: { readonly low: bigint; readonly high: bigint };
  /** Time of the request, by `performance.now()`. */
  readonly askedAt: number;
}

export interface PollPlan {
  readonly topic: string;
  readonly deadLetterTopic: string;
  readonly groupId: string;
  readonly timeoutMs: number;
}

const EVERY_MS = 500;
const FIRST_AGAIN_MS = 200;
const DISCONNECT_MS = 1_000;

/** Asks the brokers again and again how far the logs and the group are. */
export class ProgressPoll {
  latest: Progress | undefined;
  private readonly admin: DiscardableConnection<Admin>;
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();

  constructor(
    client: Kafka,
    private readonly plan: PollPlan,
    private readonly seen: (progress: Progress) => void,
  ) {
    this.admin = new DiscardableConnection(() => client.admin(), DISCONNECT_MS);
  }

  start(): void {
    this.running = this.pollForEver();
  }

  /** Asks now. Rejects with `QueueUnavailable` when there is no answer in time. */
  async fresh(): Promise<Progress> {
    try {
      const late = () => new Error(`no answer within ${this.plan.timeoutMs} ms`);
      const progress = await within(this.plan.timeoutMs, this.ask(), late);
      if (progress.askedAt > (this.latest?.askedAt ?? -Infinity)) this.latest = progress;
      this.seen(progress);
      return progress;
    } catch (error) {
      void this.admin.discard();
      const why = error instanceof Error ? error.message : String(error);
      throw new QueueUnavailable(`Kafka does not tell its offsets: ${why}`, { cause: error });
    }
  }

  /** As `fresh`, but tries for this long: a broker that has just started, or a group that is new, has no coordinator yet. */
  async first(timeoutMs: number): Promise<Progress> {
    const giveUpAt = performance.now() + timeoutMs;
    for (;;) {
      try {
        return await this.fresh();
      } catch (error) {
        if (performance.now() > giveUpAt) throw error;
        await wait(FIRST_AGAIN_MS, this.stopping.signal);
      }
    }
  }

  /** Resolves when nothing is asked any more. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
    await this.admin.discard();
  }

  private async pollForEver(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      await wait(EVERY_MS, signal).catch(() => undefined);
      if (!this.stopping.signal.aborted) await this.fresh().catch(() => undefined);
    }
  }

  private async ask(): Promise<Progress> {
    const askedAt = performance.now();
    const { topic, deadLetterTopic, groupId } = this.plan;
    const admin = await this.admin.get();
    const [groups, offsets, deadOffsets] = await Promise.all([
      admin.fetchOffsets({ groupId, topics: [topic] }),
      admin.fetchTopicOffsets(topic),
      admin.fetchTopicOffsets(deadLetterTopic),
    ]);
    const committed = new Map(groups[0]?.partitions.map(({ partition, offset }) => [partition, BigInt(offset)]));
    const partitions = offsets.map(({ partition, low, high }): [number, PartitionProgress] => {
      const reached = committed.get(partition) ?? -1n;
      return [partition, { low: BigInt(low), high: BigInt(high), committed: reached < 0n ? undefined : reached }];
    });
    const dead = deadOffsets.find(({ partition }) => partition === 0);
    return {
      partitions: new Map(partitions),
      deadLetters: { low: BigInt(dead?.low ?? 0), high: BigInt(dead?.high ?? 0) },
      askedAt,
    };
  }
}

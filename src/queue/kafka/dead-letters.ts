import type { Kafka, Message } from 'kafkajs';
import type { Clock } from '../../kernel/clock.js';
import type { Log } from '../../kernel/log.js';
import { QueueUnavailable, type DeadLetter, type DeliveredMessage, type Handled } from '../queue.port.js';
import { DeadLetterFollower } from './dead-letter-follower.js';
import type { DeadLetterIndex, IndexedLetter } from './dead-letter-index.js';
import { ProgressPoll, type Progress } from './progress-poll.js';
import { MessageTooLarge, type Placed, type Publisher } from './publisher.js';
import { letterKey, letterRecord, tombstone } from './records.js';
import { Redriver } from './redriver.js';

export interface DeadLettersPlan {
  readonly topic: string;
  readonly groupId: string;
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly log: Log;
}

interface Found {
  readonly letter: IndexedLetter;
  readonly recordKey: string;
}

// What is kept of a body that is too large for the topic.
const BEGINNING_BYTES = 64 * 1024;

/** The dead letters: a topic of one partition, and an index of it in this process. */
export class DeadLetters {
  private readonly follower: DeadLetterFollower;
  private readonly redriver: Redriver;

  constructor(
    client: Kafka,
    private readonly plan: DeadLettersPlan,
    private readonly index: DeadLetterIndex,
    private readonly publisher: Publisher,
    private readonly poll: ProgressPoll,
  ) {
    const { topic, groupId, timeoutMs, log } = plan;
    this.follower = new DeadLetterFollower(client, topic, groupId, index, log);
    this.redriver = new Redriver(client, groupId, timeoutMs);
  }

  get count(): number {
    return this.index.count;
  }

  /** Begins to follow the topic; resolves when the index holds what the topic holds now, or after the time of one request. */
  async start({ deadLetters }: Progress): Promise<void> {
    this.follower.start();
    const late = AbortSignal.timeout(this.plan.timeoutMs);
    await this.follower.caughtUpTo(deadLetters.high, late).catch(() => {
      this.plan.log.warn({ topic: this.plan.topic }, 'The index of dead letters is not complete yet');
    });
  }

  observe(progress: Progress): void {
    this.follower.observe(progress);
  }

  list(limit: number, after: bigint): IndexedLetter[] {
    return this.index.list(limit, after);
  }

  readonly isBuried = (message: DeliveredMessage): boolean =>
    this.index.count > 0 && this.index.has(letterKey(message));

  readonly loadFrom = (partition: number, from: bigint) => this.index.loadFrom(partition, from);

  /** Resolves when the letter is on the brokers' logs. One that is too large is kept without the end of its body. */
  async bury(message: DeliveredMessage, { reason, cause }: Extract<Handled, { kind: 'dead' }>): Promise<void> {
    const letter: DeadLetter = { ...message, reason, cause, deadAt: this.plan.clock.now().toISOString() };
    try {
      await this.write(letter, Infinity);
    } catch (error) {
      if (!(error instanceof MessageTooLarge)) throw error;
      await this.write(letter, BEGINNING_BYTES);
    }
  }

  /** Runs `move` with the letter, alone; false when there is none that could be put back. */
  redrive(deadOffset: bigint, move: (found: Found) => Promise<void>): Promise<boolean> {
    return this.redriver.alone(async () => {
      await this.catchUp(); // another process may have put it back
      const found = this.index.find(deadOffset);
      if (!found) return false;
      if (found.truncated) {
        this.plan.log.warn({ deadOffset: String(deadOffset) }, 'A dead letter without its end cannot be put back');
        return false;
      }
      await move(found);
      this.index.remove(deadOffset);
      return true;
    });
  }

  /** Publishes the message and ends its letter, both or neither. */
  move({ recordKey }: Found, topic: string, message: Message): Promise<Placed> {
    return this.redriver.move(topic, message, this.plan.topic, tombstone(recordKey, this.plan.clock.now()));
  }

  async close(): Promise<void> {
    await Promise.all([this.follower.stop(), this.redriver.close()]);
    this.index.close();
  }

  private async write(letter: DeadLetter, maxBytes: number): Promise<void> {
    const [placed] = await this.publisher.send(this.plan.topic, [letterRecord(letter, maxBytes)]);
    if (placed?.offset === undefined) return; // the follower will find it
    const truncated = letter.body.length > maxBytes;
    const kept = truncated ? { ...letter, body: letter.body.subarray(0, maxBytes) } : letter;
    this.index.add(placed.offset, { key: letterKey(letter), letter: kept, truncated });
  }

  private async catchUp(): Promise<void> {
    const { deadLetters } = await this.poll.fresh();
    try {
      await this.follower.caughtUpTo(deadLetters.high, AbortSignal.timeout(this.plan.timeoutMs));
    } catch (error) {
      throw new QueueUnavailable('The dead letters could not be read in time', { cause: error });
    }
  }
}

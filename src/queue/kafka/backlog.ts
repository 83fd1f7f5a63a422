import { QueueFull } from '../queue.port.js';
import { loadOf, type Load } from '../unsettled-load.js';
import type { QueueMessage, QueueStats } from '../queue.port.js';
import type { PartitionWork } from './partition-work.js';
import type { Progress } from './progress-poll.js';
import type { Placed } from './publisher.js';

// Published messages whose weight is remembered, by partition; of more than these the oldest count like those of others.
const REMEMBERED = 50_000;
const WEIGHT_SMOOTHING = 0.02;

/** What is known of one partition. */
class KnownPartition {
  low = 0n;
  high = 0n;
  committed: bigint | undefined;
  /** Own messages that are not settled as far as is known, oldest first. */
  private published: { readonly offset: bigint; readonly weight: number; readonly marks: number }[] = [];
  private head = 0;
  private weight = 0;
  private marks = 0;

  /** A message of one's own; behind it stand `marks` offsets without a message. */
  note(offset: bigint, weight: number, marks: number): void {
    const end = offset + BigInt(1 + marks);
    if (end > this.high) this.high = end;
    this.published.push({ offset, weight, marks });
    this.weight += weight;
    this.marks += marks;
    if (this.published.length - this.head > REMEMBERED) this.forgetOne();
  }

  /** What stands at `from` and behind; of messages published by others the number is known and the weight is assumed. */
  load(from: bigint, typicalWeight: number): Load {
    for (let first = this.published[this.head]; first && first.offset < from; first = this.published[this.head])
      this.forgetOne();
    const messages = from < this.high ? Math.max(0, Number(this.high - from) - this.marks) : 0;
    const known = this.published.length - this.head;
    return { messages, weight: this.weight + Math.round(Math.max(0, messages - known) * typicalWeight) };
  }

  private forgetOne(): void {
    this.weight -= this.published[this.head]?.weight ?? 0;
    this.marks -= this.published[this.head]?.marks ?? 0;
    if (++this.head < 1_024 || this.head * 2 < this.published.length) return;
    this.published.splice(0, this.head);
    this.head = 0;
  }
}

/**
 * How much is published and not settled, from what the brokers last said and what this process did since. Messages are counted
 * by their offsets. Weights are known of messages that this process published or has fetched; those that others published weigh
 * what is typical here. So the bound is kept exactly by one process alone, and by several within what they publish between
 * two looks at the brokers (half a second).
 */
export class Backlog {
  private readonly known = new Map<number, KnownPartition>();
  private reserved = 0;
  private typicalWeight = 1;

  constructor(
    private readonly maxWeight: number,
    private readonly workOf: (partition: number) => PartitionWork | undefined,
  ) {
    if (!Number.isInteger(maxWeight) || maxWeight < 1)
      throw new Error(`The bound of unsettled work must be a whole number of at least 1, not ${maxWeight}`);
  }

  /** How many partitions the topic has. */
  get partitions(): number {
    return this.known.size;
  }

  observe({ partitions }: Progress): void {
    for (const [partition, { low, high, committed }] of partitions) {
      const known = this.at(partition);
      // What this process did meanwhile may be newer than the answer; only a topic made anew goes back.
      const anew = high < known.low;
      known.low = low;
      if (anew || high > known.high) known.high = high;
      if (anew || (committed ?? -1n) > (known.committed ?? -1n)) known.committed = committed;
    }
  }

  /** Makes room for messages that are about to be published; answers what gives the room back. Throws `QueueFull` unless `replacing`. */
  reserve(messages: readonly QueueMessage[], replacing = false): () => void {
    const { weight } = loadOf(messages);
    const unsettled = this.load().weight + this.reserved;
    if (!replacing && unsettled + weight > this.maxWeight)
      throw new QueueFull(`The queue holds ${unsettled} of at most ${this.maxWeight} units of work`);
    this.reserved += weight;
    return () => {
      this.reserved -= weight;
    };
  }

  /** Messages came to stand in the log; `marks` offsets behind each hold the end of its transaction. */
  published(messages: readonly QueueMessage[], placed: readonly Placed[], marks = 0): void {
    for (const [index, { weight }] of messages.entries()) {
      const at = placed[index];
      if (at?.offset !== undefined && at.partition !== undefined) this.at(at.partition).note(at.offset, weight, marks);
      this.weighed(weight);
    }
  }

  committed(partition: number, next: bigint): void {
    const known = this.at(partition);
    if (known.committed === undefined || known.committed < next) known.committed = next;
  }

  /** A message of this weight came by. */
  weighed(weight: number): void {
    this.typicalWeight += (weight - this.typicalWeight) * WEIGHT_SMOOTHING;
  }

  /** Everything that is not settled. `buried` tells what is settled of that by dead letters, from an offset on. */
  load(buried: (partition: number, from: bigint) => Load = nothing): Load {
    let [messages, weight] = [0, 0];
    for (const [partition, known] of this.known) {
      const work = this.workOf(partition);
      const from = work?.next ?? max(known.committed ?? known.low, known.low);
      const rest = known.load(from, this.typicalWeight);
      const dead = work ? NOTHING : buried(partition, from);
      messages += rest.messages + (work?.openMessages ?? 0) - Math.min(rest.messages, dead.messages);
      weight += rest.weight + (work?.openWeight ?? 0) - Math.min(rest.weight, dead.weight);
    }
    return { messages, weight };
  }

  offsets(): QueueStats['partitions'] {
    return [...this.known].map(([partition, { high, committed }]) => ({
      partition,
      newest: high > 0n ? high - 1n : undefined,
      committed: committed !== undefined && committed > 0n ? committed - 1n : undefined,
    }));
  }

  private at(partition: number): KnownPartition {
    let known = this.known.get(partition);
    if (!known) this.known.set(partition, (known = new KnownPartition()));
    return known;
  }
}

const NOTHING: Load = { messages: 0, weight: 0 };
const nothing = (): Load => NOTHING;
const max = (a: bigint, b: bigint): bigint => (a > b ? a : b);

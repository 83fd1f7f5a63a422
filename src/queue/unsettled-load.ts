import { QueueFull, type QueueMessage } from './queue.port.js';

/** Messages and units of work. */
export interface Load {
  readonly messages: number;
  readonly weight: number;
}

export const loadOf = (messages: readonly QueueMessage[]): Load => {
  let weight = 0;
  for (const message of messages) {
    if (!Number.isInteger(message.weight) || message.weight < 1)
      throw new Error(`A message weighs a whole number of at least 1, not ${message.weight}`);
    weight += message.weight;
  }
  return { messages: messages.length, weight };
};

/** What is published, or about to be, and not settled: the one place that knows whether there is room. */
export class UnsettledLoad implements Load {
  messages = 0;
  weight = 0;

  constructor(private readonly maxWeight: number) {
    if (!Number.isInteger(maxWeight) || maxWeight < 1)
      throw new Error(`The bound of unsettled work must be a whole number of at least 1, not ${maxWeight}`);
  }

  /** Makes room before the work is durable, so that what is on its way counts as well. Throws `QueueFull` unless `replacing`. */
  reserve({ messages, weight }: Load, replacing = false): void {
    if (!replacing && this.weight + weight > this.maxWeight)
      throw new QueueFull(`The queue holds ${this.weight} of at most ${this.maxWeight} units of work`);
    this.messages += messages;
    this.weight += weight;
  }

  release({ messages, weight }: Load): void {
    this.messages -= messages;
    this.weight -= weight;
  }

  /** Counts anew, without asking whether there is room: what was accepted stays accepted. */
  set({ messages, weight }: Load): void {
    this.messages = messages;
    this.weight = weight;
  }
}

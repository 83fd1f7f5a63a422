import type { Clock } from '../../kernel/clock.js';
import type { Log } from '../../kernel/log.js';
import type { RetryPolicy } from '../../kernel/retry.js';

/** Contents of PEM files, or true for a broker whose certificate one of the known authorities has signed. */
export type KafkaTls = true | { readonly ca?: string; readonly cert?: string; readonly key?: string };

export interface KafkaSasl {
  readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
  readonly username: string;
  readonly password: string;
}

/** How to reach the brokers. */
export interface KafkaConnection {
  /** `host:port` of one broker or several; the others are learned from them. */
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly ssl?: KafkaTls;
  readonly sasl?: KafkaSasl;
}

/** What topics are made with when they are absent. Existing topics are never altered. */
export interface TopicSettings {
  readonly partitions: number;
  /** -1: what the broker is configured with. */
  readonly replicationFactor: number;
  readonly retentionMs: number;
  readonly deadLetterRetentionMs: number;
  /** Largest message (and batch of messages) that the topic takes; the topic of dead letters takes a little more. */
  readonly maxMessageBytes: number;
}

export interface KafkaQueueOptions extends KafkaConnection, Partial<TopicSettings> {
  /** The consumer group: all processes with one group share the messages. */
  readonly groupId: string;
  /** `openoms.sync-events` by default. */
  readonly topic?: string;
  /** The topic's name and `.dead-letter` by default. Has one partition. */
  readonly deadLetterTopic?: string;
  /** Path of the SQLite file that indexes the dead letters; it can be removed at any time while the queue is closed. */
  readonly indexFile: string;
  /** Bound of the weight that is published and not settled. */
  readonly maxUnsettledWeight: number;
  /** How long one publish may take in all (5 s by default). */
  readonly requestTimeoutMs?: number;
  /** After so long without a sign of life the partitions of a process go to others (10 s by default). */
  readonly sessionTimeoutMs?: number;
  /** How long the brokers may stay out of reach when the queue is opened (10 s by default). */
  readonly startTimeoutMs?: number;
  readonly clock?: Clock;
  readonly log?: Log;
  /** Tries of a handler that throws (8 by default), then the message is a dead letter. */
  readonly retry?: RetryPolicy;
  /** Errors that say an engine is down: tried for as long as it takes, because nothing accepted may be lost. */
  readonly isOutage?: (error: unknown) => boolean;
}

const DAY_MS = 24 * 3_600_000;
const MIB = 1024 * 1024;

export const TOPIC_DEFAULTS: TopicSettings = {
  partitions: 4,
  replicationFactor: -1,
  retentionMs: 7 * DAY_MS,
  deadLetterRetentionMs: 30 * DAY_MS,
  maxMessageBytes: 8 * MIB,
};

import type { IHeaders, KafkaMessage, Message } from 'kafkajs';
import { derivedId } from '../../kernel/ids.js';
import type { DeadLetter, DeliveredMessage, QueueMessage } from '../queue.port.js';

const ID = 'message-id';
const WEIGHT = 'message-weight';
const MAX_ID_LENGTH = 255;
const COUNT = /^[1-9]\d{0,8}$/;

/** Headers of a dead letter; the message's own headers travel beside them. */
const DEAD = {
  reason: 'dead-letter-reason',
  cause: 'dead-letter-cause',
  deadAt: 'dead-letter-at',
  key: 'dead-letter-message-key',
  partition: 'dead-letter-partition',
  offset: 'dead-letter-offset',
  publishedAt: 'dead-letter-published-at',
  wholeBytes: 'dead-letter-truncated-from',
} as const;
const OWN: ReadonlySet<string> = new Set([ID, WEIGHT, ...Object.values(DEAD)]);

/** A dead letter as it stands in its topic. */
export interface LetterRecord {
  readonly key: string;
  readonly letter: DeadLetter;
  /** True when only the beginning of the body is there. */
  readonly truncated: boolean;
}

/** A message for its topic. */
export const messageRecord = (message: QueueMessage, partition: number, at: Date): Message => ({
  key: message.key,
  value: message.body,
  partition,
  timestamp: String(at.getTime()),
  headers: ownHeaders(message),
});

/** What anybody has put into the topic, as a message: nothing that may be absent or odd makes it fail. */
export function deliveredMessage(topic: string, partition: number, record: KafkaMessage): DeliveredMessage {
  const { offset, timestamp } = record;
  const headers = textHeaders(record.headers);
  const { [ID]: id, [WEIGHT]: weight, ...others } = headers;
  return {
    id:
      id !== undefined && id.length > 0 && id.length <= MAX_ID_LENGTH
        ? id
        : derivedId(`${topic}-${partition}-${offset}`, timestamp),
    key: record.key?.toString() ?? '',
    weight: weight !== undefined && COUNT.test(weight) ? Number(weight) : 1,
    headers: others,
    body: record.value === null ? Buffer.alloc(0) : Buffer.from(record.value), // a slice would hold on to the whole batch
    partition,
    offset: BigInt(offset),
    publishedAt: timeOf(timestamp),
  };
}

/**
 * Names a dead letter by the message it was made of, so that burying a message twice leaves one letter. The time tells messages
 * apart that had one offset, as happens when a topic is made anew.
 */
export const letterKey = ({ partition, offset, publishedAt }: DeliveredMessage): string =>
  `${partition}/${offset}/${Date.parse(publishedAt)}`;

/** A dead letter for its topic; with a body of at most `maxBytes`, and a header that says so when that is not all of it. */
export function letterRecord(letter: DeadLetter, maxBytes = Infinity): Message {
  const truncated = letter.body.length > maxBytes;
  return {
    key: letterKey(letter),
    value: truncated ? letter.body.subarray(0, maxBytes) : letter.body,
    partition: 0,
    timestamp: String(Date.parse(letter.deadAt)),
    headers: {
      ...ownHeaders(letter),
      [DEAD.reason]: letter.reason,
      [DEAD.cause]: letter.cause,
      [DEAD.deadAt]: letter.deadAt,
      [DEAD.key]: letter.key,
      [DEAD.partition]: String(letter.partition),
      [DEAD.offset]: String(letter.offset),
      [DEAD.publishedAt]: letter.publishedAt,
      ...(truncated ? { [DEAD.wholeBytes]: String(letter.body.length) } : {}),
    },
  };
}

/** Says that the letter of this key is no more. */
export const tombstone = (key: string, at: Date): Message => ({
  key,
  value: null,
  partition: 0,
  timestamp: String(at.getTime()),
});

/** Reads a record of the dead-letter topic; undefined when it is none of ours. */
export function readLetter(topic: string, record: KafkaMessage): LetterRecord | undefined {
  const headers = textHeaders(record.headers);
  const { [DEAD.partition]: partition, [DEAD.offset]: offset, [DEAD.reason]: reason } = headers;
  if (!record.key || reason === undefined || !isNumber(partition) || !isNumber(offset)) return undefined;
  const message = deliveredMessage(topic, Number(partition), record);
  const others = Object.entries(message.headers).filter(([name]) => !OWN.has(name));
  return {
    key: record.key.toString(),
    truncated: headers[DEAD.wholeBytes] !== undefined,
    letter: {
      ...message,
      headers: Object.fromEntries(others),
      offset: BigInt(offset),
      key: headers[DEAD.key] ?? '',
      publishedAt: headers[DEAD.publishedAt] ?? message.publishedAt,
      reason,
      cause: headers[DEAD.cause] ?? '',
      deadAt: headers[DEAD.deadAt] ?? message.publishedAt,
    },
  };
}

const isNumber = (text: string | undefined): text is string => text !== undefined && /^\d{1,18}$/.test(text);

const ownHeaders = ({ headers, id, weight }: QueueMessage): IHeaders => ({
  ...headers,
  [ID]: id,
  ...(weight === 1 ? {} : { [WEIGHT]: String(weight) }),
});

/** Of a header that is repeated the last counts, as in Kafka's own clients. */
function textHeaders(headers: IHeaders | undefined): Record<string, string> {
  const texts: [string, string][] = [];
  for (const [name, value] of Object.entries(headers ?? {})) {
    const last = Array.isArray(value) ? value.at(-1) : value;
    if (last !== undefined) texts.push([name, last.toString()]);
  }
  return Object.fromEntries(texts);
}

/** Producers may write any number as the time. */
function timeOf(timestamp: string): string {
  const time = new Date(Number(timestamp));
  return Number.isNaN(time.getTime()) ? new Date(0).toISOString() : time.toISOString();
}

import type { IHeaders, KafkaMessage, Message } from 'kafkajs';
import type { DeadLetter, QueueMessage } from '../queue.port.js';
import { deliveredMessage, letterKey, letterRecord, messageRecord, readLetter, tombstone } from './records.js';

const at = new Date('2030-01-02T03:04:05.678Z');
const message: QueueMessage = {
  ...{ id: 'm1', key: 'a/世界\n𝄞', weight: 3, body: Buffer.from('{}') },
  headers: { 'content-type': 'application/json', 'correlation-id': 'r-1' },
};

/** A record as it comes back from the broker: keys and headers as bytes. */
function received({ key, value, headers = {}, timestamp = '0' }: Message, offset = '7'): KafkaMessage {
  const bytes = (text: Buffer | string) => Buffer.from(text);
  const entries = Object.entries(headers).map(([name, each]): [string, IHeaders[string]] => [
    name,
    Array.isArray(each) ? each.map(bytes) : each && bytes(each),
  ]);
  return {
    ...{ offset, timestamp, attributes: 0, headers: Object.fromEntries(entries) },
    key: key == null ? null : bytes(key),
    value: value === null ? null : bytes(value),
  };
}
const roundTrip = (record: Message) => deliveredMessage('t', 2, received(record));
const letter: DeadLetter = {
  ...{ ...message, partition: 2, offset: 7n, publishedAt: at.toISOString() },
  ...{ reason: 'not-decodable', cause: 'no JSON', deadAt: '2030-01-02T03:04:06.000Z' },
};

describe('a message as a record of Kafka', () => {
  it('comes back as it was', () => {
    const back = roundTrip(messageRecord(message, 2, at));
    expect(back).toEqual({ ...message, partition: 2, offset: 7n, publishedAt: at.toISOString() });
  });

  it('of another producer has an id that is the same whenever it is read, and another one when the topic was made anew', () => {
    const bare = received({ key: null, value: 'x', timestamp: '1' });
    const { id } = deliveredMessage('t', 0, bare);
    expect(deliveredMessage('t', 0, bare).id).toBe(id);
    expect(deliveredMessage('t', 0, { ...bare, timestamp: '2' }).id).not.toBe(id);
    expect(deliveredMessage('t', 1, bare).id).not.toBe(id);
  });

  it.each(['-1', '99999999999999999', 'soon'])('may have any time (%s)', (timestamp) => {
    expect(deliveredMessage('t', 0, received({ value: 'x', timestamp })).publishedAt).toMatch(/^(1969|1970)-/);
  });

  it.each(['', 'x'.repeat(256)])('is not known by an id that is none', (id) => {
    expect(roundTrip({ value: 'x', headers: { 'message-id': id } }).id).toMatch(/^[0-9a-f-]{36}$/);
  });

  it.each(['0', '-3', '1.5', '9'.repeat(10), ''])('weighs one when its weight is "%s"', (weight) => {
    expect(roundTrip({ value: 'x', headers: { 'message-weight': weight } }).weight).toBe(1);
  });
});

describe('a dead letter as a record of Kafka', () => {
  it('comes back whole', () => {
    const record = letterRecord(letter);
    expect(readLetter('t.dead-letter', received(record))).toEqual({ key: letterKey(letter), letter, truncated: false });
  });

  it('says when it holds only the beginning of a body', () => {
    const back = readLetter('t', received(letterRecord(letter, 1)));
    expect(back).toMatchObject({ truncated: true, letter: { body: Buffer.from('{'), headers: message.headers } });
  });

  it('has the same key however often its message is buried', () => {
    expect(letterRecord({ ...letter, deadAt: '2031-01-01T00:00:00.000Z', cause: 'again' }).key).toBe(letterKey(letter));
    expect(letterKey({ ...letter, publishedAt: '2031-01-01T00:00:00.000Z' })).not.toBe(letterKey(letter));
  });

  it('is not what others put into its topic', () => {
    expect(readLetter('t', received({ key: 'k', value: 'x' }))).toBeUndefined();
    expect(readLetter('t', received({ ...letterRecord(letter), key: null }))).toBeUndefined();
  });

  it('ends with a record of its key without a value', () => {
    expect(tombstone('2/7/1', at)).toMatchObject({ key: '2/7/1', value: null, partition: 0 });
  });
});

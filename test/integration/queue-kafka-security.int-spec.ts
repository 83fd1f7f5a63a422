import { setTimeout as sleep } from 'node:timers/promises';
import { QueueUnavailable, type Queue } from '../../src/queue/queue.port.js';
import type { KafkaQueueOptions, KafkaSasl } from '../../src/queue/kafka/kafka-queue-options.js';
import { Consumption, message } from '../contracts/queue-support.js';
import { describeKafka } from '../support/kafka/describe-kafka.js';
import { startKafka } from '../support/kafka/index.js';
import { newPlace, openKafkaQueue } from '../support/kafka/open-queue.js';

const user = { username: 'openoms', password: 'a-very-secret-password' };
const MECHANISMS: readonly KafkaSasl['mechanism'][] = ['plain', 'scram-sha-256', 'scram-sha-512'];

describeKafka('the Kafka queue on guarded brokers', await startKafka({ user, tls: true }), ({ saslAddress, tls }) => {
  let queue: Queue | undefined;
  afterEach(async () => {
    await queue?.close();
    queue = undefined;
  });
  const open = async (address: string, how: Partial<KafkaQueueOptions>) =>
    (queue = await openKafkaQueue(address, newPlace(), { startTimeoutMs: 3_000, ...how }));

  /** Publishing, consuming, refusing and re-driving: every kind of connection that the queue makes. */
  const works = async (opened: Queue) => {
    await opened.publish([message('a')]);
    let refused = false;
    const consumption = new Consumption(opened, () => {
      if (refused) return { kind: 'done' };
      refused = true;
      return { kind: 'dead', reason: 'not-decodable', cause: 'no JSON' };
    });
    await consumption.reached(1);
    while ((await opened.deadLetters(1)).length === 0) await sleep(5);
    const [letter] = await opened.deadLetters(1);
    expect(await opened.redrive(letter!.deadOffset)).toBe(true);
    await consumption.reached(2);
    await consumption.stop();
    expect(consumption.ids).toEqual(['a', 'a']);
  };

  it.each(MECHANISMS)('works with a user and a password (%s)', async (mechanism) => {
    await works(await open(saslAddress!, { sasl: { mechanism, ...user } }));
  });

  it.each(MECHANISMS)('says that a password is refused, and not which (%s)', async (mechanism) => {
    const password = 'another-secret-password';
    const opening = open(saslAddress!, { sasl: { mechanism, username: user.username, password } });
    const error = await opening.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(QueueUnavailable);
    expect(String(error)).toContain(saslAddress);
    expect(String(error)).toMatch(/authentication/i);
    for (let at = error; at instanceof Error; at = at.cause) expect(String(at.stack)).not.toContain(password);
  });

  it('works over TLS with a certificate of its own', async () => {
    const { address, ca, client } = tls!;
    await works(await open(address, { ssl: { ca, cert: client.certificate, key: client.key } }));
  });

  it('does not talk to a broker whose certificate it does not know', async () => {
    await expect(open(tls!.address, { ssl: true })).rejects.toThrow(QueueUnavailable);
  });

  it('says within its bound which brokers it cannot reach', async () => {
    const beganAt = performance.now();
    await expect(open('127.0.0.1:9', {})).rejects.toThrow('127.0.0.1:9');
    expect(performance.now() - beganAt).toBeLessThan(5_000);
  });
});

import { Kafka, logLevel, type KafkaConfig, type LogEntry, type SASLOptions } from 'kafkajs';
import type { Log } from '../../kernel/log.js';
import type { KafkaConnection, KafkaSasl, KafkaTls } from './kafka-queue-options.js';

/** Tries inside the client; what follows when they are used up is decided by who called. */
export const CLIENT_RETRY = { retries: 3, initialRetryTime: 100, maxRetryTime: 1_000, factor: 0.2, multiplier: 2 };

// The publisher uses no producer again that has failed, so nothing depends on its retries.
const ABOUT_RETRIES = 'Limiting retries';
const CONNECT_TIMEOUT_MS = 3_000;
const REPEAT_AFTER_MS = 30_000;
const MAX_REMEMBERED = 200;

const tlsOptions = (ssl: KafkaTls): NonNullable<KafkaConfig['ssl']> => {
  if (ssl === true) return true;
  const { ca, cert, key } = ssl;
  return { ...(ca === undefined ? {} : { ca: [ca] }), ...(cert === undefined ? {} : { cert, key }) };
};

const saslOptions = ({ mechanism, username, password }: KafkaSasl): SASLOptions =>
  mechanism === 'plain'
    ? { mechanism, username, password }
    : mechanism === 'scram-sha-256'
      ? { mechanism, username, password }
      : { mechanism, username, password };

/** Passes on what the client complains of, once in a while each; its other fields stay out, so no secret gets in. */
function complaintsTo(log: Log): (entry: LogEntry) => void {
  const lastSaid = new Map<string, number>();
  return ({ namespace, log: { message, broker, error } }) => {
    if (message.startsWith(ABOUT_RETRIES)) return;
    const now = performance.now();
    if (now - (lastSaid.get(message) ?? -Infinity) < REPEAT_AFTER_MS) return;
    if (lastSaid.size >= MAX_REMEMBERED) lastSaid.clear();
    lastSaid.set(message, now);
    const details = [broker, error].filter((each) => typeof each === 'string').join(' ');
    log.warn({ component: `kafkajs ${namespace}`, details }, message);
  };
}

/** The client of the brokers; it connects when its parts do. */
export function kafkaClient(connection: KafkaConnection, requestTimeoutMs: number, log: Log): Kafka {
  const { brokers, clientId, ssl, sasl } = connection;
  return new Kafka({
    brokers: [...brokers],
    clientId,
    connectionTimeout: Math.min(CONNECT_TIMEOUT_MS, requestTimeoutMs),
    authenticationTimeout: requestTimeoutMs,
    requestTimeout: requestTimeoutMs,
    retry: CLIENT_RETRY,
    logLevel: logLevel.WARN,
    logCreator: () => complaintsTo(log),
    ...(ssl === undefined ? {} : { ssl: tlsOptions(ssl) }),
    ...(sasl === undefined ? {} : { sasl: saslOptions(sasl) }),
  });
}

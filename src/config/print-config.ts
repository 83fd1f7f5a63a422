import { stringify } from 'yaml';
import type { Config } from './config.js';

const NOT_SHOWN = '(not shown)';

/** The effective values as YAML, for people. Secrets are not in it. */
export const printConfig = (config: Config): string =>
  stringify({
    ...config,
    eventStore: { url: withoutPassword(config.eventStore.url) },
    kafka: {
      ...config.kafka,
      tls: { ...config.kafka.tls, ...(config.kafka.tls.key === undefined ? {} : { key: NOT_SHOWN }) },
      sasl: { ...config.kafka.sasl, password: config.kafka.sasl.password === '' ? '' : NOT_SHOWN },
    },
    notifications: {
      ...config.notifications,
      topics: mapValues(config.notifications.topics, (topic) => ({ ...topic, secret: NOT_SHOWN })),
    },
    auth: { ...config.auth, keys: (config.auth.keys ?? []).map((key) => ({ ...key, secretKey: NOT_SHOWN })) },
  });

const withoutPassword = (url: string): string => url.replace(/\/\/[^@/]*@/, '//(not shown)@');

const mapValues = <T, R>(mapping: Readonly<Record<string, T>>, change: (value: T) => R): Record<string, R> =>
  Object.fromEntries(Object.entries(mapping).map(([name, value]) => [name, change(value)]));

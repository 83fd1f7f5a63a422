import { isIPv4 } from 'node:net';
import type { Config } from './config.js';
import type { ConfigProblem } from './config-error.js';

type Problem = Pick<ConfigProblem, 'path' | 'message'>;

/** What is wrong between keys that are each right on their own. */
export const crossChecks = (config: Config): readonly Problem[] => [
  ...notAvailableYet(config),
  ...authProblems(config),
  ...transferProblems(config),
  ...retentionProblems(config),
];

/** What the design has and this version has not. */
function notAvailableYet({ eventStore, kafka }: Config): readonly Problem[] {
  const problems: Problem[] = [];
  if (/^(esdb|kurrentdb)(\+discover)?:/.test(eventStore.url))
    problems.push({
      path: 'eventStore.url',
      message: 'with EventStoreDB is not available in this version, use sqlite',
    });
  else if (eventStore.url !== 'sqlite') problems.push({ path: 'eventStore.url', message: 'must be sqlite' });
  if (kafka.brokers.length > 0)
    problems.push({
      path: 'kafka.brokers',
      message: 'cannot be used: Kafka is not available in this version, leave the list empty for the embedded queue',
    });
  return problems;
}

function authProblems({ auth, server }: Config): readonly Problem[] {
  if (auth.mode === 'required' && (auth.keys ?? []).length === 0)
    return [{ path: 'auth.keys', message: 'must hold at least one key when auth.mode is required' }];
  if (auth.mode === 'none' && !isLoopback(server.host))
    return [
      {
        path: 'auth.mode',
        message: `can be none only on a loopback host, not on ${server.host}: set it to required, or server.host to 127.0.0.1`,
      },
    ];
  return [];
}

function transferProblems({ transfer }: Config): readonly Problem[] {
  if (transfer.maxDelayMs >= transfer.baseDelayMs) return [];
  return [{ path: 'transfer.maxDelayMs', message: 'must not be below transfer.baseDelayMs' }];
}

function retentionProblems({ syncEvents }: Config): readonly Problem[] {
  if (syncEvents.retentionDays !== 1) return [];
  return [
    {
      path: 'syncEvents.retentionDays',
      message: 'must be 0 (forever) or at least 2: the figures of a day are closed on the day after it',
    },
  ];
}

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));

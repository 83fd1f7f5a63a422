import { isIPv4 } from 'node:net';
import type { Config } from './config.js';
import type { ConfigProblem } from './config-error.js';

type Problem = Pick<ConfigProblem, 'path' | 'message'>;

/** What is wrong between keys that are each right on their own. */
export const crossChecks = (config: Config, masterKey: string | undefined): readonly Problem[] => [
  ...engineProblems(config, masterKey),
  ...authProblems(config),
  ...transferProblems(config),
  ...retentionProblems(config),
];

/** Processes of a cluster share the event store, the queue and the master key, and nothing else. */
function engineProblems({ eventStore, kafka, roles }: Config, masterKey: string | undefined): readonly Problem[] {
  const problems: Problem[] = [];
  const eventStoreDB = isEventStoreDB(eventStore.url);
  if (!eventStoreDB && eventStore.url !== 'sqlite')
    problems.push({
      path: 'eventStore.url',
      message: 'must be sqlite or an esdb:// or kurrentdb:// connection string',
    });
  if (eventStoreDB && kafka.brokers.length === 0)
    problems.push({ path: 'kafka.brokers', message: 'must name a broker when the event store is an EventStoreDB' });
  if (eventStoreDB && (masterKey ?? '').trim() === '')
    problems.push({
      path: 'eventStore.url',
      message: 'as an EventStoreDB needs OPENOMS_MASTER_KEY, the same for all processes of the cluster',
    });
  if (!eventStoreDB && roles.length === 1)
    problems.push({
      path: 'roles',
      message: 'must be api and worker in one process: with SQLite no other process sees what this one does',
    });
  if (kafka.outcomes.enabled && kafka.brokers.length === 0)
    problems.push({ path: 'kafka.outcomes.enabled', message: 'needs kafka.brokers' });
  return problems;
}

/** Whether a configured event store is a server that several processes share. */
export const isEventStoreDB = (url: string): boolean => /^(esdb|kurrentdb)(\+discover)?:\/\/\S+$/.test(url);

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

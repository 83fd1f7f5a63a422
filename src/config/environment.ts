import type { ConfigProblem } from './config-error.js';

export type Environment = Readonly<Record<string, string | undefined>>;
type Kind = 'text' | 'number' | 'list' | 'flag';

/**
 * Every environment variable that overrides a key. Six have short names; the others are `OPENOMS_` and the key's path in
 * capitals with underscores. Clouds, access keys, topics and templates are for the file only.
 */
const VARIABLES: Readonly<Record<string, readonly [path: string, kind: Kind]>> = {
  OPENOMS_HOST: ['server.host', 'text'],
  OPENOMS_PORT: ['server.port', 'number'],
  OPENOMS_ROLES: ['roles', 'list'],
  OPENOMS_DATA_DIR: ['dataDir', 'text'],
  OPENOMS_EVENT_STORE: ['eventStore.url', 'text'],
  OPENOMS_KAFKA_BROKERS: ['kafka.brokers', 'list'],
  OPENOMS_KAFKA_GROUP_ID: ['kafka.groupId', 'text'],
  OPENOMS_KAFKA_CLIENT_ID: ['kafka.clientId', 'text'],
  OPENOMS_KAFKA_TOPIC: ['kafka.topic', 'text'],
  OPENOMS_KAFKA_PARTITIONS: ['kafka.partitions', 'number'],
  OPENOMS_KAFKA_REPLICATION_FACTOR: ['kafka.replicationFactor', 'number'],
  OPENOMS_KAFKA_REQUEST_TIMEOUT_MS: ['kafka.requestTimeoutMs', 'number'],
  OPENOMS_KAFKA_SESSION_TIMEOUT_MS: ['kafka.sessionTimeoutMs', 'number'],
  OPENOMS_KAFKA_TLS_ENABLED: ['kafka.tls.enabled', 'flag'],
  OPENOMS_KAFKA_TLS_CA_FILE: ['kafka.tls.caFile', 'text'],
  OPENOMS_KAFKA_TLS_CERT_FILE: ['kafka.tls.certFile', 'text'],
  OPENOMS_KAFKA_TLS_KEY_FILE: ['kafka.tls.keyFile', 'text'],
  OPENOMS_KAFKA_SASL_MECHANISM: ['kafka.sasl.mechanism', 'text'],
  OPENOMS_KAFKA_SASL_USERNAME: ['kafka.sasl.username', 'text'],
  OPENOMS_KAFKA_SASL_PASSWORD: ['kafka.sasl.password', 'text'],
  OPENOMS_KAFKA_SASL_PASSWORD_FILE: ['kafka.sasl.passwordFile', 'text'],
  OPENOMS_KAFKA_OUTCOMES_ENABLED: ['kafka.outcomes.enabled', 'flag'],
  OPENOMS_KAFKA_OUTCOMES_TOPIC: ['kafka.outcomes.topic', 'text'],
  OPENOMS_KAFKA_OUTCOMES_FORMAT: ['kafka.outcomes.format', 'text'],
  OPENOMS_SERVER_SHUTDOWN_TIMEOUT_MS: ['server.shutdownTimeoutMs', 'number'],
  OPENOMS_SERVER_READ_YOUR_WRITES_MS: ['server.readYourWritesMs', 'number'],
  OPENOMS_QUEUE_MAX_UNSETTLED_KEYS: ['queue.maxUnsettledKeys', 'number'],
  OPENOMS_QUEUE_MAX_IN_FLIGHT: ['queue.maxInFlight', 'number'],
  OPENOMS_LISTS_FLUSH_INTERVAL_MS: ['lists.flushIntervalMs', 'number'],
  OPENOMS_LISTS_MAX_LINES: ['lists.maxLines', 'number'],
  OPENOMS_TRANSFER_TRANSPORT: ['transfer.transport', 'text'],
  OPENOMS_TRANSFER_PIPELINING: ['transfer.pipelining', 'text'],
  OPENOMS_TRANSFER_READ_CONCURRENCY: ['transfer.readConcurrency', 'number'],
  OPENOMS_TRANSFER_WRITE_CONCURRENCY: ['transfer.writeConcurrency', 'number'],
  OPENOMS_TRANSFER_MULTIPART_THRESHOLD_BYTES: ['transfer.multipartThresholdBytes', 'number'],
  OPENOMS_TRANSFER_PART_BYTES: ['transfer.partBytes', 'number'],
  OPENOMS_TRANSFER_PART_CONCURRENCY: ['transfer.partConcurrency', 'number'],
  OPENOMS_TRANSFER_BUFFER_BYTES: ['transfer.bufferBytes', 'number'],
  OPENOMS_TRANSFER_BUFFER_BUDGET_BYTES: ['transfer.bufferBudgetBytes', 'number'],
  OPENOMS_TRANSFER_ATTEMPTS: ['transfer.attempts', 'number'],
  OPENOMS_TRANSFER_BASE_DELAY_MS: ['transfer.baseDelayMs', 'number'],
  OPENOMS_TRANSFER_MAX_DELAY_MS: ['transfer.maxDelayMs', 'number'],
  OPENOMS_TRANSFER_REQUEST_TIMEOUT_MS: ['transfer.requestTimeoutMs', 'number'],
  OPENOMS_TRANSFER_IDLE_TIMEOUT_MS: ['transfer.idleTimeoutMs', 'number'],
  OPENOMS_TRANSFER_OBJECT_TIMEOUT_MS: ['transfer.objectTimeoutMs', 'number'],
  OPENOMS_TRANSFER_BREAKER_FAILURES: ['transfer.breakerFailures', 'number'],
  OPENOMS_TRANSFER_BREAKER_RESET_MS: ['transfer.breakerResetMs', 'number'],
  OPENOMS_AUTH_MODE: ['auth.mode', 'text'],
  OPENOMS_LOG_LEVEL: ['log.level', 'text'],
  OPENOMS_LIMITS_SYNC_TASKS_PER_PROJECT: ['limits.syncTasksPerProject', 'number'],
  OPENOMS_LIMITS_TASKS_PER_DAY: ['limits.tasksPerDay', 'number'],
  OPENOMS_LIMITS_WAITING_TASKS: ['limits.waitingTasks', 'number'],
  OPENOMS_LIMITS_TASK_GROUPS_PER_DAY: ['limits.taskGroupsPerDay', 'number'],
  OPENOMS_TASKS_RUNNING_PER_WORKER: ['tasks.runningPerWorker', 'number'],
  OPENOMS_TASKS_PAGE_OBJECTS: ['tasks.pageObjects', 'number'],
  OPENOMS_TASKS_OBJECTS_IN_FLIGHT: ['tasks.objectsInFlight', 'number'],
  OPENOMS_TASKS_LIST_AHEAD_OBJECTS: ['tasks.listAheadObjects', 'number'],
  OPENOMS_TASKS_WAITING_TIMEOUT_DAYS: ['tasks.waitingTimeoutDays', 'number'],
  OPENOMS_TASKS_RESTORE_TIMEOUT_MS: ['tasks.restoreTimeoutMs', 'number'],
  OPENOMS_TASKS_RESTORE_POLL_MS: ['tasks.restorePollMs', 'number'],
  OPENOMS_TASK_GROUPS_TASK_OBJECTS: ['taskGroups.taskObjects', 'number'],
  OPENOMS_TASK_GROUPS_TASK_BYTES: ['taskGroups.taskBytes', 'number'],
  OPENOMS_NOTIFICATIONS_ATTEMPTS: ['notifications.attempts', 'number'],
  OPENOMS_NOTIFICATIONS_TIMEOUT_MS: ['notifications.timeoutMs', 'number'],
  OPENOMS_URL_SOURCE_ALLOW_PRIVATE_NETWORKS: ['urlSource.allowPrivateNetworks', 'flag'],
  OPENOMS_SYNC_EVENTS_RETENTION_DAYS: ['syncEvents.retentionDays', 'number'],
  OPENOMS_CLUSTER_LEASE_TTL_MS: ['cluster.leaseTtlMs', 'number'],
};

const OTHERS: ReadonlySet<string> = new Set(['OPENOMS_CONFIG', 'OPENOMS_MASTER_KEY']);
const TEST_PREFIX = 'OPENOMS_TEST_';

export interface Override {
  readonly variable: string;
  readonly path: string;
  readonly value: unknown;
}

/** What the environment overrides. An empty variable counts as not set, as it does in compose files. */
export const overridesOf = (env: Environment): readonly Override[] =>
  Object.entries(VARIABLES).flatMap(([variable, [path, kind]]) => {
    const given = env[variable];
    return given === undefined || given === '' ? [] : [{ variable, path, value: read(given, kind) }];
  });

/** Variables with our prefix that nothing reads: most likely spelled wrong. */
export const unknownVariables = (env: Environment): readonly ConfigProblem[] =>
  Object.keys(env)
    .filter((name) => name.startsWith('OPENOMS_') && !name.startsWith(TEST_PREFIX))
    .filter((name) => !OTHERS.has(name) && !Object.hasOwn(VARIABLES, name))
    .map((name) => ({ source: name, path: '', message: `is no known environment variable${hint(name)}` }));

/** `OPENOMS_MASTER_KEY`, which is never part of `Config`. */
export const readMasterKey = (env: Environment): string | undefined => env.OPENOMS_MASTER_KEY;

function read(given: string, kind: Kind): unknown {
  if (kind === 'list') return given.split(',').map((part) => part.trim());
  if (kind === 'flag') return given === 'true' || (given === 'false' ? false : given);
  return kind === 'number' && /^-?[0-9]{1,15}$/.test(given) ? Number(given) : given;
}

function hint(name: string): string {
  const last = name.split('_').at(-1) ?? '';
  const near = Object.keys(VARIABLES).filter((known) => last.length > 1 && known.endsWith(`_${last}`));
  return near.length === 0 ? '' : `; did you mean ${near.slice(0, 3).join(' or ')}?`;
}

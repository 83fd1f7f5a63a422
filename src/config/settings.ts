import { Allow } from 'class-validator';
import { flag, hostAndPort, listOf, oneOf, replication, Section, Setting, text, topicName, whole } from './checks.js';
import type { Config, KafkaConfig } from './config.js';

/** Every key of the configuration with its default and what it may be. Clouds and access keys are checked apart. */

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;
const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** S3 takes no smaller parts and no larger puts. */
const [MIN_PART_BYTES, MAX_PUT_BYTES] = [5 * MIB, 5 * GIB];

class ServerSettings {
  @Setting(text(1, 255)) readonly host: string = '127.0.0.1';
  @Setting(whole(0, 65_535)) readonly port: number = 8080;
  @Setting(whole(0, 10 * MINUTE_MS)) readonly shutdownTimeoutMs: number = 30_000;
  @Setting(whole(0, MINUTE_MS)) readonly readYourWritesMs: number = 1000;
}

class EventStoreSettings {
  @Setting(text(1, 4096)) readonly url: string = 'sqlite';
}

class KafkaTlsSettings {
  @Setting(flag) readonly enabled: boolean = false;
  @Setting(text(0, 4096)) readonly caFile: string = '';
  @Setting(text(0, 4096)) readonly certFile: string = '';
  @Setting(text(0, 4096)) readonly keyFile: string = '';
}

class KafkaSaslSettings {
  @Setting(oneOf('none', 'plain', 'scram-sha-256', 'scram-sha-512'))
  readonly mechanism: KafkaConfig['sasl']['mechanism'] = 'none';
  @Setting(text(0, 255)) readonly username: string = '';
  @Setting(text(0, 1024)) readonly password: string = '';
  @Setting(text(0, 4096)) readonly passwordFile: string = '';
}

class KafkaOutcomesSettings {
  @Setting(flag) readonly enabled: boolean = false;
  @Setting(topicName) readonly topic: string = 'openoms.sync-outcomes';
  @Setting(oneOf('protobuf', 'json')) readonly format: 'protobuf' | 'json' = 'protobuf';
}

export class KafkaSettings {
  @Setting(listOf(hostAndPort, 0)) readonly brokers: readonly string[] = [];
  @Setting(text(1, 249)) readonly groupId: string = 'openoms';
  @Setting(text(1, 249)) readonly clientId: string = 'openoms';
  @Setting(topicName) readonly topic: string = 'openoms.sync-events';
  @Setting(whole(1, 10_000)) readonly partitions: number = 8;
  @Setting(replication) readonly replicationFactor: number = -1;
  @Setting(whole(100, MINUTE_MS)) readonly requestTimeoutMs: number = 5000;
  @Setting(whole(6000, 5 * MINUTE_MS)) readonly sessionTimeoutMs: number = 10_000;
  @Section(() => KafkaTlsSettings) readonly tls: KafkaTlsSettings = new KafkaTlsSettings();
  @Section(() => KafkaSaslSettings) readonly sasl: KafkaSaslSettings = new KafkaSaslSettings();
  @Section(() => KafkaOutcomesSettings) readonly outcomes: KafkaOutcomesSettings = new KafkaOutcomesSettings();
}

class ClusterSettings {
  @Setting(whole(1000, 5 * MINUTE_MS)) readonly leaseTtlMs: number = 6000;
}

class QueueSettings {
  @Setting(whole(1, 100_000_000)) readonly maxUnsettledKeys: number = 100_000;
  @Setting(whole(1, 10_000)) readonly maxInFlight: number = 256;
}

class ListsSettings {
  @Setting(whole(10, DAY_MS)) readonly flushIntervalMs: number = 30_000;
  @Setting(whole(1, 1_000_000)) readonly maxLines: number = 100_000;
}

class TransferSettings {
  @Setting(oneOf('undici', 'socket')) readonly transport: Config['transfer']['transport'] = 'socket';
  @Setting(oneOf('auto', 'off')) readonly pipelining: Config['transfer']['pipelining'] = 'auto';
  @Setting(whole(1, 10_000)) readonly readConcurrency: number = 64;
  @Setting(whole(1, 10_000)) readonly writeConcurrency: number = 64;
  @Setting(whole(MIN_PART_BYTES, MAX_PUT_BYTES)) readonly multipartThresholdBytes: number = 64 * MIB;
  @Setting(whole(MIN_PART_BYTES, MAX_PUT_BYTES)) readonly partBytes: number = 16 * MIB;
  @Setting(whole(1, 64)) readonly partConcurrency: number = 4;
  @Setting(whole(0, 256 * MIB)) readonly bufferBytes: number = MIB;
  @Setting(whole(0, 64 * GIB)) readonly bufferBudgetBytes: number = 128 * MIB;
  @Setting(whole(1, 100)) readonly attempts: number = 5;
  @Setting(whole(1, MINUTE_MS)) readonly baseDelayMs: number = 200;
  @Setting(whole(1, 10 * MINUTE_MS)) readonly maxDelayMs: number = 10_000;
  @Setting(whole(100, 10 * MINUTE_MS)) readonly requestTimeoutMs: number = 30_000;
  @Setting(whole(100, 10 * MINUTE_MS)) readonly idleTimeoutMs: number = 30_000;
  @Setting(whole(1000, 7 * DAY_MS)) readonly objectTimeoutMs: number = 3_600_000;
  @Setting(whole(1, 1_000_000)) readonly breakerFailures: number = 10;
  @Setting(whole(1, 10 * MINUTE_MS)) readonly breakerResetMs: number = 5000;
}

class AuthSettings {
  @Setting(oneOf('none', 'required')) readonly mode: 'none' | 'required' = 'none';
  @Allow() readonly keys: unknown = [];
}

class LogSettings {
  @Setting(oneOf('trace', 'debug', 'info', 'warn', 'error', 'silent')) readonly level: Config['log']['level'] = 'info';
}

class LimitsSettings {
  @Setting(whole(1, 1_000_000)) readonly syncTasksPerProject: number = 1000;
  /** The quotas of OMS. */
  @Setting(whole(1, 1_000_000)) readonly tasksPerDay: number = 1500;
  @Setting(whole(1, 1_000_000)) readonly waitingTasks: number = 1500;
  @Setting(whole(1, 1_000_000)) readonly taskGroupsPerDay: number = 100;
}

class TasksSettings {
  @Setting(whole(1, 1000)) readonly runningPerWorker: number = 5;
  @Setting(whole(1, 10_000)) readonly pageObjects: number = 1000;
  @Setting(whole(1, 10_000)) readonly objectsInFlight: number = 64;
  @Setting(whole(1000, 10_000_000)) readonly listAheadObjects: number = 50_000;
  @Setting(whole(1, 3650)) readonly waitingTimeoutDays: number = 30;
  @Setting(whole(1000, 30 * DAY_MS)) readonly restoreTimeoutMs: number = 2 * DAY_MS;
  @Setting(whole(100, DAY_MS)) readonly restorePollMs: number = MINUTE_MS;
}

class TaskGroupsSettings {
  /** What a task is to migrate is written down beforehand, in one file that is held in memory. */
  @Setting(whole(1, 1_000_000)) readonly taskObjects: number = 100_000;
  @Setting(whole(1, Number.MAX_SAFE_INTEGER)) readonly taskBytes: number = 1024 * GIB;
}

export class NotificationsSettings {
  @Allow() readonly topics: unknown = {};
  @Allow() readonly templates: unknown = {};
  @Setting(whole(1, 100)) readonly attempts: number = 5;
  @Setting(whole(100, 10 * MINUTE_MS)) readonly timeoutMs: number = 10_000;
}

class UrlSourceSettings {
  @Setting(flag) readonly allowPrivateNetworks: boolean = false;
}

class SyncEventsSettings {
  /** A day's figures are closed within hours of its end; events expire later than that. */
  @Setting(whole(0, 36_500)) readonly retentionDays: number = 0;
}

export class Settings {
  @Section(() => ServerSettings) readonly server: ServerSettings = new ServerSettings();
  @Setting(listOf(oneOf('api', 'worker'), 1)) readonly roles: readonly ('api' | 'worker')[] = ['api', 'worker'];
  @Setting(text(1, 4096)) readonly dataDir: string = './data';
  @Section(() => EventStoreSettings) readonly eventStore: EventStoreSettings = new EventStoreSettings();
  @Section(() => KafkaSettings) readonly kafka: KafkaSettings = new KafkaSettings();
  @Section(() => QueueSettings) readonly queue: QueueSettings = new QueueSettings();
  @Allow() readonly clouds: unknown = {};
  @Section(() => ListsSettings) readonly lists: ListsSettings = new ListsSettings();
  @Section(() => TransferSettings) readonly transfer: TransferSettings = new TransferSettings();
  @Section(() => AuthSettings) readonly auth: AuthSettings = new AuthSettings();
  @Section(() => LogSettings) readonly log: LogSettings = new LogSettings();
  @Section(() => LimitsSettings) readonly limits: LimitsSettings = new LimitsSettings();
  @Section(() => SyncEventsSettings) readonly syncEvents: SyncEventsSettings = new SyncEventsSettings();
  @Section(() => TasksSettings) readonly tasks: TasksSettings = new TasksSettings();
  @Section(() => TaskGroupsSettings) readonly taskGroups: TaskGroupsSettings = new TaskGroupsSettings();
  @Section(() => NotificationsSettings) readonly notifications: NotificationsSettings = new NotificationsSettings();
  @Section(() => UrlSourceSettings) readonly urlSource: UrlSourceSettings = new UrlSourceSettings();
  @Section(() => ClusterSettings) readonly cluster: ClusterSettings = new ClusterSettings();
}

/** The effective configuration: validated once at start, frozen, secrets never part of it but `auth` and the master key. */
export interface Config {
  readonly server: {
    readonly host: string;
    readonly port: number;
    /** How long SIGTERM waits for work in flight, in milliseconds. */
    readonly shutdownTimeoutMs: number;
    /** How long a write waits until this node's views show it, in milliseconds. */
    readonly readYourWritesMs: number;
  };
  readonly roles: readonly ('api' | 'worker')[];
  readonly dataDir: string;
  /** `sqlite`, or the connection string of an EventStoreDB. */
  readonly eventStore: { readonly url: string };
  readonly kafka: KafkaConfig;
  readonly queue: {
    /** Object keys accepted and not yet settled; above it the webhook answers 503. */
    readonly maxUnsettledKeys: number;
    /** Sync events handled at once. */
    readonly maxInFlight: number;
  };
  /** Merged over the built-in table of clouds: more regions, or other endpoints for known ones. */
  readonly clouds: Readonly<Record<string, { readonly regions: Readonly<Record<string, RegionConfig>> }>>;
  readonly lists: { readonly flushIntervalMs: number; readonly maxLines: number };
  readonly transfer: TransferConfig;
  readonly auth: AuthConfig;
  readonly log: { readonly level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent' };
  readonly limits: LimitsConfig;
  readonly tasks: TasksConfig;
  readonly taskGroups: TaskGroupsConfig;
  readonly notifications: NotificationsConfig;
  /** URL lists and CDN domains: whether they may lead to loopback, private and link-local addresses. */
  readonly urlSource: { readonly allowPrivateNetworks: boolean };
  /** Days after which settled sync events expire; 0 keeps them forever. */
  readonly syncEvents: { readonly retentionDays: number };
  /** What the processes of a cluster agree on among themselves. */
  readonly cluster: {
    /** A duty that one process at a time has is taken over this long after its holder has died, in milliseconds. */
    readonly leaseTtlMs: number;
  };
}

export interface LimitsConfig {
  readonly syncTasksPerProject: number;
  /** Migration tasks that a project may create within 24 hours, and have waiting at once. */
  readonly tasksPerDay: number;
  readonly waitingTasks: number;
  readonly taskGroupsPerDay: number;
}

/** How migration tasks run. */
export interface TasksConfig {
  /** Tasks that one worker process runs at once; the others wait. */
  readonly runningPerWorker: number;
  /** Objects of a page, the unit of recording and repeating. */
  readonly pageObjects: number;
  /** Objects of one task on their way at once. */
  readonly objectsInFlight: number;
  /** Objects that the listing of the source may be ahead of the copying. */
  readonly listAheadObjects: number;
  /** A task that waits longer than this for a worker fails. */
  readonly waitingTimeoutDays: number;
  /** How long a restored object is waited for, and how often it is looked at, in milliseconds. */
  readonly restoreTimeoutMs: number;
  readonly restorePollMs: number;
}

/** How a task group is split. */
export interface TaskGroupsConfig {
  /** A task of a group has at most this many objects, and is cut behind the object that brings it to this many bytes. */
  readonly taskObjects: number;
  readonly taskBytes: number;
}

/** Where messages about ended tasks go: an SMN topic stands for a URL that takes them. */
export interface NotificationsConfig {
  readonly topics: Readonly<Record<string, { readonly url: string; readonly secret: string }>>;
  /** Texts with `{Task_Status}` and the like in them, by name. */
  readonly templates: Readonly<Record<string, string>>;
  readonly attempts: number;
  readonly timeoutMs: number;
}

/** Without brokers the embedded queue is used, and nothing else in here counts. */
export interface KafkaConfig {
  readonly brokers: readonly string[];
  readonly groupId: string;
  readonly clientId: string;
  /** Sync events; the dead letters have a topic of this name with `.dead-letter` behind it. */
  readonly topic: string;
  /** Of a topic that has to be created; an existing one stays as it is. -1 leaves the replication to the broker. */
  readonly partitions: number;
  readonly replicationFactor: number;
  /** A publish that is not confirmed within this time is refused, in milliseconds. */
  readonly requestTimeoutMs: number;
  /** A consumer that is silent for this long loses its partitions, in milliseconds. */
  readonly sessionTimeoutMs: number;
  readonly tls: {
    readonly enabled: boolean;
    /** PEM texts, read from the files that the configuration names. */
    readonly ca?: string;
    readonly cert?: string;
    readonly key?: string;
  };
  readonly sasl: {
    readonly mechanism: 'none' | 'plain' | 'scram-sha-256' | 'scram-sha-512';
    readonly username: string;
    readonly password: string;
  };
  /** Outcomes of sync events for other programs. */
  readonly outcomes: {
    readonly enabled: boolean;
    readonly topic: string;
    readonly format: 'protobuf' | 'json';
  };
}

export interface AuthConfig {
  /** `none` only on a loopback host; `required`: every call of the API is signed with one of `keys`. */
  readonly mode: 'none' | 'required';
  readonly keys?: readonly AccessKeyConfig[];
}

export interface AccessKeyConfig {
  readonly accessKey: string;
  readonly secretKey: string;
  /** Ids of the projects the key opens; `*` opens all. */
  readonly projects: readonly string[];
}

export interface RegionConfig {
  /** `http://` or `https://` URL of the object-store endpoint; for every cloud but Local. */
  readonly endpoint?: string;
  readonly addressing?: 'path' | 'virtual';
  /** Region name to sign with, when it is not the region's own name. */
  readonly signingRegion?: string;
  /** Cloud Local only: an absolute folder; its sub-folders are the buckets. */
  readonly root?: string;
  readonly description?: string;
}

export interface TransferConfig {
  /** What speaks HTTP to S3 endpoints: the library undici, or our own client over plain sockets. */
  readonly transport: 'undici' | 'socket';
  /** Over sockets: whether small requests share connections, several on their way at once, while this process is short of CPU. */
  readonly pipelining: 'auto' | 'off';
  /** Requests in flight per endpoint, reading and writing counted apart. */
  readonly readConcurrency: number;
  readonly writeConcurrency: number;
  /** Objects of at least this size go up in parts. */
  readonly multipartThresholdBytes: number;
  readonly partBytes: number;
  /** Parts of one object in flight. */
  readonly partConcurrency: number;
  /** Bodies up to this size are held in memory, larger ones streamed. */
  readonly bufferBytes: number;
  /** Memory for all bodies held at once; beyond it small bodies are streamed too. */
  readonly bufferBudgetBytes: number;
  /** Tries per store call, the first one included, and the bounds of the wait between them. */
  readonly attempts: number;
  readonly baseDelayMs: number;
  readonly maxDelayMs: number;
  /** A response must begin within this time. */
  readonly requestTimeoutMs: number;
  /** A body must not stand still longer than this. */
  readonly idleTimeoutMs: number;
  /** One object must be done within this time, whatever happens. */
  readonly objectTimeoutMs: number;
  /** Failures in a row after which an endpoint rests, and for how long. */
  readonly breakerFailures: number;
  readonly breakerResetMs: number;
}

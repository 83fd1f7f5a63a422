import { ByteBudget } from '../../src/kernel/byte-budget.js';
import { interceptStore } from '../../src/object-store/intercept-store.js';
import { MemoryBuckets } from '../../src/object-store/memory/memory-buckets.js';
import { MemoryStore } from '../../src/object-store/memory/memory-store.js';
import type { DestinationStore, SourceStore } from '../../src/object-store/object-store.port.js';
import { migrate, type MigrationOptions, type MigrationStart } from '../../src/transfer/migration/migrate.js';
import type {
  MigratedObject,
  MigrationSink,
  PageReport,
  PageSource,
  ResumableUpload,
} from '../../src/transfer/migration/migration.js';
import { ObjectPages } from '../../src/transfer/migration/object-pages.js';
import type { SyncObjectOptions, TransferLimits } from '../../src/transfer/transfer-options.js';
import { faultyStore, StoreFaults } from './faulty-store.js';
import { ManualClock } from './manual-clock.js';

export const MIGRATION_LIMITS: TransferLimits = {
  attempts: 3,
  baseDelayMs: 1,
  maxDelayMs: 1,
  multipartThresholdBytes: 1000,
  partBytes: 100,
  partConcurrency: 3,
  bufferBytes: 100,
  objectTimeoutMs: 5_000,
};

export const MIGRATION_COPY: SyncObjectOptions = {
  buffers: new ByteBudget(64 * 1024 * 1024),
  limits: MIGRATION_LIMITS,
  consistencyCheck: 'size_last_modified',
  migrateMetadata: false,
  enableKms: false,
  enableRestore: false,
  onBug: (error) => {
    throw error;
  },
};

export const FRESH_START: MigrationStart = {
  pagesDone: 0,
  doneNum: 0,
  doneSize: 0,
  scannedNum: 0,
  scannedSize: 0,
  scanIsOver: false,
  uploads: [],
};

/** A sink that keeps what it is told; `beforePage` may wait or fail. */
export class KeptReports implements MigrationSink {
  readonly reports: PageReport[] = [];
  readonly totals: (readonly [num: number, size: number])[] = [];
  readonly uploads: ResumableUpload[] = [];
  movedBytes = 0;
  private isCalled = false;

  constructor(private readonly beforePage: (report: PageReport) => Promise<void> | void = () => undefined) {}

  async page(report: PageReport): Promise<void> {
    await this.alone(async () => {
      await this.beforePage(report);
      this.reports.push(report);
    });
  }

  async scanned(totalNum: number, totalSize: number): Promise<void> {
    await this.alone(async () => {
      await Promise.resolve();
      this.totals.push([totalNum, totalSize]);
    });
  }

  async uploadBegan(upload: ResumableUpload): Promise<void> {
    await Promise.resolve();
    this.uploads.push(upload);
  }

  moved(bytes: number): void {
    this.movedBytes += bytes;
  }

  get objects(): readonly MigratedObject[] {
    return this.reports.flatMap(({ objects }) => objects);
  }

  /** How each key ended: the reason of those that were left alone or failed. */
  get ends(): Record<string, string> {
    return Object.fromEntries(this.objects.map((object) => [object.key, endOf(object)]));
  }

  private async alone(call: () => Promise<void>): Promise<void> {
    if (this.isCalled) throw new Error('The sink is called while a call is under way');
    this.isCalled = true;
    try {
      await call();
    } finally {
      this.isCalled = false;
    }
  }
}

const endOf = (object: MigratedObject): string =>
  object.outcome === 'succeeded'
    ? 'succeeded'
    : object.outcome === 'skipped'
      ? object.reason
      : `${object.failure.reason} ${object.failure.code}`;

/** The same store with another listing. */
export const withListing = (store: DestinationStore, listPages: DestinationStore['listPages']): DestinationStore => ({
  ...faultyStore(store, new StoreFaults()),
  listPages,
});

/** The same store with a wait, or a failure, before every read of a body. */
export const beforeReads = (store: DestinationStore, before: (key: string) => Promise<void> | void): DestinationStore =>
  interceptStore(store, {
    call: (call, signal, proceed) => proceed(call, signal),
    open: async (call, signal, proceed) => {
      await before(call.key);
      return proceed(call, signal);
    },
  });

export interface MigrationTry {
  readonly options?: Partial<Omit<MigrationOptions, 'copy'>>;
  readonly copy?: Partial<SyncObjectOptions>;
  readonly start?: Partial<MigrationStart>;
  readonly prefixes?: readonly string[];
  readonly names?: readonly string[];
  readonly pageObjects?: number;
  readonly pages?: PageSource;
  readonly source?: SourceStore;
  readonly destination?: DestinationStore;
  readonly signal?: AbortSignal;
}

/** Two buckets in memory, `from` and `to`, and migrations from one to the other. */
export class MigrationWorld {
  readonly clock = new ManualClock();
  readonly from = new MemoryBuckets(['from'], this.clock);
  readonly to = new MemoryBuckets(['to'], this.clock);
  readonly source: DestinationStore = new MemoryStore(this.from, 'from');
  readonly destination: DestinationStore = new MemoryStore(this.to, 'to');

  /** Writes objects at the source, each with its own content. */
  seed(keys: readonly string[], size = 10): void {
    for (const key of keys) this.from.write('from', key, Buffer.from(key.padEnd(size, '.').slice(0, size)));
  }

  /** Key and content of everything at the destination. */
  copies(): Record<string, string> {
    return contents(this.to, 'to');
  }

  originals(): Record<string, string> {
    return contents(this.from, 'from');
  }

  async migrate(sink: MigrationSink, attempt: MigrationTry = {}): Promise<void> {
    const {
      source = this.source,
      destination = this.destination,
      prefixes = [''],
      names = [],
      pageObjects = 3,
    } = attempt;
    await migrate(
      source,
      destination,
      attempt.pages ?? new ObjectPages(source, { prefixes, names }, { pageObjects }),
      { ...FRESH_START, ...attempt.start },
      {
        objectsInFlight: 4,
        listAheadObjects: 100,
        savePrefix: '',
        migrateSinceMs: 0,
        ...attempt.options,
        copy: { ...MIGRATION_COPY, ...attempt.copy },
      },
      sink,
      attempt.signal ?? new AbortController().signal,
    );
  }
}

const contents = (buckets: MemoryBuckets, bucket: string): Record<string, string> =>
  Object.fromEntries(
    buckets.keys(bucket).map((key) => [key, buckets.bucket(bucket).objects.get(key)?.content.toString() ?? '']),
  );

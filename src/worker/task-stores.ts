import { SystemTime, type MonotonicTime } from '../kernel/monotonic-time.js';
import type {
  DestinationStore,
  SourceStore,
  StoreCredentials,
  StoreLocation,
} from '../object-store/object-store.port.js';
import type { SyncTaskCredentials, SyncTaskSettings } from '../sync-tasks/sync-task.events.js';

export interface TaskStores {
  readonly source: SourceStore;
  readonly destination: DestinationStore;
}

/** Opens a store with its guards (limits, retries, breaker) around it. */
export type OpenStore = (location: StoreLocation, credentials: StoreCredentials) => DestinationStore;

/** Enough of a sync task to reach its buckets. */
export interface Reachable {
  readonly settings: SyncTaskSettings;
  readonly credentials: SyncTaskCredentials;
}

/** Stores that nobody used for so long are closed: keys that another process forgot are then gone from this one too. */
const IDLE_MS = 60_000;

interface Entry {
  readonly stores: Promise<TaskStores>;
  users: number;
  /** When the last user gave it back. */
  idleSinceMs: number;
  /** False once opening failed or the keys were forgotten: the next user opens afresh. */
  usable: boolean;
}

/**
 * The open stores of the tasks at work, one pair per pair of credentials, so that a restart with new keys gets new stores
 * while copies in flight end on the old ones. At most `maxIdle` pairs stay open without a user, each for a minute.
 */
export class TaskStorePool {
  private readonly entries = new Map<string, Entry>();
  private callOffSweep: (() => void) | undefined;
  private sweeping: Promise<unknown> = Promise.resolve();

  constructor(
    /** Opens the sealed keys; the vault. */
    private readonly vault: { open(ref: string): Promise<StoreCredentials> },
    private readonly openStore: OpenStore,
    private readonly maxIdle = 64,
    private readonly time: MonotonicTime = new SystemTime(),
  ) {}

  /** Lends the stores of a task to `work`. Rejects as the vault does when its keys are gone. */
  async use<T>(task: Reachable, work: (stores: TaskStores) => Promise<T>): Promise<T> {
    const id = `${task.credentials.source.ref} ${task.credentials.destination.ref}`;
    const entry = this.entries.get(id) ?? this.opened(id, task);
    entry.users++;
    try {
      return await work(await entry.stores);
    } finally {
      entry.users--;
      await this.giveBack(id, entry);
    }
  }

  /** Closes the stores that were opened with these keys; copies in flight end on them. */
  async forget(refs: readonly string[]): Promise<void> {
    for (const [id, entry] of this.entries) {
      if (!refs.some((ref) => id.split(' ').includes(ref))) continue;
      entry.usable = false;
      this.entries.delete(id);
      if (entry.users === 0) await closeEntry(entry);
    }
  }

  async close(): Promise<void> {
    this.callOffSweep?.();
    await this.sweeping;
    const open = [...this.entries.values()];
    this.entries.clear();
    await Promise.all(open.map(closeEntry));
  }

  private opened(id: string, task: Reachable): Entry {
    const entry: Entry = { stores: this.open(task), users: 0, idleSinceMs: 0, usable: true };
    entry.stores.catch(() => (entry.usable = false));
    this.entries.set(id, entry);
    return entry;
  }

  private async open({ settings, credentials }: Reachable): Promise<TaskStores> {
    const [source, destination] = await Promise.all([
      this.vault.open(credentials.source.ref),
      this.vault.open(credentials.destination.ref),
    ]);
    const { appId } = settings;
    return {
      source: this.openStore(
        {
          cloudType: settings.srcCloudType,
          region: settings.srcRegion,
          bucket: settings.srcBucket,
          ...(appId === null ? {} : { appId }),
        },
        source,
      ),
      destination: this.openStore(
        { cloudType: settings.dstCloudType, region: settings.dstRegion, bucket: settings.dstBucket },
        destination,
      ),
    };
  }

  private async giveBack(id: string, entry: Entry): Promise<void> {
    if (!entry.usable) {
      if (this.entries.get(id) === entry) this.entries.delete(id);
      if (entry.users === 0) await closeEntry(entry);
      return;
    }
    this.entries.delete(id);
    this.entries.set(id, entry); // most recently used last
    entry.idleSinceMs = this.time.nowMs();
    this.callOffSweep ??= this.time.after(IDLE_MS, () => this.sweep());
    await this.evict();
  }

  private sweep(): void {
    const before = this.time.nowMs() - IDLE_MS;
    const idle = [...this.entries].filter(([, entry]) => entry.users === 0 && entry.idleSinceMs <= before);
    for (const [id] of idle) this.entries.delete(id);
    // What does not close well is out of use all the same.
    this.sweeping = Promise.allSettled([this.sweeping, ...idle.map(([, entry]) => closeEntry(entry))]);
    this.callOffSweep = this.entries.size === 0 ? undefined : this.time.after(IDLE_MS / 4, () => this.sweep());
  }

  private async evict(): Promise<void> {
    if (this.entries.size <= this.maxIdle) return;
    const idle = [...this.entries].filter(([, entry]) => entry.users === 0);
    for (const [id, entry] of idle.slice(0, Math.max(0, idle.length - this.maxIdle))) {
      this.entries.delete(id);
      await closeEntry(entry);
    }
  }
}

async function closeEntry(entry: Entry): Promise<void> {
  const stores = await entry.stores.catch(() => undefined);
  await Promise.all([stores?.source.close(), stores?.destination.close()]);
}

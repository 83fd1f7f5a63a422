import type { Clock } from '../../kernel/clock.js';
import type { MonotonicTime } from '../../kernel/monotonic-time.js';
import type { CdnSettings } from '../../object-store/http/cdn/cdn.js';
import type {
  DestinationStore,
  SourceStore,
  StoreCredentials,
  StoreLocation,
} from '../../object-store/object-store.port.js';
import type { OpenStoreOptions } from '../../object-store/store-factory.js';
import { withThrottle } from '../../object-store/with-throttle.js';
import type { CredentialPointer } from '../../sync-tasks/sync-task.events.js';
import { BandwidthControl } from '../../transfer/bandwidth-schedule.js';
import type { Side } from '../../transfer/failure-reasons.js';
import { blame } from '../../transfer/side-error.js';
import type { OpenPlaces } from './task-places.js';
import type { LiveTask } from './task-record.js';

/** Opens stores with their guards (limits, deadlines, retries, breaker) around them. */
export interface PlaceOpeners {
  bucket(location: StoreLocation, credentials: StoreCredentials, options?: OpenStoreOptions): DestinationStore;
  /** A bucket whose objects are read from a CDN domain, with the key that its signatures need. */
  throughCdn(
    location: StoreLocation,
    credentials: StoreCredentials,
    options: OpenStoreOptions,
    cdn: CdnSettings,
    authenticationKey: string | undefined,
  ): SourceStore;
  urls(): SourceStore;
}

/** Opens sealed keys; the vault. */
interface Keys {
  open(ref: string): Promise<StoreCredentials>;
}

/** Opens the places of tasks with the keys they were started with. */
export const openPlacesWith =
  (keys: Keys, openers: PlaceOpeners, clock: Clock, time: MonotonicTime): OpenPlaces =>
  async (task) => {
    const opening = new Opening(task, await secretsOf(task, keys), openers);
    const { bandwidthPolicy, settings } = task;
    const bandwidth = new BandwidthControl(bandwidthPolicy, clock, time);
    const close = async (): Promise<void> => {
      bandwidth.close();
      await opening.close();
    };
    try {
      const { listFile } = settings.source;
      return {
        source: withThrottle(opening.source(), bandwidth.bucket),
        destination: opening.destination(settings.destination.bucket),
        listFiles: listFile === null ? undefined : opening.destination(listFile.bucket),
        limit: (rules) => bandwidth.update(rules),
        isHeldBack: bandwidth.isHoldingBack,
        close,
      };
    } catch (error) {
      await close();
      throw error;
    }
  };

interface Secrets {
  readonly source: StoreCredentials | undefined;
  readonly destination: StoreCredentials;
  /** What signs the requests to a CDN. */
  readonly cdnKey: string | undefined;
}

async function secretsOf({ credentials }: LiveTask, keys: Keys): Promise<Secrets> {
  const { source, destination, cdn } = credentials;
  const opened = (pointer: CredentialPointer | null) =>
    pointer === null ? Promise.resolve(undefined) : keys.open(pointer.ref);
  const [ofSource, ofDestination, ofCdn] = await Promise.all([opened(source), keys.open(destination.ref), opened(cdn)]);
  return { source: ofSource, destination: ofDestination, cdnKey: ofCdn?.secretKey };
}

/** The stores of one task, as they are opened. */
class Opening {
  private readonly stores: SourceStore[] = [];

  constructor(
    private readonly task: LiveTask,
    private readonly secrets: Secrets,
    private readonly openers: PlaceOpeners,
  ) {}

  source(): SourceStore {
    const { source, cdn, taskType, requesterPays } = this.task.settings;
    if (taskType === 'url_list') return this.kept('source', () => this.openers.urls());
    const { source: secret, cdnKey } = this.secrets;
    if (secret === undefined) throw new Error('A task that reads a bucket has keys for it');
    const { cloudType, region, bucket, appId } = source;
    const location = { ...{ cloudType, region, bucket }, ...(appId === null ? {} : { appId }) };
    const options = { requesterPays };
    return this.kept('source', () =>
      cdn === null
        ? this.openers.bucket(location, secret, options)
        : this.openers.throughCdn(location, secret, options, cdn, cdnKey),
    );
  }

  /** A bucket at the destination's place. */
  destination(bucket: string): DestinationStore {
    const { cloudType, region } = this.task.settings.destination;
    return this.kept('destination', () => this.openers.bucket({ cloudType, region, bucket }, this.secrets.destination));
  }

  async close(): Promise<void> {
    await Promise.all(this.stores.map((store) => store.close()));
  }

  private kept<S extends SourceStore>(side: Side, open: () => S): S {
    try {
      const store = open();
      this.stores.push(store);
      return store;
    } catch (error) {
      throw blame(side, error);
    }
  }
}

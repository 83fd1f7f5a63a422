import type {
  DestinationStore,
  SourceStore,
  StoreCredentials,
  StoreLocation,
} from '../../object-store/object-store.port.js';
import type { ListFileSettings, TaskCredentials, TaskSettings, TaskSource } from '../../tasks/task.settings.js';
import { listFileError } from '../../transfer/migration/list-file-error.js';
import { blame } from '../../transfer/side-error.js';

/** Opens a store with its guards (limits, retries, breaker) around it. */
export type OpenGuarded = (
  location: StoreLocation,
  credentials: StoreCredentials,
  options?: { readonly requesterPays?: boolean },
) => DestinationStore;

/** Opens sealed keys; the vault. */
interface Keys {
  open(ref: string): Promise<StoreCredentials>;
}

/**
 * The places of a group. Each call opens a store that the caller closes; it rejects as the vault does when the keys are gone,
 * and with a `SideError` or `ListFileError` for a place that is not known (any more).
 */
export class GroupStores {
  constructor(
    private readonly keys: Keys,
    private readonly open: OpenGuarded,
  ) {}

  async destination({ destination }: TaskSettings, credentials: TaskCredentials): Promise<DestinationStore> {
    const keys = await this.keys.open(credentials.destination.ref);
    return opened(
      () => this.open(locationOf(destination), keys),
      (error) => blame('destination', error),
    );
  }

  /** What a group by prefixes lists. */
  async source({ source, requesterPays }: TaskSettings, credentials: TaskCredentials): Promise<SourceStore> {
    if (credentials.source === null) throw new Error('A group that lists its source has keys for it');
    const keys = await this.keys.open(credentials.source.ref);
    return opened(
      () => this.open(locationOf(source), keys, { requesterPays }),
      (error) => blame('source', error),
    );
  }

  /** Where the list files are: beside the destination, and opened with its keys. */
  async lists(
    { destination }: TaskSettings,
    { bucket, key }: ListFileSettings,
    credentials: TaskCredentials,
  ): Promise<SourceStore> {
    const keys = await this.keys.open(credentials.destination.ref);
    return opened(
      () => this.open(locationOf({ ...destination, bucket }), keys),
      (error) => listFileError(key, error),
    );
  }
}

const locationOf = ({
  cloudType,
  region,
  bucket,
  appId = null,
}: Pick<TaskSource, 'cloudType' | 'region' | 'bucket'> & Partial<Pick<TaskSource, 'appId'>>): StoreLocation => ({
  cloudType,
  region,
  bucket,
  ...(appId === null ? {} : { appId }),
});

function opened<S>(open: () => S, blamed: (error: unknown) => unknown): S {
  try {
    return open();
  } catch (error) {
    throw blamed(error);
  }
}

/** Lends a store to `work` and closes it. */
export async function lent<S extends { close(): Promise<void> }, R>(
  store: Promise<S>,
  work: (store: S) => Promise<R>,
): Promise<R> {
  const open = await store;
  try {
    return await work(open);
  } finally {
    await open.close();
  }
}

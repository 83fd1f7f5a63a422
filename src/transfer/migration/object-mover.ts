import type { DestinationStore, SourceStore } from '../../object-store/object-store.port.js';
import type { NamedObject } from '../run-object.js';
import { copyListed, syncNamed, type TransferOutcome } from '../sync-object.js';
import type { ResumableUpload, SyncObjectOptions, UploadLog } from '../transfer-options.js';
import type { MigrationOptions, MigrationSink, MigrationStart, SourceEntry } from './migration.js';
import { isOwnCopy, isSince } from './plan-page.js';

/** Moves single objects to their key at the destination. Every failure is an outcome; both reject only with the reason of the signal. */
export interface ObjectMover {
  /** What is to be copied, whatever the destination has. */
  copy(entry: SourceEntry, targetKey: string, signal: AbortSignal): Promise<TransferOutcome>;
  /** Looks at both sides first. What equals its source and is there since `ownSinceMs` counts as synced. */
  look(
    entry: SourceEntry,
    targetKey: string,
    ownSinceMs: number | undefined,
    signal: AbortSignal,
  ): Promise<TransferOutcome>;
  /** The object of this key has ended, well or not. */
  ended(targetKey: string): void;
}

/** The uploads that the run before left, and those of objects that are on their way now. */
class BegunUploads implements UploadLog {
  private readonly begun: Map<string, ResumableUpload>;

  constructor(
    { uploads }: MigrationStart,
    private readonly sink: MigrationSink,
    private readonly onFailure: (error: unknown) => void,
  ) {
    this.begun = new Map(uploads.map((upload) => [upload.key, upload]));
  }

  find(targetKey: string): ResumableUpload | undefined {
    return this.begun.get(targetKey);
  }

  async began(upload: ResumableUpload): Promise<void> {
    this.begun.set(upload.key, upload);
    try {
      await this.sink.uploadBegan(upload);
    } catch (error) {
      this.onFailure(error); // it is not this object that is at fault
      throw error;
    }
  }

  /** The object has ended. */
  forget(targetKey: string): void {
    this.begun.delete(targetKey);
  }
}

export function storeMover(
  source: SourceStore,
  destination: DestinationStore,
  start: MigrationStart,
  { copy, migrateSinceMs }: MigrationOptions,
  sink: MigrationSink,
  onFailure: (error: unknown) => void,
): ObjectMover {
  const uploads = new BegunUploads(start, sink, onFailure);
  const options: SyncObjectOptions = {
    ...copy,
    // Waiting for a restore is for the whole page, not for the place of one object.
    enableRestore: false,
    uploads,
    onMoved: (bytes) => {
      copy.onMoved?.(bytes);
      sink.moved(bytes);
    },
  };
  return {
    copy: ({ key, listed }, targetKey, signal) =>
      copyListed(source, destination, { key, targetKey, listed }, options, signal),
    look: async ({ key, listed }, targetKey, ownSinceMs, signal) => {
      const object = { key, targetKey, listed, migrateSinceMs };
      if (ownSinceMs !== undefined && copy.overwriteMode !== 'FULL_OVERWRITE') {
        const size = await ownCopySize(source, destination, object, ownSinceMs, signal);
        if (size !== undefined) return { outcome: 'synced', size, proof: 'size' };
      }
      return syncNamed(source, destination, object, options, signal);
    },
    ended: (targetKey) => uploads.forget(targetKey),
  };
}

/** The size of an object that the run itself copied before it was cut off; undefined for all others, also where a store fails. */
async function ownCopySize(
  source: SourceStore,
  destination: DestinationStore,
  { key, targetKey }: NamedObject,
  sinceMs: number,
  signal: AbortSignal,
): Promise<number | undefined> {
  try {
    const copied = await destination.head(targetKey, signal);
    if (!isSince(copied, sinceMs)) return undefined;
    return isOwnCopy(await source.head(key, signal), copied, sinceMs) ? copied.size : undefined;
  } catch {
    signal.throwIfAborted();
    return undefined; // what fails here fails again when the object is really tried, and is named there
  }
}

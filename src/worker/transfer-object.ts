import type { ByteBudget } from '../kernel/byte-budget.js';
import { syncObject } from '../transfer/sync-object.js';
import type { TransferLimits } from '../transfer/transfer-options.js';
import type { TransferObject } from './sync-event-driver.js';

/**
 * A restore takes hours where it takes long, and an event that waits holds back others: it is asked for, waited for a short
 * while (some classes are quick, some objects are restored already), and then the object fails until its next event.
 */
const RESTORE = { restorePollMs: 5000, restoreTimeoutMs: 60_000 } as const;

/** Turns the settings of a task into the orders of the transfer engine. */
export const transferObject =
  (limits: TransferLimits, buffers: ByteBudget, onBug: (error: unknown) => void): TransferObject =>
  (settings, { source, destination }, key, signal) =>
    syncObject(
      source,
      destination,
      key,
      {
        limits: { ...limits, ...RESTORE },
        buffers,
        overwriteMode: settings.objectOverwriteMode,
        consistencyCheck: settings.consistencyCheck,
        migrateMetadata: settings.enableMetadataMigration,
        enableKms: settings.enableKms,
        enableRestore: settings.enableRestore,
        storagePolicy: settings.dstStoragePolicy,
        onBug,
      },
      signal,
    );

import type { ByteBudget } from '../kernel/byte-budget.js';
import { storageClassMapper } from '../transfer/storage-class.js';
import { syncObject } from '../transfer/sync-object.js';
import type { TransferLimits } from '../transfer/transfer-options.js';
import type { TransferObject } from './sync-event-driver.js';

/** Turns the settings of a task into the orders of the transfer engine. */
export const transferObject =
  (limits: TransferLimits, buffers: ByteBudget, onBug: (error: unknown) => void): TransferObject =>
  (settings, { source, destination }, key, signal) =>
    syncObject(
      source,
      destination,
      key,
      {
        limits,
        buffers,
        overwriteMode: settings.objectOverwriteMode,
        consistencyCheck: settings.consistencyCheck,
        migrateMetadata: settings.enableMetadataMigration,
        enableKms: settings.enableKms,
        enableRestore: settings.enableRestore,
        mapStorageClass: storageClassMapper(settings.dstStoragePolicy),
        onBug,
      },
      signal,
    );

import type { Config } from '../../config/config.js';
import type { ByteBudget } from '../../kernel/byte-budget.js';
import type { MigrationOptions } from '../../transfer/migration/migrate.js';
import type { TaskPlaces } from './task-places.js';
import type { LiveTask } from './task-record.js';

/** An object that moves on is given time, however large it is and however narrow its task's share of the line. */
const PROGRESS_BYTES = 1024 * 1024;

/** Turns the settings of tasks into the orders of the transfer engine. */
export const copyOrders =
  ({ transfer, tasks }: Pick<Config, 'transfer' | 'tasks'>, buffers: ByteBudget, onBug: (error: unknown) => void) =>
  ({ settings }: LiveTask, { isHeldBack }: TaskPlaces): MigrationOptions => ({
    copy: {
      limits: {
        ...transfer,
        progressBytes: PROGRESS_BYTES,
        restorePollMs: tasks.restorePollMs,
        restoreTimeoutMs: tasks.restoreTimeoutMs,
      },
      buffers,
      overwriteMode: settings.overwriteMode,
      consistencyCheck: settings.consistencyCheck,
      migrateMetadata: settings.enableMetadataMigration,
      enableKms: settings.enableKms,
      enableRestore: settings.enableRestore,
      storagePolicy: settings.storagePolicy,
      isHeldBack,
      onBug,
    },
    objectsInFlight: tasks.objectsInFlight,
    listAheadObjects: tasks.listAheadObjects,
    savePrefix: settings.destination.savePrefix,
    migrateSinceMs: settings.migrateSinceMs,
  });

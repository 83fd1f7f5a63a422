import type { StorageClass } from '../object-store/object-store.port.js';

/** Storage classes of the clouds by their names, upper case without separators. Unknown ones are left to the destination. */
const CLASSES: Readonly<Record<string, StorageClass>> = {
  STANDARD: 'STANDARD',
  MAZSTANDARD: 'STANDARD',
  HOT: 'STANDARD',
  REDUCEDREDUNDANCY: 'STANDARD',
  INTELLIGENTTIERING: 'STANDARD',
  MULTIREGIONAL: 'STANDARD',
  REGIONAL: 'STANDARD',
  IA: 'IA',
  STANDARDIA: 'IA',
  MAZSTANDARDIA: 'IA',
  ONEZONEIA: 'IA',
  INFREQUENTACCESS: 'IA',
  WARM: 'IA',
  COOL: 'IA',
  NEARLINE: 'IA',
  GLACIERIR: 'IA',
  LINE: 'IA',
  ARCHIVE: 'ARCHIVE',
  MAZARCHIVE: 'ARCHIVE',
  GLACIER: 'ARCHIVE',
  COLD: 'ARCHIVE',
  COLDLINE: 'ARCHIVE',
  DEEPARCHIVE: 'DEEP_ARCHIVE',
  COLDARCHIVE: 'DEEP_ARCHIVE',
  DEEPCOLDARCHIVE: 'DEEP_ARCHIVE',
};

/** One class for all objects, that of each source object, or null: the destination decides. */
export type StoragePolicy = StorageClass | 'SRC_STORAGE_MAPPING' | null;

/** The class of the copy of an object whose store calls its class so; undefined leaves it to the destination. */
export function storageClassFor(policy: StoragePolicy, source: string | undefined): StorageClass | undefined {
  if (policy !== 'SRC_STORAGE_MAPPING') return policy ?? undefined;
  return CLASSES[(source ?? 'STANDARD').toUpperCase().replace(/[^A-Z0-9]/g, '')];
}

import type { ObjectInfo, StorageClass } from '../object-store/object-store.port.js';

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

/** The function for `mapStorageClass` that a task's policy stands for: one class for all, or that of each source object. */
export const storageClassMapper = (
  policy: StorageClass | 'SRC_STORAGE_MAPPING' | null,
): ((source: ObjectInfo) => StorageClass | undefined) => {
  if (policy === null) return () => undefined;
  if (policy !== 'SRC_STORAGE_MAPPING') return () => policy;
  return (source) => CLASSES[(source.storageClass ?? 'STANDARD').toUpperCase().replace(/[^A-Z0-9]/g, '')];
};

import type { TaskSettings } from '../../src/tasks/task.settings.js';

/** What a migration task like any other is to do. */
export const anyTaskSettings: TaskSettings = {
  taskType: 'prefix',
  source: {
    cloudType: 'AWS',
    region: 'eu-west-1',
    bucket: 'from',
    appId: null,
    objectKeys: [''],
    listFile: null,
  },
  destination: { cloudType: 'HuaweiCloud', region: 'cn-north-4', bucket: 'to', savePrefix: '' },
  description: '',
  migrateSinceMs: 0,
  cdn: null,
  notification: null,
  enableKms: false,
  enableMetadataMigration: false,
  enableRestore: false,
  recordFailedObjects: true,
  overwriteMode: 'SIZE_LAST_MODIFIED_COMPARISON_OVERWRITE',
  storagePolicy: 'STANDARD',
  consistencyCheck: 'size_last_modified',
  requesterPays: false,
};

import type { SyncTaskSettings } from '../../src/sync-tasks/sync-task.events.js';

/** A sync task like any other. */
export const settings: SyncTaskSettings = {
  srcCloudType: 'AWS',
  srcRegion: 'eu-west-1',
  srcBucket: 'from',
  dstCloudType: 'HuaweiCloud',
  dstRegion: 'cn-north-4',
  dstBucket: 'to',
  description: '',
  enableMetadataMigration: false,
  enableKms: false,
  enableRestore: false,
  dstStoragePolicy: null,
  appId: null,
  consistencyCheck: 'size_last_modified',
  objectOverwriteMode: 'SIZE_LAST_MODIFIED_COMPARISON_OVERWRITE',
};

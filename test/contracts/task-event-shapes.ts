import type { TaskEvent } from '../../src/tasks/task.events.js';

type DataOf<T extends TaskEvent['type']> = Extract<TaskEvent, { type: T }>['data'];

const pointer = { ref: '', fingerprint: '' };
const credentials = { source: pointer, destination: pointer, cdn: pointer };
const bandwidthPolicy = [{ start: '', end: '', maxBytesPerSecond: 1 }];

/** The current shapes of the events of migration tasks, with every optional field there is. */
export const TASK_EVENT_SHAPES: { readonly [T in TaskEvent['type']]: DataOf<T> } = {
  TaskCreated: {
    ...{ projectId: '', taskId: '', name: '', credentials, priority: 'HIGH', bandwidthPolicy, groupId: '', at: '' },
    settings: {
      taskType: 'prefix',
      source: {
        ...{ cloudType: '', region: '', bucket: '', appId: '', objectKeys: [''] },
        listFile: { bucket: '', key: '' },
      },
      destination: { cloudType: '', region: '', bucket: '', savePrefix: '' },
      ...{ description: '', migrateSinceMs: 1 },
      cdn: { domain: '', protocol: 'HTTP', authenticationType: 'NONE' },
      notification: { topicUrn: '', conditions: ['SUCCESS'], language: 'en-us', templateName: '' },
      ...{ enableKms: true, enableMetadataMigration: true, enableRestore: true, recordFailedObjects: true },
      ...{ overwriteMode: 'NO_OVERWRITE', storagePolicy: 'IA', consistencyCheck: 'crc64', requesterPays: true },
    },
    piece: { kind: 'list-range', key: '', etag: '', start: 1, end: 2, objects: 1 },
  },
  TaskStarted: { taskId: '', credentials, mode: 'resume', run: 1, at: '' },
  TaskTaken: { taskId: '', worker: '', take: 1, at: '' },
  TaskRunBegan: { taskId: '', run: 1, stamp: '', destinationTimeMs: 1, at: '' },
  TaskScanned: { taskId: '', totalNum: 1, totalSize: 1, at: '' },
  TaskPageMigrated: {
    ...{ taskId: '', page: 1, cursor: '', at: '' },
    totals: {
      ...{ scannedNum: 1, scannedSize: 1, succeededNum: 1, succeededSize: 1 },
      ...{ skippedNum: 1, skippedSize: 1, failedNum: 1, failedSize: 1 },
    },
    lists: ['success'],
    listErrors: { success: '', skip: '', failed: '' },
  },
  TaskUploadBegan: { taskId: '', key: '', uploadId: '', sourceEtag: '', size: 1, partBytes: 1, at: '' },
  TaskProgressed: { taskId: '', inFlightSize: 1, at: '' },
  TaskPausing: { taskId: '', at: '' },
  TaskPaused: { taskId: '', at: '' },
  TaskReleased: { taskId: '', reason: 'lost', at: '' },
  TaskSucceeded: { taskId: '', at: '' },
  TaskFailed: { taskId: '', code: '', message: '', at: '' },
  TaskDeleted: { taskId: '', at: '' },
  TaskBandwidthPolicyUpdated: { taskId: '', bandwidthPolicy, at: '' },
  TaskPriorityUpdated: { taskId: '', priority: 'LOW', at: '' },
  TaskNotified: { taskId: '', run: 1, delivered: true, errorCode: '', topicUrn: '', at: '' },
};

import type { NewTask } from '../../src/tasks/task.commands.js';
import type { TaskCreated, TaskTotals } from '../../src/tasks/task.events.js';
import type { TaskCredentials, TaskSettings } from '../../src/tasks/task.settings.js';

/** A migration task like any other. */
export const taskSettings: TaskSettings = {
  taskType: 'prefix',
  source: {
    cloudType: 'AWS',
    region: 'eu-west-1',
    bucket: 'from',
    appId: null,
    objectKeys: ['photos/'],
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

/** Keys number `n`, as events hold them. */
export const taskKeys = (n: number): TaskCredentials => ({
  source: { ref: `s${n}`, fingerprint: 'f' },
  destination: { ref: `d${n}`, fingerprint: 'f' },
  cdn: null,
});

export const newTask: NewTask = {
  name: 'from-20260115080910',
  settings: taskSettings,
  credentials: taskKeys(1),
  priority: 'MEDIUM',
  bandwidthPolicy: [],
  groupId: null,
  piece: null,
};

export const TASK_ID = '190000000000001';
export const PROJECT_ID = 'p';

export const taskCreated = (at: string, more: Partial<TaskCreated['data']> = {}): TaskCreated => ({
  type: 'TaskCreated',
  data: { projectId: PROJECT_ID, taskId: TASK_ID, ...newTask, at, ...more },
});

/** So many objects of 10 bytes each; unless said otherwise no more are scanned. */
export const taskTotals = (
  succeeded: number,
  skipped = 0,
  failed = 0,
  scanned = succeeded + skipped + failed,
): TaskTotals => ({
  scannedNum: scanned,
  scannedSize: scanned * 10,
  succeededNum: succeeded,
  succeededSize: succeeded * 10,
  skippedNum: skipped,
  skippedSize: skipped * 10,
  failedNum: failed,
  failedSize: failed * 10,
});

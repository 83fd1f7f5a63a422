import { specFor } from '../../test/support/decider-spec.js';
import {
  newTask,
  TASK_ID,
  taskCreated,
  taskKeys,
  taskSettings,
  taskTotals,
} from '../../test/support/migration-task.js';
import type { OmsErrorKind } from '../kernel/oms-error.js';
import {
  CreateTask,
  DeleteTask,
  StartTask,
  StopTask,
  UpdateTaskBandwidthPolicy,
  UpdateTaskPriority,
  type TaskCommand,
} from './task.commands.js';
import { LEGAL_OPERATIONS, taskDecider } from './task.decider.js';
import type { TaskEvent, TaskPageMigrated } from './task.events.js';
import type { TaskOperation, TaskStatus } from './task.legal-operations.js';
import type { BandwidthRule } from './task.settings.js';

const at = '2026-01-15T08:09:10.000Z';
const given = specFor(taskDecider, at);
const context = { correlationId: 'r1', actor: 'anonymous' };
const taskId = TASK_ID;
const limit: BandwidthRule = { start: '08:00', end: '09:00', maxBytesPerSecond: 1_048_576 };

const create = new CreateTask('p', taskId, newTask, context);
const start = new StartTask('p', taskId, taskKeys(2), false, context);
const startFailed = new StartTask('p', taskId, taskKeys(2), true, context);
const stop = new StopTask('p', taskId, context);
const remove = new DeleteTask('p', taskId, context);
const setLimit = new UpdateTaskBandwidthPolicy('p', taskId, [limit], context);
const setPriority = new UpdateTaskPriority('p', taskId, 'HIGH', context);

const created = taskCreated(at);
const plain = (type: 'TaskPausing' | 'TaskPaused' | 'TaskSucceeded' | 'TaskDeleted', id = taskId): TaskEvent => ({
  type,
  data: { taskId: id, at },
});
const taken: TaskEvent = { type: 'TaskTaken', data: { taskId, worker: 'w1', take: 1, at } };
const failedBy = (code: string): TaskEvent => ({ type: 'TaskFailed', data: { taskId, code, message: 'm', at } });
const began: TaskEvent = {
  type: 'TaskRunBegan',
  data: { taskId, run: 1, stamp: '20260115080910000', destinationTimeMs: 1, at },
};
const page = (number: number, more: Partial<TaskPageMigrated['data']> = {}): TaskEvent => ({
  type: 'TaskPageMigrated',
  data: { taskId, page: number, cursor: `c${number}`, totals: taskTotals(3, 2, 1), lists: ['failed'], at, ...more },
});
const startedAs = (mode: 'resume' | 'all' | 'failed', run: number): TaskEvent => ({
  type: 'TaskStarted',
  data: { taskId, credentials: taskKeys(2), mode, run, at },
});

const HISTORIES: Readonly<Record<TaskStatus, readonly TaskEvent[]>> = {
  waiting: [created],
  migrating: [created, taken],
  pausing: [created, taken, plain('TaskPausing')],
  paused: [created, plain('TaskPaused')],
  failed: [created, taken, failedBy('TRF.0151')],
  succeeded: [created, taken, plain('TaskSucceeded')],
};

const OPERATIONS: Readonly<Record<TaskOperation, TaskCommand>> = {
  start,
  stop,
  delete: remove,
  updateBandwidthPolicy: setLimit,
  updatePriority: setPriority,
};

/** What every legal operation leads to; said again on purpose. */
const OUTCOMES: Readonly<Record<TaskOperation, Partial<Record<TaskStatus, TaskEvent>>>> = {
  start: { paused: startedAs('resume', 1), failed: startedAs('all', 2) },
  stop: { waiting: plain('TaskPaused'), migrating: plain('TaskPausing') },
  delete: {
    waiting: plain('TaskDeleted'),
    paused: plain('TaskDeleted'),
    failed: plain('TaskDeleted'),
    succeeded: plain('TaskDeleted'),
  },
  updateBandwidthPolicy: everywhereBut('succeeded', {
    type: 'TaskBandwidthPolicyUpdated',
    data: { taskId, bandwidthPolicy: [limit], at },
  }),
  updatePriority: everywhereBut('succeeded', { type: 'TaskPriorityUpdated', data: { taskId, priority: 'HIGH', at } }),
};

const REFUSALS: Readonly<Record<TaskOperation, Partial<Record<TaskStatus, OmsErrorKind>>>> = {
  start: {
    waiting: 'TASK_ALREADY_STARTED',
    migrating: 'TASK_ALREADY_STARTED',
    pausing: 'TASK_ALREADY_STARTED',
    succeeded: 'TASK_COMPLETED',
  },
  stop: {
    paused: 'TASK_NOT_RUNNING',
    failed: 'TASK_NOT_RUNNING',
    pausing: 'TASK_NOT_RUNNING',
    succeeded: 'TASK_COMPLETED',
  },
  delete: { migrating: 'TASK_IN_PROGRESS', pausing: 'TASK_IN_PROGRESS' },
  updateBandwidthPolicy: { succeeded: 'BANDWIDTH_NOT_UPDATABLE' },
  updatePriority: { succeeded: 'TASK_COMPLETED' },
};

function everywhereBut(but: TaskStatus, event: TaskEvent): Partial<Record<TaskStatus, TaskEvent>> {
  const others = Object.keys(HISTORIES).filter((status) => status !== but);
  return Object.fromEntries(others.map((status) => [status, event]));
}

const statuses = Object.keys(HISTORIES) as TaskStatus[];
const operations = Object.keys(OPERATIONS) as TaskOperation[];
const everyCase = operations.flatMap((operation) => statuses.map((status) => [operation, status] as const));

describe('every operation in every state', () => {
  it.each(everyCase)('%s of a %s task', (operation, status) => {
    const when = given(...HISTORIES[status]).when(OPERATIONS[operation]);
    const refusal = REFUSALS[operation][status];
    const outcome = OUTCOMES[operation][status];
    expect(LEGAL_OPERATIONS[operation][status]).toBe(refusal ?? 'legal');
    if (refusal !== undefined) when.thenRefused(refusal);
    else when.then(...(outcome === undefined ? [] : [outcome]));
  });

  it.each(everyCase)('%s of a %s task of another project is of an unknown one', (operation, status) => {
    const foreign = taskCreated(at, { projectId: 'q' });
    given(foreign, ...HISTORIES[status].slice(1))
      .when(OPERATIONS[operation])
      .thenRefused('NO_TASK_TO_OPERATE');
  });

  it.each(operations)('%s of a task that never was, or is deleted, is of an unknown one', (operation) => {
    given().when(OPERATIONS[operation]).thenRefused('NO_TASK_TO_OPERATE');
    given(created, plain('TaskDeleted')).when(OPERATIONS[operation]).thenRefused('NO_TASK_TO_OPERATE');
  });
});

describe('creating a task', () => {
  it('makes it wait', () => given().when(create).then(created));
  it('again changes nothing, not even after its deletion', () => {
    given(created).when(create).thenNothing();
    given(created, plain('TaskDeleted')).when(create).thenNothing();
  });
});

describe('a task of a group', () => {
  const ofGroup = taskCreated(at, { groupId: 'g' });
  it('is deleted with its group only', () => {
    given(ofGroup).when(remove).thenRefused('TASK_NOT_DELETABLE');
    given(ofGroup)
      .when(new DeleteTask('p', taskId, context, true))
      .then(plain('TaskDeleted'));
  });
  it('must not run when its group deletes it', () =>
    given(ofGroup, taken)
      .when(new DeleteTask('p', taskId, context, true))
      .thenRefused('TASK_IN_PROGRESS'));
  it('is stopped and started by itself', () => {
    given(ofGroup).when(stop).then(plain('TaskPaused'));
    given(ofGroup, plain('TaskPaused')).when(start).then(startedAs('resume', 1));
  });
});

describe('what is so already', () => {
  it('is not recorded again', () => {
    given(created)
      .when(new UpdateTaskPriority('p', taskId, 'MEDIUM', context))
      .thenNothing();
    given(created)
      .when(new UpdateTaskBandwidthPolicy('p', taskId, [], context))
      .thenNothing();
    given(taskCreated(at, { bandwidthPolicy: [limit] }))
      .when(setLimit)
      .thenNothing();
  });
});

describe('starting with the failed objects only', () => {
  const run = [created, taken, began];
  const through = failedBy('TRF.0062');
  const retry = [
    ...run,
    page(1),
    through,
    startedAs('failed', 2),
    { ...taken, data: { ...taken.data, take: 2 } },
  ] as TaskEvent[];

  it('follows a run that went through everything', () =>
    given(...run, page(1), through)
      .when(startFailed)
      .then(startedAs('failed', 2)));

  it('is refused for a paused task: what was never tried comes first', () =>
    given(...run, page(1), plain('TaskPaused'))
      .when(startFailed)
      .thenRefused('INVALID_PARAMETER'));

  it('is refused where no failed object is recorded', () => {
    given(...run, page(1, { lists: ['success'] }), failedBy('TRF.0151'))
      .when(startFailed)
      .thenRefused('FAILED_LIST_NOT_FOUND');
    const silent = taskCreated(at, { settings: { ...taskSettings, recordFailedObjects: false } });
    given(silent, taken, began, page(1), through).when(startFailed).thenRefused('FAILED_LIST_NOT_FOUND');
  });

  it('is refused where the list would leave objects out', () => {
    given(...run, page(1), failedBy('TRF.0155'))
      .when(startFailed)
      .thenRefused('FAILED_LIST_INCOMPLETE');
    const broken = page(2, { lists: [], listErrors: { failed: 'AccessDenied' } });
    given(...run, page(1), broken, through)
      .when(startFailed)
      .thenRefused('FAILED_LIST_INCOMPLETE');
    given(...run, broken, through)
      .when(startFailed)
      .thenRefused('FAILED_LIST_INCOMPLETE');
  });

  it('is made again when it was cut off, and follows itself when it went through', () => {
    given(...retry, failedBy('TRF.0151'))
      .when(startFailed)
      .then(startedAs('failed', 3));
    given(...retry, began, page(1), through)
      .when(startFailed)
      .then(startedAs('failed', 3));
    given(...retry, began, page(1, { lists: [] }), through)
      .when(startFailed)
      .thenRefused('FAILED_LIST_NOT_FOUND');
  });
});

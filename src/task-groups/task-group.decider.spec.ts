import { taskKeys, taskSettings } from '../../test/support/migration-task.js';
import { specFor } from '../../test/support/decider-spec.js';
import {
  AT,
  GROUP,
  groupCreated,
  HISTORIES,
  limited,
  plain,
  retried,
  rule,
  started,
} from '../../test/support/task-group-events.js';
import type { OmsErrorKind } from '../kernel/oms-error.js';
import {
  CreateTaskGroup,
  DeleteTaskGroup,
  RetryTaskGroup,
  StartTaskGroup,
  StopTaskGroup,
  UpdateTaskGroupBandwidthPolicy,
} from './task-group.commands.js';
import { taskGroupDecider } from './task-group.decider.js';
import type { TaskGroupEvent } from './task-group.events.js';
import type { TaskGroupStatus } from './task-group.state.js';

const given = specFor(taskGroupDecider, AT);
const context = { correlationId: 'r1', actor: 'anonymous' };

const requests = (projectId: string) => ({
  stop: new StopTaskGroup(projectId, GROUP, context),
  start: new StartTaskGroup(projectId, GROUP, taskKeys(2), context),
  retry: new RetryTaskGroup(projectId, GROUP, taskKeys(2), true, context),
  delete: new DeleteTaskGroup(projectId, GROUP, context),
  update: new UpdateTaskGroupBandwidthPolicy(projectId, GROUP, [rule], context),
});
type Request = keyof ReturnType<typeof requests>;

const pausingNow = plain('TaskGroupPausing');
const removal = plain('TaskGroupDeletionRequested');
const gone: OmsErrorKind = 'TASK_GROUP_NOT_FOUND';
const busy: OmsErrorKind = 'TASK_GROUP_NOT_OPERABLE';
const notRunning: OmsErrorKind = 'TASK_GROUP_NOT_EXECUTING';
const notPaused: OmsErrorKind = 'TASK_GROUP_NOT_PAUSED';
const notFailed: OmsErrorKind = 'TASK_GROUP_NOT_FAILED';

/** What each request leads to in each state: an event, or a refusal. */
const TABLE: Readonly<Record<TaskGroupStatus, Readonly<Record<Request, TaskGroupEvent | OmsErrorKind>>>> = {
  waiting: {
    ...{ stop: plain('TaskGroupPaused'), start: notPaused, retry: notFailed, delete: busy, update: limited() },
  },
  planning: { stop: pausingNow, start: notPaused, retry: notFailed, delete: busy, update: limited() },
  monitoring: { stop: pausingNow, start: notPaused, retry: notFailed, delete: busy, update: limited() },
  paused: { stop: notRunning, start: started(), retry: notFailed, delete: removal, update: limited() },
  'plan-failed': { stop: notRunning, start: notPaused, retry: retried(true), delete: removal, update: limited() },
  failed: { stop: notRunning, start: notPaused, retry: retried(true), delete: removal, update: limited() },
  completed: { stop: notRunning, start: notPaused, retry: notFailed, delete: removal, update: busy },
  pausing: { stop: notRunning, start: notPaused, retry: notFailed, delete: busy, update: limited() },
  deleting: { stop: notRunning, start: notPaused, retry: notFailed, delete: busy, update: busy },
  deleted: { stop: gone, start: gone, retry: gone, delete: gone, update: gone },
};
const CELLS = Object.keys(HISTORIES).flatMap((status) =>
  Object.keys(requests('p')).map((request) => [request, status] as [Request, TaskGroupStatus]),
);

describe('what callers may ask for', () => {
  it.each(CELLS)('%s in state %s', (request, status) => {
    const expected = TABLE[status][request];
    const asked = given(...HISTORIES[status]).when(requests('p')[request]);
    if (typeof expected === 'string') asked.thenRefused(expected);
    else asked.then(expected);
  });

  it.each(CELLS)('%s in state %s is not for other projects', (request, status) =>
    given(...HISTORIES[status])
      .when(requests('other')[request])
      .thenRefused('TASK_GROUP_NOT_FOUND'),
  );

  it('is nothing before the group exists', () => {
    for (const request of Object.values(requests('p'))) given().when(request).thenRefused('TASK_GROUP_NOT_FOUND');
  });

  it('creates a group once', () => {
    const create = new CreateTaskGroup('p', GROUP, taskSettings, taskKeys(1), [], context);
    given().when(create).then(groupCreated());
    for (const history of Object.values(HISTORIES))
      given(...history)
        .when(create)
        .thenNothing();
  });

  it('retries with the keys of before where none are given', () =>
    given(...HISTORIES.failed)
      .when(new RetryTaskGroup('p', GROUP, null, false, context))
      .then(retried(false, 1)));

  it('stops a resumed group through its tasks, even before it is split on', () =>
    given(...HISTORIES.planning, pausingNow, plain('TaskGroupPaused'), started())
      .when(requests('p').stop)
      .then(pausingNow));
});

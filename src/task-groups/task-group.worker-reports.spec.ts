import { specFor } from '../../test/support/decider-spec.js';
import {
  AT,
  GROUP,
  groupCreated,
  groupFailed,
  HISTORIES,
  limited,
  manifestPiece,
  notified,
  plain,
  planCompleted,
  planFailed,
  planned,
  retried,
  started,
  told,
} from '../../test/support/task-group-events.js';
import {
  BeginGroupPlan,
  CompleteGroupPlan,
  CompleteTaskGroup,
  ConfirmTaskGroupDeleted,
  ConfirmTaskGroupPaused,
  FailGroupPlan,
  FailTaskGroup,
  RecordGroupPlan,
  RecordGroupTasksTold,
  RecordTaskGroupNotification,
} from './task-group.commands.js';
import { taskGroupDecider } from './task-group.decider.js';
import type { TaskGroupEvent } from './task-group.events.js';
import type { TaskGroupStatus } from './task-group.state.js';

const given = specFor(taskGroupDecider, AT);
const context = { correlationId: 'r1', actor: 'worker' };
const { planning, monitoring, failed } = HISTORIES;
const pausingNow = plain('TaskGroupPausing');

const part = (chunk: number) => ({
  chunk,
  taskId: String(1000 + chunk),
  piece: manifestPiece(chunk),
  cursor: `c${chunk}`,
});
const reports = {
  begin: new BeginGroupPlan(GROUP, context),
  plan: new RecordGroupPlan(GROUP, part(2), context),
  completePlan: new CompleteGroupPlan(GROUP, context),
  failPlan: new FailGroupPlan(GROUP, 'TRF.0155', 'no bucket', context),
  paused: new ConfirmTaskGroupPaused(GROUP, context),
  complete: new CompleteTaskGroup(GROUP, context),
  fail: new FailTaskGroup(GROUP, 'TRF.0062', 'objects failed', context),
  deleted: new ConfirmTaskGroupDeleted(GROUP, context),
};
const REPORTED: Readonly<Record<keyof typeof reports, readonly [TaskGroupStatus, TaskGroupEvent]>> = {
  begin: ['waiting', plain('TaskGroupPlanBegan')],
  plan: ['planning', planned(2)],
  completePlan: ['planning', planCompleted()],
  failPlan: ['planning', planFailed()],
  paused: ['pausing', plain('TaskGroupPaused')],
  complete: ['monitoring', plain('TaskGroupCompleted')],
  fail: ['monitoring', groupFailed()],
  deleted: ['deleting', plain('TaskGroupDeleted')],
};

describe('what the worker reports', () => {
  it.each(Object.entries(REPORTED))('%s counts in one state only', (report, [status, event]) => {
    const command = Object.entries(reports).find(([name]) => name === report)?.[1] ?? reports.begin;
    given().when(command).thenNothing();
    for (const [state, history] of Object.entries(HISTORIES)) {
      const reported = given(...history).when(command);
      if (state === status) reported.then(event);
      else reported.thenNothing();
    }
  });

  it('plans parts in their order, each once', () => {
    const record = (chunk: number) => new RecordGroupPlan(GROUP, part(chunk), context);
    const history = [groupCreated(), plain('TaskGroupPlanBegan'), planned(1), planned(2)];
    for (const chunk of [1, 2, 4])
      given(...history)
        .when(record(chunk))
        .thenNothing();
    given(...history)
      .when(record(3))
      .then(planned(3));
  });

  it('adds no bytes of list files, which only their tasks find out', () =>
    given(groupCreated(), plain('TaskGroupPlanBegan'))
      .when(
        new RecordGroupPlan(
          GROUP,
          { ...part(1), piece: { kind: 'list-range', key: 'l.txt', etag: null, start: 0, end: 90, objects: 7 } },
          context,
        ),
      )
      .then(
        planned(1, {
          piece: { kind: 'list-range', key: 'l.txt', etag: null, start: 0, end: 90, objects: 7 },
          ...{ plannedNum: 7, plannedSize: 0 },
        }),
      ));

  it('does not complete a plan without a part', () =>
    given(groupCreated(), plain('TaskGroupPlanBegan')).when(reports.completePlan).thenNothing());

  it('does not end a group whose tasks were not told to start', () => {
    const history = [...failed, retried(false)];
    for (const report of [reports.complete, reports.fail])
      given(...history)
        .when(report)
        .thenNothing();
    given(...history, told(1))
      .when(reports.complete)
      .then(plain('TaskGroupCompleted'));
    given(...monitoring, limited())
      .when(reports.complete)
      .then(plain('TaskGroupCompleted'));
  });

  it('records once that the tasks were told, and keeps orders that came meanwhile', () => {
    const tell = (orders: number) => new RecordGroupTasksTold(GROUP, orders, context);
    given(...monitoring, limited())
      .when(tell(1))
      .then(told(1));
    given(...monitoring, limited(), told(1))
      .when(tell(1))
      .thenNothing();
    given(...monitoring, limited(), limited(), told(1))
      .when(tell(2))
      .then(told(2));
  });

  it('records how the message about the end fared, but not for a group that is gone', () => {
    const record = new RecordTaskGroupNotification(GROUP, false, 'OMS.0157', 'urn:smn:region:project:ended', context);
    given(...HISTORIES.completed)
      .when(record)
      .then(notified('OMS.0157'));
    given(...HISTORIES.deleted)
      .when(record)
      .thenNothing();
  });
});

describe('a group that goes on', () => {
  it('is split on where it was cut off, and is watched when it was split', () => {
    const stopped = [pausingNow, plain('TaskGroupPaused'), started()];
    given(...planning, ...stopped)
      .when(reports.begin)
      .then(plain('TaskGroupPlanBegan'));
    given(...planning, ...stopped, plain('TaskGroupPlanBegan'))
      .when(reports.plan)
      .then(planned(2));
    given(...monitoring, ...stopped)
      .when(reports.begin)
      .thenNothing();
  });

  it('after a failed creation too', () =>
    given(...HISTORIES['plan-failed'], retried(false))
      .when(reports.begin)
      .then(plain('TaskGroupPlanBegan')));
});

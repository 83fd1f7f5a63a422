import { ManualClock } from '../../../test/support/manual-clock.js';
import { project, type Given } from '../../../test/support/projection-spec.js';
import {
  GROUP,
  groupCreated,
  groupFailed,
  notified,
  plain,
  planCompleted,
  planned,
  retried,
} from '../../../test/support/task-group-events.js';
import { silentLog } from '../../kernel/log.js';
import { FollowedProjection } from '../../projections/followed-projection.js';

import { taskGroupStream, type TaskGroupEvent } from '../../task-groups/task-group.events.js';
import { taskGroupViewProjection } from '../../task-groups/task-group-view.projection.js';
import { TaskGroupQueries } from '../../task-groups/task-groups.queries.js';
import { TaskQueries } from '../../tasks/task-queries.js';
import { taskViewProjection } from '../../tasks/task-view.projection.js';
import type { Notification, NotificationError } from '../migration/notifier.js';
import type { GroupCommand } from './group-commands.js';
import { GroupNotices } from './group-notices.js';

const { signal } = new AbortController();
const topicUrn = 'urn:smn:region:project:ended';

const created = groupCreated({
  notification: { topicUrn, conditions: ['SUCCESS', 'FAILURE'], language: 'en-us', templateName: 'short' },
});
const monitoring = [created, plain('TaskGroupPlanBegan'), planned(1), planCompleted()];

/** What is sent and recorded for a group with this history, by a topic that answers so. */
async function sent(events: readonly TaskGroupEvent[], answer?: NotificationError) {
  const given = events.map((event): Given<TaskGroupEvent> => ({ stream: taskGroupStream(GROUP), event }));
  const views = project(taskGroupViewProjection, given);
  new FollowedProjection(taskViewProjection, views).open();
  const messages: Notification[] = [];
  const recorded: GroupCommand[] = [];
  const notices = new GroupNotices(
    new TaskGroupQueries(views),
    new TaskQueries(views),
    (command) => {
      recorded.push(command);
      return Promise.resolve({ changed: true });
    },
    {
      deliver: (message) => {
        messages.push(message);
        return Promise.resolve(answer);
      },
    },
    { short: '{Task_Name} {Task_Status} {Failed_object_list_path}' },
    new ManualClock(),
    silentLog,
  );
  await notices.send(GROUP, signal);
  views.close();
  return { messages, recorded };
}

describe('the message about the end of a group', () => {
  it('says how it ended, and is recorded as delivered', async () => {
    const { messages, recorded } = await sent([...monitoring, plain('TaskGroupCompleted')]);
    expect(messages).toMatchObject([
      {
        topicUrn,
        subject: 'Migration task from-9dd98a5e: Succeeded',
        message: `from-9dd98a5e Succeeded oms/task_group/${GROUP}/failed_object_lists/`,
      },
    ]);
    expect(recorded).toMatchObject([{ groupId: GROUP, delivered: true, errorCode: null, topicUrn }]);
  });

  it('is recorded as refused with the code', async () => {
    const { messages, recorded } = await sent([...monitoring, groupFailed()], 'OMS.0157');
    expect(messages).toMatchObject([{ message: expect.stringContaining('Failed') as string }]);
    expect(recorded).toMatchObject([{ delivered: false, errorCode: 'OMS.0157' }]);
  });

  it('is not sent again, nor for a group that goes on', async () => {
    const nothing = { messages: [], recorded: [] };
    expect(await sent([...monitoring, groupFailed(), notified(null)])).toEqual(nothing);
    expect(await sent([...monitoring, groupFailed(), retried(false)])).toEqual(nothing);
    expect(await sent([groupCreated(), plain('TaskGroupCompleted')])).toEqual(nothing);
  });

  it('has the same id when it is sent again, and another one for another end', async () => {
    const idOf = async (...events: readonly TaskGroupEvent[]) => (await sent(events)).messages[0]?.messageId;
    const first = await idOf(...monitoring, groupFailed());
    expect(await idOf(...monitoring, groupFailed())).toBe(first);
    expect(await idOf(...monitoring, groupFailed(), notified(null), retried(false), groupFailed())).not.toBe(first);
  });
});

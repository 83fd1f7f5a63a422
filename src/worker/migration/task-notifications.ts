import type { CommandRunner } from '../../event-store/command-runner.js';
import type { EventStore, RecordedEvent } from '../../event-store/event-store.port.js';
import { derivedId } from '../../kernel/ids.js';
import type { Log } from '../../kernel/log.js';
import type { Reactor } from '../../projections/projection.js';
import { RecordTaskNotification } from '../../tasks/task.commands.js';
import { taskDecider, type Task } from '../../tasks/task.decider.js';
import {
  taskStream,
  TASK_STREAMS,
  type TaskEvent,
  type TaskFailed,
  type TaskSucceeded,
} from '../../tasks/task.events.js';
import type { TaskQueries } from '../../tasks/task-queries.js';
import type { TaskNotification } from '../../tasks/task.settings.js';
import { settingsOfRow } from '../../tasks/task-view.row.js';
import { messageOf } from './notification-text.js';
import type { Notifier } from './notifier.js';
import type { LiveTask } from './task-record.js';

type Ended = RecordedEvent<TaskSucceeded> | RecordedEvent<TaskFailed>;

const nothing = (): Promise<void> => Promise.resolve();

/** Tells whom it may concern how the run of a task ended: at least once, and recorded once. */
export class TaskNotifications {
  readonly reactor: Reactor<TaskEvent> = {
    name: 'task-notifications',
    prefixes: [TASK_STREAMS],
    on: {
      TaskCreated: nothing,
      TaskStarted: nothing,
      TaskTaken: nothing,
      TaskRunBegan: nothing,
      TaskScanned: nothing,
      TaskPageMigrated: nothing,
      TaskUploadBegan: nothing,
      TaskProgressed: nothing,
      TaskPausing: nothing,
      TaskPaused: nothing,
      TaskReleased: nothing,
      TaskSucceeded: (event, signal) => this.tell(event, signal),
      TaskFailed: (event, signal) => this.tell(event, signal),
      TaskDeleted: nothing,
      TaskBandwidthPolicyUpdated: nothing,
      TaskPriorityUpdated: nothing,
      TaskNotified: nothing,
    },
  };

  constructor(
    private readonly events: EventStore,
    private readonly commands: CommandRunner,
    private readonly tasks: TaskQueries,
    private readonly notifier: Pick<Notifier, 'deliver'>,
    /** Texts by name. */
    private readonly templates: Readonly<Record<string, string>>,
    private readonly log: Log,
  ) {}

  private async tell(ended: Ended, signal: AbortSignal): Promise<void> {
    const { taskId } = ended.data;
    if (this.needsNone(taskId)) return;
    const { task, startedAt, notifiedRun } = await this.asOf(ended);
    const { notification } = task.settings;
    const { number: run } = task.run;
    if (notification === null || task.groupId !== null || notifiedRun >= run) return;
    if (!notification.conditions.includes(ended.type === 'TaskSucceeded' ? 'SUCCESS' : 'FAILURE')) return;
    const { topicUrn } = notification;
    const messageId = derivedId('task-notification', taskId, String(run));
    const text = this.textOf(ended, task, startedAt, notification);
    const error = await this.notifier.deliver({ ...text, topicUrn, messageId }, signal);
    const context = { correlationId: messageId, actor: 'worker' };
    const command = new RecordTaskNotification(taskId, run, error === undefined, error ?? null, topicUrn, context);
    await this.commands.run(taskDecider, taskStream(taskId), command, { metadata: context });
    if (error !== undefined)
      this.log.warn({ taskId, run, topicUrn, code: error }, 'a message about a task was not taken');
  }

  /** What a task was made with never changes, so the view may say it even while it is behind. */
  private needsNone(taskId: string): boolean {
    const row = this.tasks.row(taskId);
    return row !== undefined && (row.group_id !== null || settingsOfRow(row).notification === null);
  }

  /** The task as it stood when the run ended, and how far its messages are by now. */
  private async asOf(ended: Ended) {
    const { events } = await this.events.read<TaskEvent>(taskStream(ended.data.taskId));
    let state: Task = taskDecider.initialState();
    let startedAt = ended.data.at;
    let isNewRun = true;
    let notifiedRun = 0;
    for (const event of events) {
      if (event.type === 'TaskNotified') notifiedRun = Math.max(notifiedRun, event.data.run);
      if (event.position > ended.position) continue;
      if (event.type === 'TaskStarted' && event.data.mode !== 'resume') isNewRun = true;
      if (event.type === 'TaskTaken' && isNewRun) {
        startedAt = event.data.at;
        isNewRun = false;
      }
      state = taskDecider.evolve(state, event);
    }
    if (state.status === 'absent') throw new Error(`The task ${ended.data.taskId} has no beginning`);
    const task: LiveTask = state;
    return { task, startedAt, notifiedRun };
  }

  private textOf(ended: Ended, task: LiveTask, startedAt: string, { language, templateName }: TaskNotification) {
    const { totals } = task.run;
    const { templates } = this;
    const template =
      templateName !== null && Object.hasOwn(templates, templateName) ? templates[templateName] : undefined;
    const run = {
      name: task.name,
      succeeded: ended.type === 'TaskSucceeded',
      failure: ended.type === 'TaskFailed' ? ended.data : undefined,
      settings: task.settings,
      startedAt,
      endedAt: ended.data.at,
      transferredBytes: totals.succeededSize,
      ...{ succeededNum: totals.succeededNum, skippedNum: totals.skippedNum, failedNum: totals.failedNum },
      listsUnder: `oms/task/${ended.data.taskId}/`,
    };
    return messageOf(run, language, template);
  }
}

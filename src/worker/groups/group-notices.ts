import type { Clock } from '../../kernel/clock.js';
import { derivedId } from '../../kernel/ids.js';
import type { Log } from '../../kernel/log.js';
import { RecordTaskGroupNotification } from '../../task-groups/task-group.commands.js';
import { GROUP_STATUS } from '../../task-groups/task-group.state.js';
import { settingsOf, type TaskGroupRow } from '../../task-groups/task-group-view.projection.js';
import type { TaskGroupQueries } from '../../task-groups/task-groups.queries.js';
import type { TaskQueries } from '../../tasks/task-queries.js';
import { messageOf, type EndedRun } from '../migration/notification-text.js';
import type { Notifier } from '../migration/notifier.js';
import { contextOf, type Execute } from './group-commands.js';
import { folderOf, groupNameOf } from './group-files.js';

/** Tells whom it may concern how a group ended: at least once, and recorded once. */
export class GroupNotices {
  constructor(
    private readonly groups: TaskGroupQueries,
    private readonly tasks: TaskQueries,
    private readonly execute: Execute,
    private readonly notifier: Pick<Notifier, 'deliver'>,
    /** Texts by name. */
    private readonly templates: Readonly<Record<string, string>>,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {}

  /** Delivers the message about a group's end where one is due, and records how that went. */
  async send(groupId: string, signal: AbortSignal): Promise<void> {
    const row = this.groups.row(groupId);
    if (row === undefined || row.notify_pending === 0) return;
    const { notification } = settingsOf(row);
    if (notification === null) return;
    const { topicUrn, language, templateName } = notification;
    const { templates } = this;
    const template =
      templateName !== null && Object.hasOwn(templates, templateName) ? templates[templateName] : undefined;
    const text = messageOf(this.runOf(row), language, template);
    // Retries are orders: a message about another end has another id.
    const messageId = derivedId('task-group-notification', groupId, String(row.orders_given));
    const error = await this.notifier.deliver({ ...text, topicUrn, messageId }, signal);
    if (error !== undefined) this.log.warn({ groupId, topicUrn, code: error }, 'a message about a group was not taken');
    const context = contextOf(groupId);
    await this.execute(new RecordTaskGroupNotification(groupId, error === undefined, error ?? null, topicUrn, context));
  }

  private runOf(row: TaskGroupRow): EndedRun {
    const figures = this.tasks.groupFigures(row.id);
    const { error_code: code, error_message: message } = row;
    const settings = settingsOf(row);
    return {
      name: groupNameOf(row.id, settings),
      succeeded: row.status === GROUP_STATUS.completed,
      failure: code === null ? undefined : { code, message: message ?? '' },
      settings,
      startedAt: new Date(row.created_ms).toISOString(),
      endedAt: this.clock.now().toISOString(),
      transferredBytes: figures.succeededSize,
      ...{ succeededNum: figures.succeededNum, skippedNum: figures.skippedNum, failedNum: figures.failedNum },
      listsUnder: folderOf(row.id),
    };
  }
}

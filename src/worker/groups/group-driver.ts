import type { Log } from '../../kernel/log.js';
import {
  CompleteTaskGroup,
  ConfirmTaskGroupDeleted,
  ConfirmTaskGroupPaused,
  FailTaskGroup,
} from '../../task-groups/task-group.commands.js';
import type { KnownTaskGroup } from '../../task-groups/task-group.state.js';
import { VaultError } from '../../vault/vault-error.js';
import { SideError } from '../../transfer/side-error.js';
import { TRF, type TaskFailure } from '../migration/trf.js';
import type { GroupCensus, GroupTask } from './group-census.js';
import { contextOf, type Execute } from './group-commands.js';
import { removePlanFiles } from './group-files.js';
import { lent, type GroupStores } from './group-stores.js';
import type { GroupTasks } from './group-tasks.js';

/** A store that does not answer must not keep a group from ending. */
const CLEAN_UP_MS = 60_000;

/**
 * What follows for a group from what its tasks have become. Each call looks at the streams anew, does what is due and can be
 * repeated and cut off anywhere. Nobody may be splitting the group meanwhile.
 */
export class GroupDriver {
  constructor(
    private readonly census: GroupCensus,
    private readonly tasks: GroupTasks,
    private readonly execute: Execute,
    private readonly stores: GroupStores,
    private readonly log: Log,
  ) {}

  /** Stops the tasks of a pausing group; once none is under way, the group is paused. */
  async pause(groupId: string, signal: AbortSignal): Promise<void> {
    const { group, parts } = await this.census.group(groupId);
    if (group.status !== 'pausing') return;
    const tasks = await this.census.tasks(parts, signal);
    if (await this.tasks.areStill(group, groupId, tasks, signal))
      await this.execute(new ConfirmTaskGroupPaused(groupId, contextOf(groupId)));
  }

  /** Ends a group of which no task is open any more. */
  async settle(groupId: string, signal: AbortSignal): Promise<void> {
    const { group, parts } = await this.census.group(groupId);
    if (group.status !== 'monitoring') return;
    const tasks = await this.census.tasks(parts, signal);
    if (!tasks.every(hasEnded)) return;
    const failed = tasks.filter(({ status }) => status === 'failed');
    if (failed.length === 0) {
      // Nothing can be tried again, so nobody reads them any more.
      await this.removeFiles(groupId, group, signal);
      await this.execute(new CompleteTaskGroup(groupId, contextOf(groupId)));
      return;
    }
    const { code, message } = commonFailure(failed, tasks.length);
    await this.execute(new FailTaskGroup(groupId, code, message, contextOf(groupId)));
  }

  /** Takes a group apart: its tasks stop and go, then its files, its keys, and the group itself. */
  async delete(groupId: string, signal: AbortSignal): Promise<void> {
    const history = await this.census.group(groupId);
    const { group, parts } = history;
    if (group.status !== 'deleting') return;
    const tasks = await this.census.tasks(parts, signal);
    if (!(await this.tasks.areStill(group, groupId, tasks, signal))) return;
    // The keys may go with the first task.
    if (tasks.some(({ status }) => status !== 'deleted' && status !== 'absent') || tasks.length === 0)
      await this.removeFiles(groupId, group, signal);
    if (!(await this.tasks.areGone(group, groupId, tasks, signal))) return;
    await this.tasks.forgetKeys(history);
    await this.execute(new ConfirmTaskGroupDeleted(groupId, contextOf(groupId)));
  }

  /** One try: files that cannot be removed stay behind, and the log says so. */
  private async removeFiles(groupId: string, group: KnownTaskGroup, signal: AbortSignal): Promise<void> {
    if (group.settings.source.listFile !== null) return;
    const limited = AbortSignal.any([signal, AbortSignal.timeout(CLEAN_UP_MS)]);
    try {
      await lent(this.stores.destination(group.settings, group.credentials), (store) =>
        removePlanFiles(store, groupId, group.chunks, limited),
      );
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof SideError || error instanceof VaultError || limited.aborted)) throw error;
      this.log.warn({ err: error, groupId }, 'the plan of a task group stays in its destination bucket');
    }
  }
}

/** A task that somebody deleted counts as ended, too. */
const hasEnded = ({ status }: GroupTask): boolean =>
  status === 'succeeded' || status === 'failed' || status === 'deleted';

/** The failure that all have in common, or that objects are missing. */
function commonFailure(failed: readonly GroupTask[], tasks: number): TaskFailure {
  const codes = new Set(failed.map(({ failure }) => failure?.code ?? TRF.SYSTEM_ERROR));
  const [code = TRF.SYSTEM_ERROR] = codes;
  const first = failed[0]?.failure?.message ?? '';
  return {
    code: codes.size === 1 ? code : TRF.OBJECTS_FAILED,
    message: `${failed.length} of ${tasks} tasks failed${first === '' ? '' : `; the first one: ${first}`}`,
  };
}

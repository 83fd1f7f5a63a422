import type { CommandRunner } from '../../event-store/command-runner.js';
import { syncTaskDecider } from '../../sync-tasks/sync-task.decider.js';
import { syncTaskStream } from '../../sync-tasks/sync-task.events.js';

/** Which project a sync task belongs to; undefined when there is no such task. */
export type ProjectOf = (syncTaskId: string) => Promise<string | undefined>;

const MAX_TASKS = 10_000;

/** A task keeps its project for ever, so what was read once is remembered, for the tasks seen last. */
export function taskProjects(commands: CommandRunner): ProjectOf {
  const known = new Map<string, string>();
  return async (syncTaskId) => {
    const remembered = known.get(syncTaskId);
    if (remembered !== undefined) return remembered;
    const { state: task } = await commands.load(syncTaskDecider, syncTaskStream(syncTaskId));
    if (task.status === 'absent') return undefined;
    if (known.size >= MAX_TASKS) known.clear();
    known.set(syncTaskId, task.projectId);
    return task.projectId;
  };
}

import type { ObjectListRecorded } from './object-list.events.js';
import type { CommandContext } from './sync-task.commands.js';

/** A list file was written, whole. */
export class RecordObjectList {
  readonly type = 'RecordObjectList';
  constructor(
    readonly list: Omit<ObjectListRecorded['data'], 'at'>,
    readonly context: CommandContext,
  ) {}
}

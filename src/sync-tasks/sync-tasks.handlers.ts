import { Injectable } from '@nestjs/common';
import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { absent, CommandRunner } from '../event-store/command-runner.js';
import { RecordObjectList } from './object-list.commands.js';
import { objectListDecider } from './object-list.decider.js';
import { syncTaskListsStream } from './object-list.events.js';
import { CreateSyncEvent, SettleSyncEvent } from './sync-event.commands.js';
import { syncEventDecider } from './sync-event.decider.js';
import { syncEventStream } from './sync-event.events.js';
import {
  CloseSyncLedger,
  CreateSyncTask,
  DeleteSyncTask,
  StartSyncTask,
  StopSyncTask,
  type SyncTaskCommand,
} from './sync-task.commands.js';
import { syncTaskDecider } from './sync-task.decider.js';
import { syncTaskStream } from './sync-task.events.js';

/** What a handler answers: what was decided, and the log position behind which a view shows it. */
export interface Executed {
  /** False when there was nothing left to do. */
  readonly changed: boolean;
  readonly position: bigint | undefined;
}

@Injectable()
abstract class SyncTaskHandler {
  constructor(private readonly commands: CommandRunner) {}

  async execute(command: SyncTaskCommand): Promise<Executed> {
    const { events, position } = await this.commands.run(syncTaskDecider, syncTaskStream(command.syncTaskId), command, {
      metadata: command.context,
    });
    return { changed: events.length > 0, position };
  }
}

@CommandHandler(CreateSyncTask)
export class CreateSyncTaskHandler extends SyncTaskHandler implements ICommandHandler<CreateSyncTask, Executed> {}

@CommandHandler(StartSyncTask)
export class StartSyncTaskHandler extends SyncTaskHandler implements ICommandHandler<StartSyncTask, Executed> {}

@CommandHandler(StopSyncTask)
export class StopSyncTaskHandler extends SyncTaskHandler implements ICommandHandler<StopSyncTask, Executed> {}

@CommandHandler(DeleteSyncTask)
export class DeleteSyncTaskHandler extends SyncTaskHandler implements ICommandHandler<DeleteSyncTask, Executed> {}

@CommandHandler(CloseSyncLedger)
export class CloseSyncLedgerHandler extends SyncTaskHandler implements ICommandHandler<CloseSyncLedger, Executed> {}

@CommandHandler(CreateSyncEvent)
export class CreateSyncEventHandler implements ICommandHandler<CreateSyncEvent, Executed> {
  constructor(private readonly commands: CommandRunner) {}

  async execute(command: CreateSyncEvent): Promise<Executed> {
    // Nearly always the first to name this stream: decide at once, read only when that turns out wrong.
    const { events, position } = await this.commands.run(
      syncEventDecider,
      syncEventStream(command.syncEventId),
      command,
      { metadata: command.context, assume: absent(syncEventDecider) },
    );
    return { changed: events.length > 0, position };
  }
}

@CommandHandler(SettleSyncEvent)
export class SettleSyncEventHandler implements ICommandHandler<SettleSyncEvent, Executed> {
  constructor(private readonly commands: CommandRunner) {}

  async execute(command: SettleSyncEvent): Promise<Executed> {
    const { syncTaskId, syncEventId, keys, context } = command;
    // Whoever settles an event has just created it, or found it open; that it is so still is the expected revision's to say.
    const { events, position } = await this.commands.run(syncEventDecider, syncEventStream(syncEventId), command, {
      metadata: context,
      assume: { state: { status: 'open', syncTaskId, keys }, revision: 0n },
    });
    return { changed: events.length > 0, position };
  }
}

@CommandHandler(RecordObjectList)
export class RecordObjectListHandler implements ICommandHandler<RecordObjectList, Executed> {
  constructor(private readonly commands: CommandRunner) {}

  async execute(command: RecordObjectList): Promise<Executed> {
    const { events, position } = await this.commands.run(
      objectListDecider,
      syncTaskListsStream(command.list.syncTaskId),
      command,
      { metadata: command.context },
    );
    return { changed: events.length > 0, position };
  }
}

export const syncTaskHandlers = [
  CreateSyncTaskHandler,
  StartSyncTaskHandler,
  StopSyncTaskHandler,
  DeleteSyncTaskHandler,
  CloseSyncLedgerHandler,
  CreateSyncEventHandler,
  SettleSyncEventHandler,
  RecordObjectListHandler,
];

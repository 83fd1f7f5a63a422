import { Module } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import { SyncStatistics } from '../statistics/sync-statistics.js';
import { DeadLettersController } from './dead-letters.controller.js';
import { SyncEventPublisher } from './sync-event-publisher.js';
import { SyncTaskLookup } from './sync-task-lookup.js';
import { SyncTaskOperations } from './sync-task-operations.js';
import { SyncTasksController } from './sync-tasks.controller.js';
import { syncTaskHandlers } from './sync-tasks.handlers.js';
import { SyncTaskQueries } from './sync-tasks.queries.js';

/** What both roles need: commands, queries and the way into the queue. */
@Module({
  imports: [CqrsModule],
  providers: [...syncTaskHandlers, SyncTaskQueries, SyncEventPublisher, SyncStatistics],
  exports: [SyncTaskQueries, SyncEventPublisher, SyncStatistics],
})
export class SyncTasksModule {}

/** The api role. */
@Module({
  imports: [SyncTasksModule, CqrsModule],
  providers: [SyncTaskLookup, SyncTaskOperations],
  controllers: [SyncTasksController, DeadLettersController],
})
export class SyncTasksApiModule {}

import { Module } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import { GroupHistory } from './group-history.js';
import { TaskBatch } from './api/task-batch.js';
import { TaskLookup } from './api/task-lookup.js';
import { TaskOperations } from './api/task-operations.js';
import { TaskQueries } from './task-queries.js';
import { TasksController } from './api/tasks.controller.js';
import { taskHandlers } from './tasks.handlers.js';

/** What both roles need: commands and queries. */
@Module({
  imports: [CqrsModule],
  providers: [...taskHandlers, TaskQueries],
  exports: [TaskQueries],
})
export class TasksModule {}

/** The api role. */
@Module({
  imports: [TasksModule, CqrsModule],
  providers: [GroupHistory, TaskBatch, TaskLookup, TaskOperations],
  controllers: [TasksController],
})
export class TasksApiModule {}

import { Module } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import { TasksModule } from '../tasks/tasks.module.js';
import { TaskGroupLookup } from './task-group-lookup.js';
import { TaskGroupOperations } from './task-group-operations.js';
import { TaskGroupsController } from './task-groups.controller.js';
import { taskGroupHandlers } from './task-groups.handlers.js';
import { TaskGroupQueries } from './task-groups.queries.js';

/** What both roles need: commands and queries. */
@Module({
  imports: [CqrsModule],
  providers: [...taskGroupHandlers, TaskGroupQueries],
  exports: [TaskGroupQueries],
})
export class TaskGroupsModule {}

/** The api role. */
@Module({
  imports: [TaskGroupsModule, TasksModule, CqrsModule],
  providers: [TaskGroupLookup, TaskGroupOperations],
  controllers: [TaskGroupsController],
})
export class TaskGroupsApiModule {}

import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Clock } from '../../kernel/clock.js';
import { OmsError } from '../../kernel/oms-error.js';
import { ApiOmsErrors, BODY_ERRORS } from '../../http/openapi-errors.js';
import { Context, type RequestContext } from '../../http/request-context.js';
import { StoreFactory } from '../../object-store/store-factory.js';
import { bandwidthPolicyOf } from './task.bandwidth-dto.js';
import { BANDWIDTH_ERRORS, CREATION_ERRORS, KEY_ERRORS, PARAMETER_ERRORS } from './task.documented-errors.js';
import {
  BandwidthPolicyDto,
  BatchUpdateTasksDto,
  CreateTaskDto,
  ListTasksQuery,
  ProjectPath,
  StartTaskDto,
  TaskPath,
} from './task.dto.js';
import { presentTask } from './task.presenter.js';
import { TaskCreatedAnswer, TaskInfo, TaskListAnswer } from './task.responses.js';
import { TaskBatch } from './task-batch.js';
import { TaskLimits } from './task-limits.js';
import { TaskLookup } from './task-lookup.js';
import { TaskOperations } from './task-operations.js';
import { TaskQueries } from '../task-queries.js';
import { secretsOf, settingsOf } from './settings-of-request.js';

/** The migration-task API of OMS v2. */
@ApiTags('Migration tasks')
@Controller('v2/:project_id/tasks')
export class TasksController {
  constructor(
    private readonly operations: TaskOperations,
    private readonly batch: TaskBatch,
    private readonly tasks: TaskQueries,
    private readonly lookup: TaskLookup,
    private readonly limits: TaskLimits,
    private readonly stores: StoreFactory,
    private readonly clock: Clock,
  ) {}

  @Post()
  @HttpCode(200)
  @ApiOperation({ operationId: 'CreateTask', summary: 'Create a migration task; it starts by itself' })
  @ApiOkResponse({ type: TaskCreatedAnswer })
  @ApiOmsErrors(...CREATION_ERRORS, 'TASK_QUOTA_EXCEEDED', 'DAILY_TASK_QUOTA_EXCEEDED')
  async create(
    @Param() { project_id }: ProjectPath,
    @Body() body: CreateTaskDto,
    @Context() context: RequestContext,
  ): Promise<TaskCreatedAnswer> {
    const wanted = {
      settings: settingsOf(body.task_type, body, this.stores, this.limits.notifications),
      priority: body.task_priority,
      bandwidthPolicy: bandwidthPolicyOf(body.bandwidth_policy),
      secrets: secretsOf(body.task_type, body),
    };
    const { taskId, name } = await this.operations.create(project_id, wanted, context);
    return { id: Number(taskId), task_name: name };
  }

  @Get()
  @ApiOperation({ operationId: 'ListTasks', summary: 'List migration tasks, newest first' })
  @ApiOkResponse({ type: TaskListAnswer })
  @ApiOmsErrors(...PARAMETER_ERRORS)
  list(@Param() { project_id }: ProjectPath, @Query() query: ListTasksQuery): TaskListAnswer {
    const { group_id: groupId, status, task_name: name } = query;
    const { rows, count } = this.tasks.list(project_id, query, { groupId, status, name });
    const nowMs = this.clock.now().getTime();
    return { tasks: rows.map((row) => presentTask(row, nowMs)), count };
  }

  @Post('batch-update')
  @HttpCode(200)
  @ApiOperation({ operationId: 'BatchUpdateTasks', summary: 'Change limits and priority of several migration tasks' })
  @ApiOkResponse()
  @ApiOmsErrors(
    ...PARAMETER_ERRORS,
    ...BODY_ERRORS,
    ...BANDWIDTH_ERRORS,
    'NO_TASK_TO_OPERATE',
    'BANDWIDTH_NOT_UPDATABLE',
  )
  async batchUpdate(
    @Param() { project_id }: ProjectPath,
    @Body() { ids, group_id, bandwidth_policy, task_priority: priority }: BatchUpdateTasksDto,
    @Context() context: RequestContext,
  ): Promise<void> {
    if ((group_id === undefined) === (ids.length === 0))
      throw new OmsError('INVALID_PARAMETER', 'ids or group_id must be given, and not both', { field: 'ids' });
    const changes = { bandwidthPolicy: bandwidthPolicyOf(bandwidth_policy), priority };
    if (group_id === undefined) await this.batch.updateTasks(project_id, ids.map(String), changes, context);
    else await this.batch.updateGroup(project_id, group_id, changes, context);
  }

  @Get(':task_id')
  @ApiOperation({ operationId: 'ShowTask', summary: 'Show a migration task' })
  @ApiOkResponse({ type: TaskInfo })
  @ApiOmsErrors(...PARAMETER_ERRORS, 'TASK_NOT_FOUND')
  async show(@Param() { project_id, task_id }: TaskPath): Promise<TaskInfo> {
    return presentTask(await this.lookup.get(project_id, task_id), this.clock.now().getTime());
  }

  @Delete(':task_id')
  @HttpCode(200)
  @ApiOperation({ operationId: 'DeleteTask', summary: 'Delete a migration task that is not in progress, and its keys' })
  @ApiOkResponse()
  @ApiOmsErrors('INVALID_PARAMETER', 'NO_TASK_TO_OPERATE', 'TASK_IN_PROGRESS', 'TASK_NOT_DELETABLE')
  async delete(@Param() { project_id, task_id }: TaskPath, @Context() context: RequestContext): Promise<void> {
    await this.operations.delete(project_id, task_id, context);
  }

  @Post(':task_id/start')
  @HttpCode(200)
  @ApiOperation({ operationId: 'StartTask', summary: 'Resume a paused migration task, or run a failed one again' })
  @ApiOkResponse()
  @ApiOmsErrors(
    ...KEY_ERRORS,
    ...BODY_ERRORS,
    'NO_TASK_TO_OPERATE',
    'TASK_ALREADY_STARTED',
    'TASK_COMPLETED',
    'FAILED_LIST_NOT_FOUND',
    'FAILED_LIST_INCOMPLETE',
  )
  async start(
    @Param() { project_id, task_id }: TaskPath,
    @Body() body: StartTaskDto,
    @Context() context: RequestContext,
  ): Promise<void> {
    await this.operations.start(project_id, task_id, body, context);
  }

  @Post(':task_id/stop')
  @HttpCode(200)
  @ApiOperation({ operationId: 'StopTask', summary: 'Pause a migration task' })
  @ApiOkResponse()
  @ApiOmsErrors('INVALID_PARAMETER', 'NO_TASK_TO_OPERATE', 'TASK_NOT_RUNNING', 'TASK_COMPLETED')
  async stop(@Param() { project_id, task_id }: TaskPath, @Context() context: RequestContext): Promise<void> {
    await this.operations.stop(project_id, task_id, context);
  }

  @Put(':task_id/bandwidth-policy')
  @ApiOperation({ operationId: 'UpdateBandwidthPolicy', summary: 'Change how fast a migration task may be, and when' })
  @ApiOkResponse()
  @ApiOmsErrors(
    ...PARAMETER_ERRORS,
    ...BODY_ERRORS,
    ...BANDWIDTH_ERRORS,
    'NO_TASK_TO_OPERATE',
    'BANDWIDTH_NOT_UPDATABLE',
  )
  async updateBandwidthPolicy(
    @Param() { project_id, task_id }: TaskPath,
    @Body() { bandwidth_policy }: BandwidthPolicyDto,
    @Context() context: RequestContext,
  ): Promise<void> {
    const policy = bandwidthPolicyOf(bandwidth_policy);
    await this.operations.updateBandwidthPolicy(project_id, task_id, policy, context);
  }
}

import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Clock } from '../kernel/clock.js';
import { ApiOmsErrors, BODY_ERRORS } from '../http/openapi-errors.js';
import { Context, type RequestContext } from '../http/request-context.js';
import { StoreFactory } from '../object-store/store-factory.js';
import { bandwidthPolicyOf } from '../tasks/api/task.bandwidth-dto.js';
import {
  BANDWIDTH_ERRORS,
  CREATION_ERRORS,
  KEY_ERRORS,
  PARAMETER_ERRORS,
} from '../tasks/api/task.documented-errors.js';
import { TaskQueries } from '../tasks/task-queries.js';
import { secretsOf, settingsOf } from '../tasks/api/settings-of-request.js';
import {
  BandwidthPolicyDto,
  CreateTaskGroupDto,
  GROUP_TASK_TYPES,
  ListTaskGroupsQuery,
  ProjectPath,
  RenewedKeysDto,
  RetryTaskGroupDto,
  TaskGroupPath,
} from './task-group.dto.js';
import { TaskGroupLimits } from './task-group-limits.js';
import { TaskGroupLookup } from './task-group-lookup.js';
import { TaskGroupOperations } from './task-group-operations.js';
import { presentTaskGroup } from './task-group.presenter.js';
import { TaskGroupCreatedAnswer, TaskGroupInfo, TaskGroupListAnswer } from './task-group.responses.js';
import type { TaskGroupRow } from './task-group-view.projection.js';
import { TaskGroupQueries } from './task-groups.queries.js';

/** The task-group API of OMS v2. A group that is not there is a 404 on every call. */
@ApiTags('Task groups')
@Controller('v2/:project_id/taskgroups')
export class TaskGroupsController {
  constructor(
    private readonly operations: TaskGroupOperations,
    private readonly groups: TaskGroupQueries,
    private readonly tasks: TaskQueries,
    private readonly lookup: TaskGroupLookup,
    private readonly limits: TaskGroupLimits,
    private readonly stores: StoreFactory,
    private readonly clock: Clock,
  ) {}

  @Post()
  @HttpCode(200)
  @ApiOperation({ operationId: 'CreateTaskGroup', summary: 'Create a task group; it is split into tasks by itself' })
  @ApiOkResponse({ type: TaskGroupCreatedAnswer })
  @ApiOmsErrors(...CREATION_ERRORS, 'DAILY_TASK_GROUP_QUOTA_EXCEEDED')
  async create(
    @Param() { project_id }: ProjectPath,
    @Body() body: CreateTaskGroupDto,
    @Context() context: RequestContext,
  ): Promise<TaskGroupCreatedAnswer> {
    const type = GROUP_TASK_TYPES[body.task_type];
    const wanted = {
      settings: settingsOf(type, body, this.stores, this.limits.notifications),
      bandwidthPolicy: bandwidthPolicyOf(body.bandwidth_policy),
      secrets: secretsOf(type, body),
    };
    return { group_id: await this.operations.create(project_id, wanted, context) };
  }

  @Get()
  @ApiOperation({ operationId: 'ListTaskGroup', summary: 'List task groups, newest first' })
  @ApiOkResponse({ type: TaskGroupListAnswer })
  @ApiOmsErrors(...PARAMETER_ERRORS)
  list(@Param() { project_id }: ProjectPath, @Query() query: ListTaskGroupsQuery): TaskGroupListAnswer {
    const { rows, count } = this.groups.list(project_id, query);
    return { taskgroups: rows.map((row) => this.present(row)), count };
  }

  @Get(':group_id')
  @ApiOperation({ operationId: 'ShowTaskGroup', summary: 'Show a task group' })
  @ApiOkResponse({ type: TaskGroupInfo })
  @ApiOmsErrors('INVALID_PARAMETER', 'TASK_GROUP_NOT_FOUND')
  async show(@Param() { project_id, group_id }: TaskGroupPath): Promise<TaskGroupInfo> {
    return this.present(await this.lookup.get(project_id, group_id));
  }

  @Delete(':group_id')
  @HttpCode(200)
  @ApiOperation({
    operationId: 'DeleteTaskGroup',
    summary: 'Delete a task group that is not in progress, with its tasks and keys',
  })
  @ApiOkResponse({ description: 'Accepted: the group shows status 8 until all of it is gone.' })
  @ApiOmsErrors('INVALID_PARAMETER', 'TASK_GROUP_NOT_FOUND', 'TASK_GROUP_NOT_OPERABLE')
  async delete(@Param() { project_id, group_id }: TaskGroupPath, @Context() context: RequestContext): Promise<void> {
    await this.operations.delete(project_id, group_id, context);
  }

  @Put(':group_id/stop')
  @ApiOperation({ operationId: 'StopTaskGroup', summary: 'Pause a task group, its splitting and its tasks' })
  @ApiOkResponse()
  @ApiOmsErrors('INVALID_PARAMETER', 'TASK_GROUP_NOT_FOUND', 'TASK_GROUP_NOT_EXECUTING')
  async stop(@Param() { project_id, group_id }: TaskGroupPath, @Context() context: RequestContext): Promise<void> {
    await this.operations.stop(project_id, group_id, context);
  }

  @Put(':group_id/start')
  @ApiOperation({ operationId: 'StartTaskGroup', summary: 'Resume a paused task group with these keys' })
  @ApiOkResponse()
  @ApiOmsErrors(...KEY_ERRORS, ...BODY_ERRORS, 'TASK_GROUP_NOT_FOUND', 'TASK_GROUP_NOT_PAUSED')
  async start(
    @Param() { project_id, group_id }: TaskGroupPath,
    @Body() body: RenewedKeysDto,
    @Context() context: RequestContext,
  ): Promise<void> {
    await this.operations.start(project_id, group_id, body, context);
  }

  @Put(':group_id/retry')
  @ApiOperation({
    operationId: 'RetryTaskGroup',
    summary: 'Try a failed task group again, with these keys or those of before',
  })
  @ApiOkResponse()
  @ApiOmsErrors(...KEY_ERRORS, ...BODY_ERRORS, 'TASK_GROUP_NOT_FOUND', 'TASK_GROUP_NOT_FAILED')
  async retry(
    @Param() { project_id, group_id }: TaskGroupPath,
    @Body() body: RetryTaskGroupDto,
    @Context() context: RequestContext,
  ): Promise<void> {
    await this.operations.retry(project_id, group_id, body, context);
  }

  @Put(':group_id/update')
  @ApiOperation({
    operationId: 'UpdateTaskGroup',
    summary: 'Change the traffic limiting rules; they bound each task of the group, not their sum',
  })
  @ApiOkResponse()
  @ApiOmsErrors(
    ...PARAMETER_ERRORS,
    ...BODY_ERRORS,
    ...BANDWIDTH_ERRORS,
    'TASK_GROUP_NOT_FOUND',
    'TASK_GROUP_NOT_OPERABLE',
  )
  async update(
    @Param() { project_id, group_id }: TaskGroupPath,
    @Body() { bandwidth_policy }: BandwidthPolicyDto,
    @Context() context: RequestContext,
  ): Promise<void> {
    await this.operations.updateBandwidthPolicy(project_id, group_id, bandwidthPolicyOf(bandwidth_policy), context);
  }

  private present(row: TaskGroupRow): TaskGroupInfo {
    const { id } = row;
    const figures = {
      tasks: this.tasks.groupFigures(id),
      created: this.groups.createdTotals(id),
      failedLists: this.groups.failedLists(id),
    };
    return presentTaskGroup(row, figures, this.clock.now().getTime());
  }
}

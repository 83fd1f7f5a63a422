import { Body, Controller, Delete, Get, Headers, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiHeader, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { OmsError } from '../kernel/oms-error.js';
import { ApiOmsErrors, BODY_ERRORS } from '../http/openapi-errors.js';
import { Context, type RequestContext } from '../http/request-context.js';
import { StoreFactory } from '../object-store/store-factory.js';
import { SyncStatistics } from '../statistics/sync-statistics.js';
import { decodeObjectKeys } from './object-keys.js';
import { SyncEventPublisher } from './sync-event-publisher.js';
import {
  CreateSyncEventsDto,
  CreateSyncTaskDto,
  ListSyncTasksQuery,
  ProjectPath,
  ShowSyncTaskQuery,
  StartSyncTaskDto,
  StatisticsQuery,
  SyncTaskPath,
} from './sync-task.dto.js';
import { SyncTaskLookup } from './sync-task-lookup.js';
import { SyncTaskOperations, type SyncTaskSecrets } from './sync-task-operations.js';
import { presentLedger, presentStatistics, presentTask, presentTaskWithMonth } from './sync-task.presenter.js';
import {
  LedgerAnswer,
  StatisticsAnswer,
  SyncTaskCreatedAnswer,
  SyncTaskListAnswer,
  SyncTaskWithMonth,
} from './sync-task.responses.js';
import { settingsOf } from './sync-task-settings.js';
import { SyncTaskQueries } from './sync-tasks.queries.js';

const MAX_IDEMPOTENCY_KEY_LENGTH = 255;

const PARAMETER_ERRORS = ['INVALID_PARAMETER', 'MISSING_PARAMETER'] as const;

const secretsOf = (body: CreateSyncTaskDto | StartSyncTaskDto): SyncTaskSecrets => ({
  source: { accessKey: body.src_ak, secretKey: body.src_sk },
  destination: { accessKey: body.dst_ak, secretKey: body.dst_sk },
});

/** The sync-task API of OMS v2, and the ledger as an extension of it. */
@ApiTags('Sync tasks')
@Controller('v2/:project_id/sync-tasks')
export class SyncTasksController {
  constructor(
    private readonly operations: SyncTaskOperations,
    private readonly tasks: SyncTaskQueries,
    private readonly lookup: SyncTaskLookup,
    private readonly statistics: SyncStatistics,
    private readonly publisher: SyncEventPublisher,
    private readonly stores: StoreFactory,
  ) {}

  @Post()
  @HttpCode(200)
  @ApiOperation({ operationId: 'CreateSyncTask', summary: 'Create a sync task; it synchronizes from now on' })
  @ApiOkResponse({ type: SyncTaskCreatedAnswer })
  @ApiOmsErrors(
    ...PARAMETER_ERRORS,
    ...BODY_ERRORS,
    'FORBIDDEN_CHARACTER',
    'INVALID_SOURCE',
    'INVALID_DESTINATION',
    'SOURCE_REGION_UNKNOWN',
    'DESTINATION_REGION_UNKNOWN',
    'TASK_QUOTA_EXCEEDED',
  )
  async create(
    @Param() { project_id }: ProjectPath,
    @Body() body: CreateSyncTaskDto,
    @Context() context: RequestContext,
  ): Promise<SyncTaskCreatedAnswer> {
    const settings = settingsOf(body, this.stores);
    return { sync_task_id: await this.operations.create(project_id, settings, secretsOf(body), context) };
  }

  @Get()
  @ApiOperation({ operationId: 'ListSyncTasks', summary: 'List sync tasks, newest first' })
  @ApiOkResponse({ type: SyncTaskListAnswer })
  @ApiOmsErrors(...PARAMETER_ERRORS)
  list(@Param() { project_id }: ProjectPath, @Query() page: ListSyncTasksQuery): SyncTaskListAnswer {
    const { rows, count } = this.tasks.list(project_id, page);
    return { tasks: rows.map(presentTask), count };
  }

  @Get(':sync_task_id')
  @ApiOperation({ operationId: 'ShowSyncTask', summary: 'Show a sync task and the figures of one month (UTC)' })
  @ApiOkResponse({ type: SyncTaskWithMonth })
  @ApiOmsErrors(...PARAMETER_ERRORS, 'SYNC_TASK_NOT_FOUND')
  async show(
    @Param() { project_id, sync_task_id }: SyncTaskPath,
    @Query() { query_time }: ShowSyncTaskQuery,
  ): Promise<SyncTaskWithMonth> {
    const row = await this.lookup.get(project_id, sync_task_id);
    return presentTaskWithMonth(row, this.statistics.month(sync_task_id, query_time));
  }

  @Delete(':sync_task_id')
  @HttpCode(200)
  @ApiOperation({ operationId: 'DeleteSyncTask', summary: 'Delete a stopped sync task and its keys' })
  @ApiOkResponse()
  @ApiOmsErrors('INVALID_PARAMETER', 'SYNC_TASK_NOT_FOUND', 'TASK_IN_PROGRESS')
  async delete(@Param() { project_id, sync_task_id }: SyncTaskPath, @Context() context: RequestContext): Promise<void> {
    await this.operations.delete(project_id, sync_task_id, context);
  }

  @Post(':sync_task_id/start')
  @HttpCode(200)
  @ApiOperation({ operationId: 'StartSyncTask', summary: 'Start a stopped sync task with these keys' })
  @ApiOkResponse()
  @ApiOmsErrors(...PARAMETER_ERRORS, ...BODY_ERRORS, 'SYNC_TASK_NOT_SYNCHRONIZING', 'TASK_ALREADY_STARTED')
  async start(
    @Param() { project_id, sync_task_id }: SyncTaskPath,
    @Body() body: StartSyncTaskDto,
    @Context() context: RequestContext,
  ): Promise<void> {
    await this.operations.start(project_id, sync_task_id, secretsOf(body), context);
  }

  @Post(':sync_task_id/stop')
  @HttpCode(200)
  @ApiOperation({ operationId: 'StopSyncTask', summary: 'Stop a sync task; accepted events wait for its next start' })
  @ApiOkResponse()
  @ApiOmsErrors('INVALID_PARAMETER', 'SYNC_TASK_NOT_SYNCHRONIZING', 'TASK_NOT_RUNNING')
  async stop(@Param() { project_id, sync_task_id }: SyncTaskPath, @Context() context: RequestContext): Promise<void> {
    await this.operations.stop(project_id, sync_task_id, context);
  }

  @Post(':sync_task_id/events')
  @HttpCode(200)
  @ApiOperation({ operationId: 'CreateSyncEvents', summary: 'Ask for objects to be synchronized' })
  @ApiHeader({
    name: 'Idempotency-Key',
    required: false,
    description: `An extension: a repeat with this key (1 to ${MAX_IDEMPOTENCY_KEY_LENGTH} characters) and the same objects is one event.`,
  })
  @ApiOkResponse({ description: 'Accepted durably; the work is asynchronous.' })
  @ApiOmsErrors(
    ...PARAMETER_ERRORS,
    ...BODY_ERRORS,
    'SYNC_TASK_NOT_FOUND',
    'SYNC_TASK_NOT_SYNCHRONIZING',
    'SERVICE_BUSY',
  )
  async createEvents(
    @Param() { project_id, sync_task_id }: SyncTaskPath,
    @Body() { object_keys }: CreateSyncEventsDto,
    @Context() { correlationId }: RequestContext,
    @Headers('idempotency-key') idempotencyKey: string | undefined,
  ): Promise<void> {
    const keys = decodeObjectKeys(object_keys);
    const repeat = checkedIdempotencyKey(idempotencyKey);
    await this.lookup.takesEvents(project_id, sync_task_id);
    await this.publisher.publish({
      projectId: project_id,
      syncTaskId: sync_task_id,
      keys,
      correlationId,
      ...(repeat === undefined ? {} : { idempotencyKey: repeat }),
    });
  }

  @Get(':sync_task_id/statistics')
  @ApiOperation({
    operationId: 'ListSyncTaskStatistic',
    summary: 'Figures over time, in five-minute or one-hour buckets',
  })
  @ApiOkResponse({ type: StatisticsAnswer })
  @ApiOmsErrors(...PARAMETER_ERRORS, 'SYNC_TASK_NOT_FOUND')
  async listStatistics(
    @Param() { project_id, sync_task_id }: SyncTaskPath,
    @Query() query: StatisticsQuery,
  ): Promise<StatisticsAnswer> {
    await this.lookup.get(project_id, sync_task_id);
    const series = this.statistics.series(sync_task_id, query.start_time, query.end_time);
    return presentStatistics(sync_task_id, series, query.types);
  }

  @Get(':sync_task_id/ledger')
  @ApiOperation({
    operationId: 'ShowSyncLedger',
    summary: 'What became of every requested object, at one position of the log (an extension)',
  })
  @ApiOkResponse({ type: LedgerAnswer })
  @ApiOmsErrors('INVALID_PARAMETER', 'SYNC_TASK_NOT_FOUND')
  async ledger(@Param() { project_id, sync_task_id }: SyncTaskPath): Promise<LedgerAnswer> {
    await this.lookup.get(project_id, sync_task_id);
    return presentLedger(sync_task_id, this.tasks.ledger(sync_task_id));
  }
}

function checkedIdempotencyKey(key: string | undefined): string | undefined {
  if (key === undefined || (key.length > 0 && key.length <= MAX_IDEMPOTENCY_KEY_LENGTH)) return key;
  throw new OmsError(
    'INVALID_PARAMETER',
    `The header Idempotency-Key must be 1 to ${MAX_IDEMPOTENCY_KEY_LENGTH} characters long, not ${key.length}`,
  );
}

import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { Writable } from 'node:stream';
import { Body, Controller, Delete, Get, HttpCode, Module, Param, Post, Query } from '@nestjs/common';
import { ApiOkResponse } from '@nestjs/swagger';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { request } from 'undici';
import type { Config } from '../../src/config/config.js';
import { createHttpApp, type ConnectionTimeouts } from '../../src/http/create-http-app.js';
import { createLogger } from '../../src/http/logger.js';
import { ApiOmsErrors, BODY_ERRORS } from '../../src/http/openapi-errors.js';
import { ReadinessRegistry } from '../../src/http/readiness.js';
import { Context, type RequestContext } from '../../src/http/request-context.js';
import { OmsError } from '../../src/kernel/oms-error.js';
import { decodeObjectKeys } from '../../src/sync-tasks/object-keys.js';
import {
  CreateSyncEventsDto,
  CreateSyncTaskDto,
  ListSyncTasksQuery,
  ProjectPath,
  StatisticsQuery,
  SyncTaskPath,
} from '../../src/sync-tasks/sync-task.dto.js';
import { SyncTaskCreatedAnswer } from '../../src/sync-tasks/sync-task.responses.js';

/** Answers what it was given, as far as it is no secret. */
@Controller('v2/:project_id/sync-tasks')
export class EchoController {
  @Post()
  @HttpCode(200)
  @ApiOkResponse({ type: SyncTaskCreatedAnswer })
  @ApiOmsErrors('INVALID_PARAMETER', 'MISSING_PARAMETER', 'FORBIDDEN_CHARACTER', ...BODY_ERRORS)
  create(@Param() { project_id }: ProjectPath, @Body() { description, src_cloud_type }: CreateSyncTaskDto) {
    return { project_id, description, src_cloud_type };
  }

  @Get()
  list(@Param() { project_id }: ProjectPath, @Query() { limit, offset, status }: ListSyncTasksQuery) {
    return { project_id, limit, offset, status };
  }

  @Get(':sync_task_id/statistics')
  statistics(@Param() { sync_task_id }: SyncTaskPath, @Query() { types }: StatisticsQuery) {
    return { sync_task_id, types };
  }

  @Post(':sync_task_id/events')
  @HttpCode(200)
  events(@Param() path: SyncTaskPath, @Body() body: CreateSyncEventsDto, @Context() context: RequestContext) {
    const { project_id, sync_task_id } = path;
    return { project_id, sync_task_id, keys: decodeObjectKeys(body.object_keys), context };
  }

  @Post(':sync_task_id/stop')
  @HttpCode(200)
  stop(@Param() path: SyncTaskPath): void {
    if (path.sync_task_id === 'bug') throw new Error('the secret is hunter2');
    if (path.sync_task_id === 'busy') throw new OmsError('SERVICE_BUSY', 'The service is busy, try again later');
  }

  @Delete(':sync_task_id')
  delete(@Param() { sync_task_id }: SyncTaskPath): void {
    if (sync_task_id === 'bug') throw new Error('not deleted');
  }
}

@Module({ controllers: [EchoController] })
export class EchoModule {}

export interface Shell {
  readonly app: NestFastifyApplication;
  readonly url: string;
  readonly port: number;
  readonly readiness: ReadinessRegistry;
  /** Lines of the log so far, parsed. */
  readonly log: Record<string, unknown>[];
}

export async function startShell(
  timeouts: Partial<ConnectionTimeouts> = {},
  auth: Config['auth'] = { mode: 'none' },
): Promise<Shell> {
  const log: Record<string, unknown>[] = [];
  const destination = new Writable({
    write: (line: Buffer, _encoding, done) => {
      log.push(JSON.parse(line.toString()) as Record<string, unknown>);
      done();
    },
  });
  const config = { log: { level: 'info' }, auth } as const;
  const logger = createLogger(config.log, destination);
  const readiness = new ReadinessRegistry(100);
  const app = await createHttpApp(EchoModule, { config, logger, readiness, timeouts });
  await app.listen(0, '127.0.0.1');
  const { port } = app.getHttpServer().address() as AddressInfo;
  return { app, port, url: `http://127.0.0.1:${port}`, readiness, log };
}

/** Writes bytes as they are, and answers all that came back until the other side hung up. */
export const rawExchange = (port: number, bytes: string | Buffer): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    const chunks: Buffer[] = [];
    socket.setTimeout(10_000, () => socket.destroy(new Error('no answer within 10 s')));
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', reject);
    socket.on('close', () => resolve(Buffer.concat(chunks).toString()));
  });

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  readonly json: () => unknown;
}

export const EVENTS = '/v2/p1/sync-tasks/t1/events';
export const JSON_TYPE = { 'content-type': 'application/json' };

export type Call = (
  method: string,
  path: string,
  body?: string | Buffer,
  headers?: Readonly<Record<string, string>>,
) => Promise<Answer>;

export const clientOf =
  (url: () => string): Call =>
  async (method, path, body, headers = JSON_TYPE) => {
    const options = { method: method as 'GET', headers, ...(body === undefined ? {} : { body }) };
    const answer = await request(`${url()}${path}`, options);
    const text = await answer.body.text();
    return { status: answer.statusCode, headers: answer.headers, text, json: () => JSON.parse(text) as unknown };
  };

/** The documented status and code in the one error body, a message that says what is wrong, and a request id. */
export const expectRefusal = (answer: Answer, status: number, code: string, message: RegExp): void => {
  const body = { error_code: code, error_msg: expect.stringMatching(message) as string };
  expect([answer.status, answer.json()]).toEqual([status, body]);
  expect(answer.headers['content-type']).toMatch(/^application\/json/);
  expect(answer.headers['x-request-id']).toMatch(/^[A-Za-z0-9._:-]{1,64}$/);
};

export const bodyOf = (raw: string): unknown => JSON.parse(raw.slice(raw.indexOf('\r\n\r\n') + 4));
export const events = (...keys: unknown[]): string => JSON.stringify({ object_keys: keys });

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Writable } from 'node:stream';
import { CommandBus } from '@nestjs/cqrs';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { eventSchemas } from '../../src/adapters.js';
import { AppModule } from '../../src/app.module.js';
import type { Config } from '../../src/config/config.js';
import { loadConfig } from '../../src/config/load-config.js';
import { MemoryEventStore } from '../../src/event-store/memory/memory-event-store.js';
import { createHttpApp } from '../../src/http/create-http-app.js';
import { createLogger } from '../../src/http/logger.js';
import { timeOrderedId } from '../../src/kernel/ids.js';
import { silentLog } from '../../src/kernel/log.js';
import { SoleOwner } from '../../src/leases/sole-owner.js';
import { StoreFactory } from '../../src/object-store/store-factory.js';
import { ProjectionHost } from '../../src/projections/projection-host.js';
import { EmbeddedQueue } from '../../src/queue/embedded/embedded-queue.js';
import { registerProjections } from '../../src/read-models.js';
import { ReadStore } from '../../src/read-store/read-store.js';
import type { TaskGroupReport } from '../../src/task-groups/task-group.commands.js';
import { taskGroupStream } from '../../src/task-groups/task-group.events.js';
import type { TaskCommand } from '../../src/tasks/task.commands.js';
import { taskStream } from '../../src/tasks/task.events.js';
import type { Executed } from '../../src/tasks/tasks.handlers.js';
import { MasterKeys } from '../../src/vault/master-keys.js';
import { ApiClient, type ApiAnswer } from './api-client.js';
import { ManualClock } from './manual-clock.js';
import { newTask } from './migration-task.js';
import { timeAt } from './task-log.js';

export const PROJECT = 'stage';

const SETTINGS = {
  clouds: {
    AWS: { regions: { r1: { endpoint: 'http://127.0.0.1:9' } } },
    HuaweiCloud: { regions: { r2: { endpoint: 'http://127.0.0.1:9' } } },
  },
  notifications: {
    topics: { 'urn:topic': { url: 'http://127.0.0.1:9/', secret: 'topic-secret' } },
    templates: { short: '{Task_Status}' },
  },
};

/** The api role alone, in this process, on a free port: tasks wait for a worker, and the test is the worker. */
export class TaskApiStage {
  private constructor(
    readonly events: MemoryEventStore,
    readonly clock: ManualClock,
    readonly logLines: readonly string[],
    private readonly folder: string,
    private readonly queue: EmbeddedQueue,
    private readonly readStore: ReadStore,
    private readonly projections: ProjectionHost,
    private readonly app: NestFastifyApplication,
    readonly url: string,
  ) {}

  static async build(limits: Partial<Config['limits']> = {}): Promise<TaskApiStage> {
    const folder = mkdtempSync(path.join(tmpdir(), 'openoms-tasks-'));
    const loaded = loadConfig({
      env: { OPENOMS_CONFIG: 'x.yaml' },
      cwd: folder,
      readFile: () => JSON.stringify(SETTINGS),
    });
    const config: Config = { ...loaded, roles: ['api'], limits: { ...loaded.limits, ...limits } };
    const clock = new ManualClock();
    const schemas = eventSchemas();
    const eventStore = new MemoryEventStore({ schemas, clock });
    const isOutage = () => false;
    const queue = EmbeddedQueue.open({ file: path.join(folder, 'queue.db'), maxUnsettledWeight: 1, clock, isOutage });
    const readStore = new ReadStore(':memory:');
    const projections = new ProjectionHost(eventStore, readStore, silentLog);
    registerProjections(projections);
    const masterKeys = new MasterKeys(Buffer.alloc(32, 7).toString('base64'), 'the test');
    const stores = new StoreFactory(config);
    const leases = new SoleOwner(clock, silentLog);
    const adapters = { schemas, eventStore, queue, readStore, leases, outcomes: undefined };
    const root = AppModule.of({ ...adapters, config, clock, masterKeys, projections, stores });
    const logLines: string[] = [];
    const app = await createHttpApp(root, { config, logger: createLogger({ level: 'info' }, linesInto(logLines)) });
    await app.init();
    projections.start();
    await app.listen(0, '127.0.0.1');
    const url = await app.getUrl();
    return new TaskApiStage(eventStore, clock, logLines, folder, queue, readStore, projections, app, url);
  }

  /** Under `/v2/{project}/tasks`. */
  tasks<T = unknown>(method: string, target = '', body?: unknown, project = PROJECT): Promise<ApiAnswer<T>> {
    return new ApiClient(this.url, project).call<T>(method, `/v2/${project}/tasks${target}`, body);
  }

  /** Answers the id of a new task. */
  async create(body: object, project = PROJECT): Promise<string> {
    const { status, body: answer } = await this.tasks<{ id: number }>('POST', '', body, project);
    if (status !== 200) throw new Error(`Creating a task: ${status} ${JSON.stringify(answer)}`);
    return String(answer.id);
  }

  async show<T = Record<string, unknown>>(taskId: string): Promise<T> {
    return (await this.tasks<T>('GET', `/${taskId}`)).body;
  }

  /** What the worker would say; the views show it when this resolves. */
  async work(...commands: readonly (TaskCommand | TaskGroupReport)[]): Promise<void> {
    for (const command of commands) {
      const { changed, position } = await this.app
        .get(CommandBus)
        .execute<TaskCommand | TaskGroupReport, Executed>(command);
      if (!changed || position === undefined) throw new Error(`${command.type} changed nothing`);
      const stream = 'taskId' in command ? taskStream(command.taskId) : taskGroupStream(command.groupId);
      await this.projections.passed(stream, position, 10_000);
    }
  }

  /** A task group of this project, as its own API would make it. */
  async group(groupId: string): Promise<void> {
    const { settings, credentials, bandwidthPolicy } = newTask;
    const data = { projectId: PROJECT, groupId, settings, credentials, bandwidthPolicy, at: timeAt(0) };
    const metadata = { correlationId: 'test', actor: 'test', schemaVersion: 1 };
    const created = { id: timeOrderedId(), type: 'TaskGroupCreated', data, metadata };
    await this.events.append(taskGroupStream(groupId), 'no-stream', [created]);
  }

  /** Credentials that are in the vault now. */
  async sealed(): Promise<readonly string[]> {
    const streams = new Set<string>();
    for await (const { stream } of this.events.readAll(undefined, ['credential-'])) streams.add(stream);
    return [...streams];
  }

  async strike(): Promise<void> {
    await this.app.close();
    await this.projections.stop();
    await this.queue.close();
    await this.events.close();
    this.readStore.close();
    rmSync(this.folder, { recursive: true });
  }
}

const linesInto = (lines: string[]): Writable =>
  new Writable({
    write: (line: Buffer, _encoding, done) => {
      lines.push(line.toString());
      done();
    },
  });

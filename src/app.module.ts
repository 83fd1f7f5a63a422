import { Global, Module, type DynamicModule } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import type { Adapters } from './adapters.js';
import type { Config } from './config/config.js';
import { CommandRunner } from './event-store/command-runner.js';
import { EventStore } from './event-store/event-store.port.js';
import { EventSchemas } from './event-store/upcast.js';
import { Clock } from './kernel/clock.js';
import { StoreFactory } from './object-store/store-factory.js';
import { ProjectionHost } from './projections/projection-host.js';
import { Queue } from './queue/queue.port.js';
import { ReadStore } from './read-store/read-store.js';
import { SyncTaskLimits } from './sync-tasks/sync-task-limits.js';
import { SyncTasksApiModule, SyncTasksModule } from './sync-tasks/sync-tasks.module.js';
import { TaskGroupLimits } from './task-groups/task-group-limits.js';
import { TaskGroupsApiModule, TaskGroupsModule } from './task-groups/task-groups.module.js';
import { TaskLimits } from './tasks/api/task-limits.js';
import { TasksApiModule, TasksModule } from './tasks/tasks.module.js';
import type { MasterKeys } from './vault/master-keys.js';
import { Vault } from './vault/vault.js';

/** What the composition root hands to the injector. */
export interface AppParts extends Adapters {
  readonly config: Config;
  readonly clock: Clock;
  readonly masterKeys: MasterKeys;
  readonly projections: ProjectionHost;
  readonly stores: StoreFactory;
}

const taskLimits = ({ limits, server, notifications }: Config): TaskLimits =>
  new TaskLimits(limits.tasksPerDay, limits.waitingTasks, server.readYourWritesMs, notifications);

const taskGroupLimits = ({ limits, server, notifications }: Config): TaskGroupLimits =>
  new TaskGroupLimits(limits.taskGroupsPerDay, server.readYourWritesMs, notifications);

/** Ports, backed by the adapters of this process. */
@Global()
@Module({})
class PlatformModule {
  static of({ config, clock, masterKeys, projections, stores, ...adapters }: AppParts): DynamicModule {
    const { schemas, eventStore, queue, readStore } = adapters;
    const providers = [
      { provide: Clock, useValue: clock },
      { provide: EventSchemas, useValue: schemas },
      { provide: EventStore, useValue: eventStore },
      { provide: Queue, useValue: queue },
      { provide: ReadStore, useValue: readStore },
      { provide: ProjectionHost, useValue: projections },
      { provide: StoreFactory, useValue: stores },
      { provide: CommandRunner, useValue: new CommandRunner(eventStore, clock, schemas) },
      { provide: Vault, useValue: new Vault(eventStore, clock, masterKeys, schemas) },
      {
        provide: SyncTaskLimits,
        useValue: new SyncTaskLimits(config.limits.syncTasksPerProject, config.server.readYourWritesMs),
      },
      { provide: TaskLimits, useValue: taskLimits(config) },
      { provide: TaskGroupLimits, useValue: taskGroupLimits(config) },
    ];
    return { module: PlatformModule, providers, exports: providers.map(({ provide }) => provide) };
  }
}

/** The composition root of the injector: which features run in this process. */
@Module({})
export class AppModule {
  static of(parts: AppParts): DynamicModule {
    const features = parts.config.roles.includes('api')
      ? [SyncTasksApiModule, TasksApiModule, TaskGroupsApiModule]
      : [SyncTasksModule, TasksModule, TaskGroupsModule];
    return { module: AppModule, imports: [CqrsModule.forRoot(), PlatformModule.of(parts), ...features] };
  }
}

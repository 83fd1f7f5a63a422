import { SystemTime } from './kernel/monotonic-time.js';
import { placeOpeners } from './place-openers.js';
import { ReactorHost } from './projections/reactor-host.js';
import { GroupHistory } from './tasks/group-history.js';
import { TaskQueries } from './tasks/task-queries.js';
import { taskViewProjection } from './tasks/task-view.projection.js';
import { migrate } from './transfer/migration/migrate.js';
import { createGroupDuties } from './worker/groups/create-group-duties.js';
import type { Execute } from './worker/groups/group-commands.js';
import { copyOrders } from './worker/migration/copy-orders.js';
import { LostWorkers } from './worker/migration/lost-workers.js';
import { MigrationDuties } from './worker/migration/migration-duties.js';
import { MigrationWorker } from './worker/migration/migration-worker.js';
import { Notifier } from './worker/migration/notifier.js';
import { openPlacesWith } from './worker/migration/open-places.js';
import { OpenTasks } from './worker/migration/open-tasks.js';
import { OverdueTasks } from './worker/migration/overdue-tasks.js';
import { pageSourceOf } from './worker/migration/page-source.js';
import { RunningTask, type RunningTaskParts } from './worker/migration/running-task.js';
import { TaskKeys } from './worker/migration/task-keys.js';
import { TaskNotifications } from './worker/migration/task-notifications.js';
import type { OpenPlaces } from './worker/migration/task-places.js';
import { TaskScheduler } from './worker/migration/task-scheduler.js';
import { WorkerSessions } from './worker/migration/worker-session.js';
import { guardedStores, type WorkerParts } from './worker-role.js';

/** Runs migration tasks, and does the duties for all of them and their groups while it has their lease. */
export function createMigrationWorker(parts: WorkerParts): MigrationWorker {
  const { config, leases, commands, readStore, projections, clock, log, migrationObserver, vault, buffers } = parts;
  const time = new SystemTime();
  const open = new OpenTasks(readStore);
  const openPlaces = openPlacesWith(vault, placeOpeners(parts), clock, time);
  const onBug = (error: unknown) => log.error({ err: error }, 'a copy failed for a reason that is no store failure');
  const pages = { pageObjects: config.tasks.pageObjects, retry: config.transfer };
  const ofTasks: RunningTaskParts = {
    ...{ commands, openPlaces, migrate, clock, time, log },
    pageSource: (taskId, task, places) => pageSourceOf(taskId, task, places, pages),
    optionsOf: copyOrders(config, buffers, onBug),
    observer: migrationObserver,
  };
  const sessions = new WorkerSessions(leases, (worker, lease, stop) => {
    const scheduler = new TaskScheduler(worker, {
      ...{ open, commands, time, log },
      watch: (call) => projections.watch(taskViewProjection.name, call),
      runTask: (taskId, take, until) => {
        const task = new RunningTask(taskId, take, until, ofTasks);
        migrationObserver.running(task.ended);
        return task;
      },
      others: new LostWorkers(leases, commands, open, log),
      slots: config.tasks.runningPerWorker,
    });
    return scheduler.run(lease, stop);
  });
  return new MigrationWorker(sessions, leases, createDuties(parts, open, openPlaces));
}

function createDuties(parts: WorkerParts, open: OpenTasks, openPlaces: OpenPlaces): MigrationDuties {
  const { config, eventStore, commands, readStore, clock, log, vault } = parts;
  const { templates } = config.notifications;
  const notifier = new Notifier(config.notifications, clock);
  const tasks = new TaskQueries(readStore);
  const reactors = new ReactorHost(eventStore, readStore, log);
  reactors.register(new TaskKeys(eventStore, vault, new GroupHistory(eventStore), openPlaces).reactor);
  reactors.register(new TaskNotifications(eventStore, commands, tasks, notifier, templates, log).reactor);
  const { waitingTimeoutDays } = config.tasks;
  const overdue = new OverdueTasks(eventStore, commands, open, clock, new SystemTime(), log, waitingTimeoutDays);
  const execute: Execute = (command) => parts.bus.execute(command);
  const openStore = guardedStores(parts);
  const groups = createGroupDuties({
    ...{ config, eventStore, readStore, commands, execute, vault, openStore, notifier, clock, log },
  });
  return new MigrationDuties(reactors, [overdue, groups]);
}

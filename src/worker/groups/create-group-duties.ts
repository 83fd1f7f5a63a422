import type { Config } from '../../config/config.js';
import type { CommandRunner } from '../../event-store/command-runner.js';
import type { EventStore } from '../../event-store/event-store.port.js';
import type { Clock } from '../../kernel/clock.js';
import type { Log } from '../../kernel/log.js';
import type { ReadStore } from '../../read-store/read-store.js';
import { TaskGroupQueries } from '../../task-groups/task-groups.queries.js';
import { mintTaskId } from '../../tasks/task-id.js';
import { TaskQueries } from '../../tasks/task-queries.js';
import type { Vault } from '../../vault/vault.js';
import type { Notifier } from '../migration/notifier.js';
import { GroupCensus } from './group-census.js';
import type { Execute } from './group-commands.js';
import { GroupDriver } from './group-driver.js';
import { GroupDuties } from './group-duties.js';
import { GroupNotices } from './group-notices.js';
import { GroupPlanner } from './group-planner.js';
import { GroupStores, type OpenGuarded } from './group-stores.js';
import { GroupTasks } from './group-tasks.js';

/** Manifests held in memory are smaller than this, whatever the configuration allows a task. */
const MAX_MANIFEST_BYTES = 16 * 1024 * 1024;

export interface GroupDutiesParts {
  readonly config: Pick<Config, 'taskGroups' | 'transfer' | 'notifications'>;
  readonly eventStore: EventStore;
  readonly readStore: ReadStore;
  readonly commands: CommandRunner;
  /** The command bus. */
  readonly execute: Execute;
  readonly vault: Pick<Vault, 'open' | 'has' | 'forget'>;
  /** Opens a store with its guards around it. */
  readonly openStore: OpenGuarded;
  readonly notifier: Pick<Notifier, 'deliver'>;
  readonly clock: Clock;
  readonly log: Log;
}

export function createGroupDuties(parts: GroupDutiesParts): GroupDuties {
  const { config, execute, vault, clock, log, readStore } = parts;
  const { taskObjects: objects, taskBytes: bytes } = config.taskGroups;
  const groups = new TaskGroupQueries(readStore);
  const census = new GroupCensus(parts.eventStore, parts.commands);
  const tasks = new GroupTasks(census, execute, vault);
  const stores = new GroupStores(vault, parts.openStore);
  const bounds = { objects, bytes, manifestBytes: MAX_MANIFEST_BYTES };
  const mint = () => mintTaskId(clock.now());
  const planner = new GroupPlanner(census, tasks, execute, stores, mint, bounds, { retry: config.transfer }, log);
  const driver = new GroupDriver(census, tasks, execute, stores, log);
  const { templates } = config.notifications;
  const notices = new GroupNotices(groups, new TaskQueries(readStore), execute, parts.notifier, templates, clock, log);
  return new GroupDuties(groups, planner, tasks, driver, notices, log);
}

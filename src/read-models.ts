import type { ProjectionHost } from './projections/projection-host.js';
import { syncStatisticsProjection } from './statistics/sync-statistics.projection.js';
import { objectListProjection } from './sync-tasks/object-list.projection.js';
import { syncLedgerProjection } from './sync-tasks/sync-ledger.projection.js';
import { syncTaskViewProjection } from './sync-tasks/sync-task-view.projection.js';
import { taskGroupViewProjection } from './task-groups/task-group-view.projection.js';
import { taskViewProjection } from './tasks/task-view.projection.js';

/** Every read model of the service. */
export function registerProjections(projections: ProjectionHost): void {
  projections.register(syncTaskViewProjection);
  projections.register(syncLedgerProjection);
  projections.register(objectListProjection);
  projections.register(syncStatisticsProjection);
  projections.register(taskViewProjection);
  projections.register(taskGroupViewProjection);
}

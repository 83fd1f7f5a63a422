import { ManualClock } from '../../test/support/manual-clock.js';
import { settings } from '../../test/support/sync-task-settings.js';
import { until } from '../../test/support/until.js';
import { CommandRunner } from '../event-store/command-runner.js';
import { EventStoreUnavailable } from '../event-store/event-store.port.js';
import { MemoryEventStore } from '../event-store/memory/memory-event-store.js';
import { EventSchemas } from '../event-store/upcast.js';
import { silentLog } from '../kernel/log.js';
import { ProjectionHost } from '../projections/projection-host.js';
import { ReadStore } from '../read-store/read-store.js';
import { SYNC_TASK_EVENT_SCHEMAS } from './event-schemas.js';
import { SyncTaskLimits } from './sync-task-limits.js';
import { SyncTaskLookup } from './sync-task-lookup.js';
import { CreateSyncTask, DeleteSyncTask, StopSyncTask, type SyncTaskCommand } from './sync-task.commands.js';
import { syncTaskDecider } from './sync-task.decider.js';
import { syncTaskStream } from './sync-task.events.js';
import { syncTaskViewProjection } from './sync-task-view.projection.js';
import { SyncTaskQueries } from './sync-tasks.queries.js';

const context = { correlationId: 'c', actor: 'test' };
const credentials = {
  source: { ref: 's', fingerprint: 'fs' },
  destination: { ref: 'd', fingerprint: 'fd' },
};
const create = new CreateSyncTask('p', 't', settings, credentials, context);
const stop = new StopSyncTask('p', 't', context);

/** A view that has not begun to follow stands for one that is behind what another process wrote. */
describe('a task that another process wrote a moment ago', () => {
  let events: MemoryEventStore;
  let views: ReadStore;
  let projections: ProjectionHost;
  let commands: CommandRunner;
  let lookup: SyncTaskLookup;

  beforeEach(() => {
    const schemas = new EventSchemas(SYNC_TASK_EVENT_SCHEMAS);
    events = new MemoryEventStore({ schemas });
    views = new ReadStore(':memory:');
    projections = new ProjectionHost(events, views, silentLog, { attempts: Infinity, baseDelayMs: 1, maxDelayMs: 5 });
    projections.register(syncTaskViewProjection);
    for (const sql of Object.values(syncTaskViewProjection.tables)) views.exec(sql);
    commands = new CommandRunner(events, new ManualClock(), schemas);
    const limits = new SyncTaskLimits(10, 10_000);
    lookup = new SyncTaskLookup(new SyncTaskQueries(views), commands, projections, limits);
  });

  afterEach(async () => {
    await projections.stop();
    await events.close();
    views.close();
  });

  const written = async (...all: SyncTaskCommand[]) => {
    for (const command of all) await commands.run(syncTaskDecider, syncTaskStream('t'), command);
  };

  it('takes events and exists before the view shows it', async () => {
    await written(create);
    await expect(lookup.takesEvents('p', 't')).resolves.toBeUndefined();
    expect(await lookup.exists('p', 't')).toBe(true);
    expect(await lookup.exists('other', 't')).toBe(false);
  });

  it('is waited for by those who want to see it', async () => {
    await written(create);
    const asked = lookup.get('p', 't');
    projections.start();
    expect(await asked).toMatchObject({ id: 't', status: 'SYNCHRONIZING' });
  });

  it.each([
    ['stopped', [create, stop], 'SYNC_TASK_NOT_SYNCHRONIZING'],
    ['deleted', [create, stop, new DeleteSyncTask('p', 't', context)], 'SYNC_TASK_NOT_FOUND'],
    ['of another project', [new CreateSyncTask('o', 't', settings, credentials, context)], 'SYNC_TASK_NOT_FOUND'],
    ['not there', [], 'SYNC_TASK_NOT_FOUND'],
  ])('takes no events when it is %s', async (_what, history, kind) => {
    await written(...history);
    await expect(lookup.takesEvents('p', 't')).rejects.toMatchObject({ kind });
  });

  it('is nobody knows what while the event store is away: no events are taken', async () => {
    await written(create);
    projections.start();
    await until(() => projections.status().every(({ state }) => state === 'live'));
    await events.close();
    await until(() => projections.isFailing(syncTaskStream('t')));
    expect(projections.isFailing('unrelated-1')).toBe(false);
    await expect(lookup.takesEvents('p', 't')).rejects.toMatchObject({ kind: 'SERVICE_BUSY', httpStatus: 503 });
    await expect(lookup.get('p', 'unknown')).rejects.toBeInstanceOf(EventStoreUnavailable);
  });
});

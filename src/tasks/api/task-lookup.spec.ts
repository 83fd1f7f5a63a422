import { ManualClock } from '../../../test/support/manual-clock.js';
import { newTask, PROJECT_ID, TASK_ID } from '../../../test/support/migration-task.js';
import { CommandRunner } from '../../event-store/command-runner.js';
import { MemoryEventStore } from '../../event-store/memory/memory-event-store.js';
import { EventSchemas } from '../../event-store/upcast.js';
import { silentLog } from '../../kernel/log.js';
import { ProjectionHost } from '../../projections/projection-host.js';
import { ReadStore } from '../../read-store/read-store.js';
import { TASK_EVENT_SCHEMAS } from '../event-schemas.js';
import { CreateTask, DeleteTask, type TaskCommand } from '../task.commands.js';
import { taskDecider } from '../task.decider.js';
import { taskStream } from '../task.events.js';
import { TaskLimits } from './task-limits.js';
import { TaskLookup } from './task-lookup.js';
import { TaskQueries } from '../task-queries.js';
import { taskViewProjection } from '../task-view.projection.js';

const context = { correlationId: 'c', actor: 'test' };
const create = new CreateTask(PROJECT_ID, TASK_ID, newTask, context);

/** A view that has not begun to follow stands for one that is behind what another process wrote. */
describe('a task that another process wrote a moment ago', () => {
  let events: MemoryEventStore;
  let views: ReadStore;
  let projections: ProjectionHost;
  let commands: CommandRunner;
  let lookup: TaskLookup;
  let reads: string[];

  beforeEach(() => {
    const schemas = new EventSchemas(TASK_EVENT_SCHEMAS);
    events = new MemoryEventStore({ schemas });
    views = new ReadStore(':memory:');
    projections = new ProjectionHost(events, views, silentLog);
    projections.register(taskViewProjection);
    for (const sql of Object.values(taskViewProjection.tables)) views.exec(sql);
    commands = new CommandRunner(events, new ManualClock(), schemas);
    reads = [];
    const read = events.read.bind(events);
    events.read = (stream) => {
      reads.push(stream);
      return read(stream);
    };
    const limits = new TaskLimits(1, 1, 10_000, { topics: {}, templates: {} });
    lookup = new TaskLookup(new TaskQueries(views), commands, projections, limits);
  });
  afterEach(async () => {
    await projections.stop();
    await events.close();
    views.close();
  });

  const written = async (...all: readonly TaskCommand[]): Promise<void> => {
    for (const command of all) await commands.run(taskDecider, taskStream(TASK_ID), command);
  };

  it('is waited for', async () => {
    await written(create);
    const found = lookup.find(PROJECT_ID, TASK_ID);
    projections.start();
    expect((await found)?.name).toBe(newTask.name);
    expect((await lookup.get(PROJECT_ID, TASK_ID)).status).toBe(1);
  });

  it('is not found once deleted, nor by another project', async () => {
    await written(create);
    expect(await lookup.find('q', TASK_ID)).toBeUndefined();
    await written(new DeleteTask(PROJECT_ID, TASK_ID, context));
    expect(await lookup.find(PROJECT_ID, TASK_ID)).toBeUndefined();
    await expect(lookup.get(PROJECT_ID, TASK_ID)).rejects.toMatchObject({ kind: 'TASK_NOT_FOUND' });
  });

  it.each(['', 'x', '007', '-1', '1.0', '99999999999999999', '9007199254740993'])(
    'is not looked for under what is no id: %s',
    async (text) => {
      expect(await lookup.find(PROJECT_ID, text)).toBeUndefined();
      expect(reads).toEqual([]);
    },
  );
});

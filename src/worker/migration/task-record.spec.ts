import { TaskWorld } from '../../../test/support/task-world.js';
import { CommandRunner } from '../../event-store/command-runner.js';
import { EventStoreUnavailable, type EventStore } from '../../event-store/event-store.port.js';
import {
  BeginTaskRun,
  CompleteTask,
  RecordTaskPage,
  ReleaseTask,
  StopTask,
  TakeTask,
} from '../../tasks/task.commands.js';
import { NO_TOTALS } from '../../tasks/task.state.js';
import { TaskRecord, TaskTakenAway } from './task-record.js';

const context = { correlationId: 'c', actor: 'test' };

describe('the record of a task', () => {
  let world: TaskWorld;
  let taskId: string;
  let reads: number;
  /** Errors of the next appends; `lost` ones are done all the same. */
  let weather: ('refused' | 'lost')[];
  let lease: AbortController;

  beforeEach(async () => {
    world = new TaskWorld();
    [reads, weather, lease] = [0, [], new AbortController()];
    taskId = await world.create();
    await world.run(taskId, new TakeTask(taskId, 'w', context));
  });
  afterEach(() => world.events.close());

  const open = () => {
    const { events, clock, schemas } = world;
    const own: Pick<EventStore, 'append' | 'read'> = {
      read: (stream) => {
        reads++;
        return events.read(stream);
      },
      append: async (...args) => {
        const now = weather.shift();
        if (now === 'refused') throw new EventStoreUnavailable('refused');
        const answer = await events.append(...args);
        if (now === 'lost') throw new EventStoreUnavailable('lost');
        return answer;
      },
    };
    const view = Object.assign(Object.create(events) as typeof events, own);
    return TaskRecord.open(new CommandRunner(view, clock, schemas), taskId, 1, lease.signal);
  };
  const begin = (record: TaskRecord) => record.record(new BeginTaskRun(taskId, 1, '1', 1, record.context));
  const page = (record: TaskRecord, number: number) => {
    const data = { page: number, cursor: `c${number}`, totals: NO_TOTALS, lists: [] };
    return record.record(new RecordTaskPage(taskId, 1, data, record.context));
  };
  const pages = async () => (await world.eventsOf(taskId, 'TaskPageMigrated')).map(({ data }) => data.page);

  it('reads the stream once, however many pages are recorded', async () => {
    const record = await open();
    await begin(record);
    await Promise.all([page(record, 1), page(record, 2), page(record, 3)]);
    expect([await pages(), reads]).toEqual([[1, 2, 3], 1]);
    expect(record.task.run).toMatchObject({ page: 3, cursor: 'c3' });
  });

  it('goes on when others wrote to the stream, and sees what they wrote', async () => {
    const record = await open();
    await begin(record);
    await world.run(taskId, new StopTask('p', taskId, context));
    await page(record, 1);
    expect(record.task.status).toBe('pausing');
    await page(record, 2);
    expect(await pages()).toEqual([1, 2]);
  });

  it('records once what the event store did not answer to, or refused for a while', async () => {
    const record = await open();
    await begin(record);
    weather = ['lost', 'refused'];
    await page(record, 1);
    weather = ['refused', 'lost'];
    await page(record, 2);
    expect(await pages()).toEqual([1, 2]);
  });

  it('is over when another worker has taken the task', async () => {
    const record = await open();
    await begin(record);
    await world.run(taskId, new ReleaseTask(taskId, 1, 'lost', context));
    await world.run(taskId, new TakeTask(taskId, 'other', context));
    await expect(page(record, 1)).rejects.toThrow(TaskTakenAway);
    await expect(record.record(new CompleteTask(taskId, 1, record.context))).rejects.toThrow(TaskTakenAway);
    expect(await pages()).toEqual([]);
    await expect(open()).rejects.toThrow(TaskTakenAway);
  });

  it('waits for the event store no longer than it has its lease', async () => {
    const record = await open();
    weather = Array.from({ length: 100 }, () => 'refused');
    const recorded = begin(record);
    lease.abort(new Error('the lease is lost'));
    await expect(recorded).rejects.toThrow('the lease is lost');
  });
});

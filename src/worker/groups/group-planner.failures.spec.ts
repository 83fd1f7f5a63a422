import { context, GroupWorld, signal } from '../../../test/support/group-world.js';
import { taskSettings } from '../../../test/support/migration-task.js';
import { GROUP, namedByLists as lists, underPrefixes as prefixes } from '../../../test/support/task-group-events.js';
import { EventStoreUnavailable } from '../../event-store/event-store.port.js';
import { RetryTaskGroup } from '../../task-groups/task-group.commands.js';
import type { TaskSettings } from '../../tasks/task.settings.js';

/** Code of the failure that splitting ended with. */
async function failureOf(world: GroupWorld): Promise<string> {
  await world.planner(10).plan(GROUP, signal);
  const { events } = await world.events.read(`taskGroup-${GROUP}`);
  const last = events.at(-1);
  return last?.type === 'TaskGroupPlanFailed' && 'code' in last.data ? String(last.data.code) : (last?.type ?? '');
}

describe('splitting fails', () => {
  it.each<[string, Partial<TaskSettings>, string]>([
    ['without an object', prefixes('none/'), 'TRF.0012'],
    ['without a source bucket', { source: { ...taskSettings.source, bucket: 'gone' } }, 'TRF.0155'],
    [
      'without a destination bucket',
      { ...prefixes('a'), destination: { ...taskSettings.destination, bucket: 'gone' } },
      'TRF.0058',
    ],
    ['without its list file', lists('l/none.txt'), 'TRF.0013'],
    ['without any list file', lists('none/'), 'TRF.0013'],
    ['with a list file of another kind', lists('l/list.csv'), 'TRF.0014'],
    ['without a line', lists('l/empty.txt'), 'TRF.0012'],
    ['without a URL', lists('l/empty.txt', 'url_list'), 'TRF.0017'],
    ['at a line that is too long', lists('l/long.txt'), 'TRF.0018'],
    ['at a file that is no plain text', lists('l/binary.txt'), 'TRF.0019'],
  ])('%s', async (_what, settings, code) => {
    const world = new GroupWorld();
    world.seed('a');
    world.listFile('l/empty.txt', '\n\n');
    world.listFile('l/long.txt', `${'x'.repeat(65_536)}\n`);
    world.listFile('l/list.csv', 'a\n');
    world.listFile('l/binary.txt', 'a\n', 'application/octet-stream');
    await world.create(settings);
    expect(await failureOf(world)).toBe(code);
  });

  it('without keys', async () => {
    const world = new GroupWorld();
    await world.create();
    world.sealed.clear();
    expect(await failureOf(world)).toBe('TRF.0001');
  });

  it('and goes on at the same place after a retry', async () => {
    const world = new GroupWorld();
    world.seed('a', 'b', 'c');
    await world.create(prefixes(''));
    const gone = new Error('a bug');
    world.onCall = (call) => {
      if (call === 'put' && world.buckets.keys('to').length === 1) throw gone;
    };
    await world.planner(1).plan(GROUP, signal);
    expect(await world.group()).toMatchObject({ status: 'plan-failed', chunks: 1 });
    world.onCall = () => undefined;
    await world.ask(new RetryTaskGroup('p', GROUP, null, false, context));
    await world.planner(1).plan(GROUP, signal);
    expect(await world.pieces()).toEqual([['a'], ['b'], ['c']]);
  });

  it('not because the event store is out of reach', async () => {
    const world = new GroupWorld();
    world.seed('a', 'b');
    await world.create(prefixes(''));
    world.onCall = (call) => {
      if (call === 'RecordGroupPlan') throw new EventStoreUnavailable('away');
    };
    await expect(world.planner(1).plan(GROUP, signal)).rejects.toThrow('away');
    expect((await world.group()).status).toBe('planning');
  });
});

import { context, Crash, GroupWorld, signal } from '../../../test/support/group-world.js';
import { taskSettings } from '../../../test/support/migration-task.js';
import {
  AT,
  GROUP,
  namedByLists as lists,
  rule,
  underPrefixes as prefixes,
} from '../../../test/support/task-group-events.js';
import { StopTaskGroup, UpdateTaskGroupBandwidthPolicy } from '../../task-groups/task-group.commands.js';
import type { TaskSettings } from '../../tasks/task.settings.js';

const KEYS = ['a/1', 'a/2', 'a/3', 'b/1', 'b/2', 'c/1', 'c/2 %', 'c/世界😀', 'd/1'];
const bucketOf = ({ cloudType, region, bucket }: TaskSettings['source']) => ({ cloudType, region, bucket });

/** Plans until nobody dies any more; how often somebody did. */
async function planOn(world: GroupWorld, objects: number): Promise<boolean> {
  try {
    await world.planner(objects).plan(GROUP, signal);
    return false;
  } catch (error) {
    if (!(error instanceof Crash)) throw error;
    world.writesLeft = Infinity;
    await world.planner(objects).plan(GROUP, signal);
    return true;
  }
}

describe('a group by prefixes', () => {
  it('is split into tasks that together have each object once', async () => {
    const world = new GroupWorld();
    world.seed(...KEYS);
    await world.create(prefixes('a/', 'c/', 'c/2', 'b/1'));
    await world.planner(2).plan(GROUP, signal);
    expect(await world.pieces()).toEqual([['a/1', 'a/2'], ['a/3', 'b/1'], ['c/1', 'c/2 %'], ['c/世界😀']]);
    expect(await world.group()).toMatchObject({ status: 'monitoring', planIsComplete: true, chunks: 4, plannedNum: 7 });
  });

  it('leaves out the copies and lists of its own, when it copies within one bucket', async () => {
    const world = new GroupWorld();
    world.seed('a', 'b', 'copies/a', 'copies/copies/a', 'oms/task/1/success_object_lists/x.txt', 'z');
    await world.create({
      ...prefixes(''),
      destination: { ...taskSettings.destination, ...bucketOf(taskSettings.source), savePrefix: 'copies/' },
    });
    await world.planner(10).plan(GROUP, signal);
    expect(await world.group()).toMatchObject({ status: 'monitoring', plannedNum: 3 });
  });

  it('gives its tasks what it was made with, and names them after itself', async () => {
    const world = new GroupWorld();
    world.seed('a', 'b');
    await world.create(prefixes(''));
    await world.planner(1).plan(GROUP, signal);
    const { settings, credentials } = await world.group();
    const common = { settings, credentials, priority: 'MEDIUM', groupId: GROUP, bandwidthPolicy: [], projectId: 'p' };
    expect((await world.members()).map(({ task }) => task)).toEqual([
      expect.objectContaining({ ...common, name: 'from-9dd98a5e-1', status: 'waiting' }),
      expect.objectContaining({ ...common, name: 'from-9dd98a5e-2', status: 'waiting' }),
    ]);
  });

  it('makes a task as soon as its part is cut off', async () => {
    const world = new GroupWorld();
    world.seed(...KEYS);
    await world.create(prefixes(''));
    const made: number[] = [];
    world.onCall = async (call) => {
      if (call === 'put') made.push((await world.statuses()).length);
    };
    await world.planner(3).plan(GROUP, signal);
    expect(made).toEqual([0, 1, 2]);
  });

  it('is not split into files that it wrote itself', async () => {
    const world = new GroupWorld();
    world.seed('a', `oms/task_group/${GROUP}/plan/1.txt`, 'z');
    await world.create(prefixes(''));
    await world.planner(10).plan(GROUP, signal);
    expect(await world.pieces()).toEqual([['a', 'z']]);
  });

  it('loses and doubles nothing when its worker dies between any two writes', async () => {
    for (let writes = 0; ; writes++) {
      const world = new GroupWorld();
      world.seed(...KEYS);
      await world.create(prefixes(''));
      world.writesLeft = writes;
      const died = await planOn(world, 4);
      expect((await world.pieces()).flat()).toEqual(KEYS);
      expect(await world.statuses()).toEqual(['waiting', 'waiting', 'waiting']);
      expect((await world.group()).status).toBe('monitoring');
      if (!died) {
        expect(writes).toBeGreaterThan(9);
        return;
      }
    }
  });

  it('has what is new behind the place where it goes on, and not what came before it', async () => {
    const world = new GroupWorld();
    world.seed('b', 'd', 'f');
    await world.create(prefixes(''));
    world.writesLeft = 5; // the beginning; a manifest, its part and task; and the manifest of the next part
    await expect(world.planner(1).plan(GROUP, signal)).rejects.toThrow(Crash);
    world.seed('a', 'c');
    world.writesLeft = Infinity;
    await planOn(world, 1);
    expect((await world.pieces()).flat()).toEqual(['b', 'c', 'd', 'f']);
  });
});

describe('a group by list files', () => {
  it('is split into ranges of whole lines', async () => {
    const world = new GroupWorld();
    world.listFile('l/1.txt', 'a\nb\r\n\nc\nd');
    world.listFile('l/2.txt', '');
    world.listFile('l/3.txt', 'e\n');
    world.listFile('l/readme.md', 'no\n');
    await world.create(lists('l/'));
    await world.planner(3).plan(GROUP, signal);
    expect((await world.pieces()).map((lines) => lines.map((line) => line.trim()))).toEqual([
      ['a', 'b', 'c'],
      ['d'],
      ['e'],
    ]);
    expect(await world.group()).toMatchObject({ status: 'monitoring', plannedNum: 5, plannedSize: 0 });
  });

  it('loses and doubles no line when its worker dies between any two writes', async () => {
    for (let writes = 0; ; writes++) {
      const world = new GroupWorld();
      world.listFile('l/1.txt', 'a\nb\nc\n');
      world.listFile('l/2.txt', 'd\ne\nf');
      await world.create(lists('l/', 'url_list'));
      world.writesLeft = writes;
      const died = await planOn(world, 2);
      expect((await world.pieces()).flat()).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
      if (!died) {
        expect(writes).toBeGreaterThan(7);
        return;
      }
    }
  });

  it('refuses to go on with a file that was replaced', async () => {
    const world = new GroupWorld();
    world.listFile('l/1.txt', 'a\nb\nc\n');
    await world.create(lists('l/1.txt'));
    world.writesLeft = 3;
    await expect(world.planner(1).plan(GROUP, signal)).rejects.toThrow(Crash);
    world.listFile('l/1.txt', 'x\ny\nz\n');
    world.writesLeft = Infinity;
    await world.planner(1).plan(GROUP, signal);
    expect((await world.group()).status).toBe('plan-failed');
  });
});

describe('splitting ends early', () => {
  it('when the group is stopped meanwhile', async () => {
    const world = new GroupWorld();
    world.seed(...KEYS);
    await world.create(prefixes(''));
    world.onCall = async (call) => {
      if (call === 'put' && (await world.group()).chunks === 1) await world.ask(new StopTaskGroup('p', GROUP, context));
    };
    await world.planner(2).plan(GROUP, signal);
    expect(await world.group()).toMatchObject({ status: 'pausing', chunks: 1 });
    expect(await world.statuses()).toEqual(['waiting']);
  });

  it('with the reason of its signal', async () => {
    const world = new GroupWorld();
    world.seed(...KEYS);
    await world.create(prefixes(''));
    const stop = new AbortController();
    world.onCall = (call) => {
      if (call === 'CreateTask') stop.abort(new Error('enough'));
    };
    await expect(world.planner(2).plan(GROUP, stop.signal)).rejects.toThrow('enough');
    expect(await world.group()).toMatchObject({ status: 'planning', chunks: 1 });
  });
});

it('gives a task the newest traffic rules of its group', async () => {
  const world = new GroupWorld();
  world.seed('a', 'b');
  await world.create(prefixes(''));
  world.onCall = async (call) => {
    if (call === 'put' && (await world.group()).chunks === 1)
      await world.ask(new UpdateTaskGroupBandwidthPolicy('p', GROUP, [rule], context));
  };
  await world.planner(1).plan(GROUP, signal);
  const policies = (await world.members()).map(({ task }) => (task.status === 'absent' ? AT : task.bandwidthPolicy));
  expect(policies).toEqual([[], [rule]]);
});

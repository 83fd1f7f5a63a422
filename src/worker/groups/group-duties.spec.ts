import { ManualTime, settle } from '../../../test/support/manual-time.js';
import { silentLog } from '../../kernel/log.js';
import { GROUP_STATUS } from '../../task-groups/task-group.state.js';
import type { GroupAtWork } from '../../task-groups/task-groups.queries.js';
import { GroupDuties } from './group-duties.js';

const quiet: GroupAtWork = {
  ...{
    id: 'g',
    status: GROUP_STATUS.monitoring,
    hasOrders: 0,
    hasNews: 0,
    openParts: 1,
    goingTasks: 1,
    pausingTasks: 0,
  },
};

/** Duties over a list of groups that the test writes, and a record of what was done, in order. */
class Office {
  readonly time = new ManualTime();
  groups: readonly GroupAtWork[] = [];
  readonly done: string[] = [];
  /** What a call waits for, or fails with. */
  answer: (call: string, signal: AbortSignal) => Promise<void> = () => Promise.resolve();
  private readonly stopping = new AbortController();
  private readonly duties = new GroupDuties(
    { atWork: () => this.groups },
    { plan: (id, signal) => this.call(`plan ${id}`, signal) },
    { tell: (id, signal) => this.call(`tell ${id}`, signal) },
    {
      pause: (id, signal) => this.call(`pause ${id}`, signal),
      settle: (id, signal) => this.call(`settle ${id}`, signal),
      delete: (id, signal) => this.call(`delete ${id}`, signal),
    },
    { send: (id, signal) => this.call(`send ${id}`, signal) },
    silentLog,
    this.time,
  );
  readonly ended = this.duties.run(this.stopping.signal);

  /** What was done in the time that passes. */
  async after(ms: number): Promise<readonly string[]> {
    await this.time.advance(ms);
    return this.done.splice(0);
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.ended;
  }

  private call(call: string, signal: AbortSignal): Promise<void> {
    this.done.push(call);
    return this.answer(call, signal);
  }
}

const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));

let open: Office[] = [];
const openOffice = (groups: readonly GroupAtWork[]): Office => {
  const opened = new Office();
  opened.groups = groups;
  open.push(opened);
  return opened;
};
afterEach(async () => {
  for (const opened of open) await opened.stop();
  open = [];
});

describe('what is due for a group', () => {
  it.each<[string, Partial<GroupAtWork>, readonly string[]]>([
    ['that runs', {}, []],
    ['of which no task is open', { openParts: 0, goingTasks: 0 }, ['settle g']],
    ['that waits', { status: GROUP_STATUS.waiting }, ['plan g']],
    ['that is being split', { status: GROUP_STATUS.planning, hasOrders: 1 }, ['plan g', 'tell g']],
    ['that pauses', { status: GROUP_STATUS.pausing }, ['pause g']],
    ['whose last tasks pause', { status: GROUP_STATUS.pausing, goingTasks: 0, pausingTasks: 2 }, []],
    ['that is deleted', { status: GROUP_STATUS.deleting }, ['delete g']],
    ['that has orders', { hasOrders: 1 }, ['tell g']],
    ['that has ended', { status: GROUP_STATUS.failed, hasNews: 1 }, ['send g']],
  ])('%s', async (_what, state, due) => {
    const worked = openOffice([{ ...quiet, ...state }]);
    expect(await worked.after(0)).toEqual([]); // it looked before the group was there
    expect(await worked.after(250)).toEqual(due);
  });
});

describe('splitting', () => {
  const planning = (...ids: readonly string[]) => ids.map((id) => ({ ...quiet, id, status: GROUP_STATUS.planning }));

  it('is done for four groups at once, the first ones first', async () => {
    const worked = openOffice(planning('a', 'b', 'c', 'd', 'e'));
    worked.answer = (call, signal) => (call === 'plan b' ? Promise.resolve() : untilAborted(signal));
    expect(await worked.after(250)).toEqual(['plan a', 'plan b', 'plan c', 'plan d']);
    worked.groups = worked.groups.filter(({ id }) => id !== 'b');
    expect(await worked.after(250)).toEqual(['plan e']);
  });

  it('ends before its group is paused', async () => {
    const worked = openOffice(planning('a'));
    const order: string[] = [];
    worked.answer = async (call, signal) => {
      if (call === 'plan a') await untilAborted(signal).finally(() => order.push('plan ended'));
      else order.push(call);
    };
    await worked.after(250);
    worked.groups = [{ ...quiet, id: 'a', status: GROUP_STATUS.pausing }];
    await worked.after(250);
    expect(order).toEqual(['plan ended', 'pause a']);
  });

  it('ends with the duties', async () => {
    const worked = openOffice(planning('a'));
    let ended = false;
    worked.answer = (_call, signal) => untilAborted(signal).finally(() => (ended = true));
    await worked.after(250);
    await worked.stop();
    expect(ended).toBe(true);
  });
});

describe('a failure', () => {
  it('of one group rests for a while, and holds no other up', async () => {
    const worked = openOffice([
      { ...quiet, id: 'bad', hasOrders: 1 },
      { ...quiet, id: 'good', hasOrders: 1 },
    ]);
    worked.answer = (call) => (call === 'tell bad' ? Promise.reject(new Error('away')) : Promise.resolve());
    const calls = await worked.after(120_000);
    const bad = calls.filter((call) => call === 'tell bad').length;
    expect(calls.length - bad).toBeGreaterThan(400);
    expect(bad).toBeGreaterThan(2);
    expect(bad).toBeLessThan(60);
  });

  it('of a look that is slow is not begun twice', async () => {
    const worked = openOffice([{ ...quiet, hasOrders: 1 }]);
    worked.answer = (_call, signal) => untilAborted(signal);
    expect(await worked.after(5000)).toEqual(['tell g']);
    await settle();
  });
});

import { EventStoreUnavailable, WrongRevision } from '../event-store.port.js';
import { GroupCommit } from './group-commit.js';
import type { Transactions } from './group-commit.js';

const bounds = { maxBatch: 10, maxPending: 25, maxPendingBytes: 1000 };
const event = { events: 1, bytes: 10 };

/** Notes what happens; commits fail while `broken`. */
class Notes implements Transactions {
  readonly log: string[] = [];
  broken = false;
  begin = () => void this.log.push('begin');
  rollback = () => void this.log.push('rollback');
  committed = () => void this.log.push('committed');
  commit = () => {
    if (this.broken) throw new Error('disk full');
    this.log.push('commit');
  };
}

const set = () => {
  const notes = new Notes();
  const group = new GroupCommit(notes, bounds);
  const write = (name: string) => group.submit(event, () => (notes.log.push(name), name));
  return { notes, group, write };
};

describe('group commit', () => {
  it('puts all writers of one turn into one transaction and answers after the commit', async () => {
    const { notes, write } = set();
    const answers = ['a', 'b', 'c'].map((name) => write(name).then((answer) => notes.log.push(`${answer} answered`)));
    await Promise.all(answers);
    expect(notes.log).toEqual([
      'begin',
      'a',
      'b',
      'c',
      'commit',
      'committed',
      'a answered',
      'b answered',
      'c answered',
    ]);
  });

  it('splits at the size of a batch and keeps the order', async () => {
    const { notes, write } = set();
    await Promise.all([...Array(12).keys()].map((n) => write(String(n))));
    expect(notes.log.filter((note) => note === 'begin')).toHaveLength(2);
    expect(notes.log.filter((note) => /^\d+$/.test(note))).toEqual([...Array(12).keys()].map(String));
  });

  it('takes one write larger than a batch by itself', async () => {
    const { notes, group } = set();
    await group.submit({ events: 500, bytes: 5000 }, () => notes.log.push('large'));
    expect(notes.log).toEqual(['begin', 'large', 'commit', 'committed']);
  });

  it('refuses only the writer whose expectation fails', async () => {
    const { group, write } = set();
    const refused = group.submit(event, () => {
      throw new WrongRevision('s-1', 0n, 1n);
    });
    const other = write('other');
    await expect(refused).rejects.toBeInstanceOf(WrongRevision);
    expect(await other).toBe('other');
  });

  it('rejects the whole batch when the commit fails, and goes on', async () => {
    const { notes, write } = set();
    notes.broken = true;
    const results = await Promise.allSettled([write('a'), write('b')]);
    for (const result of results)
      expect(result).toMatchObject({ status: 'rejected', reason: { name: 'EventStoreUnavailable' } });
    expect(notes.log).toEqual(['begin', 'a', 'b', 'rollback']);
    notes.broken = false;
    expect(await write('c')).toBe('c');
  });

  it('rejects the whole batch when a writer breaks', async () => {
    const { notes, group, write } = set();
    const before = write('before');
    const broken = group.submit(event, () => {
      throw new TypeError('a bug');
    });
    await expect(before).rejects.toBeInstanceOf(EventStoreUnavailable);
    await expect(broken).rejects.toBeInstanceOf(EventStoreUnavailable);
    expect(notes.log.at(-1)).toBe('rollback');
  });

  it('refuses what is beyond its bounds, in events or bytes, and takes more once there is room', async () => {
    const { group, write } = set();
    const accepted = [...Array(25).keys()].map((n) => write(String(n)));
    await expect(write('one too many')).rejects.toBeInstanceOf(EventStoreUnavailable);
    await Promise.all(accepted);
    const heavy = group.submit({ events: 1, bytes: 995 }, () => 'heavy');
    await expect(write('too heavy together')).rejects.toBeInstanceOf(EventStoreUnavailable);
    expect(await heavy).toBe('heavy');
  });

  it('commits what it accepted when it closes, and refuses the rest', async () => {
    const { group, write } = set();
    const accepted = [...Array(20).keys()].map((n) => write(String(n)));
    group.close();
    expect((await Promise.all(accepted)).at(-1)).toBe('19');
    await expect(write('late')).rejects.toBeInstanceOf(EventStoreUnavailable);
  });
});

import { describeProjection, recorded } from '../../test/support/projection-spec.js';
import type { DomainEvent } from '../kernel/domain-event.js';
import { ReadStore } from '../read-store/read-store.js';
import { FollowedProjection } from './followed-projection.js';
import type { Projection } from './projection.js';

type Noted = DomainEvent<'Noted', { n: number }>;

const notes: Projection<Noted> = {
  name: 'notes',
  version: 1,
  prefixes: ['note-'],
  tables: { notes: 'CREATE TABLE notes (n INTEGER PRIMARY KEY, revision INTEGER)' },
  on: {
    Noted: ({ revision, data }, views) => void views.run('INSERT INTO notes VALUES (?, ?)', data.n, Number(revision)),
  },
};
const noted = (n: number) => ({ stream: 'note-1', event: { type: 'Noted' as const, data: { n } } });
const given = describeProjection(notes);

describe('a followed projection', () => {
  it('folds events into rows', () =>
    given(noted(7), noted(8)).then('SELECT * FROM notes ORDER BY n', [
      { n: 7, revision: 0 },
      { n: 8, revision: 1 },
    ]));

  it('leaves view and checkpoint as they were when a transaction fails', () => {
    const views = new ReadStore(':memory:');
    try {
      const followed = new FollowedProjection(notes, views);
      expect(followed.open()).toBeUndefined();
      const [one, two] = recorded([noted(1), noted(2)]);
      followed.apply([one!], 1n);
      expect(() => followed.apply([two!, one!], 2n)).toThrow('UNIQUE');
      expect(views.all('SELECT n FROM notes')).toEqual([{ n: 1 }]);
      expect(new FollowedProjection(notes, views).open()).toBe(1n);
    } finally {
      views.close();
    }
  });
});

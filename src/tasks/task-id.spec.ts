import { taskSettings } from '../../test/support/migration-task.js';
import { isTaskId, mintTaskId, taskNameOf } from './task-id.js';

describe('ids of tasks', () => {
  const at = (iso: string) => Number(mintTaskId(new Date(iso)));

  it('ascend with time, and differ within a millisecond', () => {
    expect(at('2026-01-01T00:00:00.000Z')).toBeLessThan(at('2026-01-01T00:00:00.001Z'));
    const now = new Date();
    const minted = new Set(Array.from({ length: 100 }, () => mintTaskId(now)));
    expect(minted.size).toBeGreaterThan(50);
    expect([...minted].every(isTaskId)).toBe(true);
  });

  it('are below 10^15 for decades', () => expect(at('2051-01-01T00:00:00.000Z')).toBeLessThan(10 ** 15));

  it.each(['0', '1', '217304160000123', '9007199254740991'])('may be %s', (id) => expect(isTaskId(id)).toBe(true));
  it.each(['', '00', '01', '+1', '1e3', '1.0', '٣', '9007199254740992'])('are never %j', (id) =>
    expect(isTaskId(id)).toBe(false),
  );
});

describe('names of tasks', () => {
  const now = new Date('2026-01-15T08:09:10.123Z');
  it('say what is migrated, and when it was asked for', () => {
    expect(taskNameOf(taskSettings, now)).toBe('from-20260115080910');
    const listFile = { bucket: 'my-lists', key: 'urls.txt' };
    const source = { ...taskSettings.source, bucket: '', listFile };
    expect(taskNameOf({ ...taskSettings, taskType: 'url_list', source }, now)).toBe('my-lists-20260115080910');
  });
});

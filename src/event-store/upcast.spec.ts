import { EventSchemas } from './upcast.js';

const metadata = (schemaVersion: number) => ({ correlationId: 'c', actor: 'a', schemaVersion });

const renamed = (data: object) => ({ title: 'name' in data ? data.name : null });
const counted = (data: object) => ({ ...data, count: 0 });
const schemas = new EventSchemas(
  { Renamed: { version: 3, steps: { 1: renamed, 2: counted } } },
  { Plain: { version: 1 } },
);

describe('event schemas', () => {
  it('bring the oldest shape to the current one, step by step', () => {
    const current = schemas.upcast({ type: 'Renamed', data: { name: 'x' } }, metadata(1));
    expect(current).toEqual({ data: { title: 'x', count: 0 }, metadata: metadata(3) });
  });

  it('start with the step of the stored version', () => {
    expect(schemas.upcast({ type: 'Renamed', data: { title: 'x' } }, metadata(2)).data).toEqual({
      title: 'x',
      count: 0,
    });
  });

  it('leave current events and types they do not know as they are', () => {
    expect(schemas.upcast({ type: 'Renamed', data: { a: 1 } }, metadata(3))).toEqual({
      data: { a: 1 },
      metadata: metadata(3),
    });
    expect(schemas.upcast({ type: 'Other', data: { a: 1 } }, metadata(9))).toEqual({
      data: { a: 1 },
      metadata: metadata(9),
    });
  });

  it('refuse a version that only a newer release can know', () => {
    expect(() => schemas.upcast({ type: 'Plain', data: {} }, metadata(2))).toThrow('Plain is stored in version 2');
  });

  it('answer the version to write, and refuse a type without an entry', () => {
    expect(schemas.currentVersion('Renamed')).toBe(3);
    expect(() => schemas.currentVersion('Other')).toThrow('Other has no entry');
  });

  it('do not come to be with a missing step or a type that two features claim', () => {
    expect(() => new EventSchemas({ Renamed: { version: 3, steps: { 1: renamed } } })).toThrow('from version 2 to 3');
    expect(() => new EventSchemas({ Plain: { version: 1 } }, { Plain: { version: 1 } })).toThrow('two tables');
  });
});

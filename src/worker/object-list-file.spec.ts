import { cutList } from './object-list-file.js';

const row = (position: number, text: string) => ({ position, text, at: `2026-01-15T08:09:1${position}.000Z` });

describe('cutting a list', () => {
  it('gives nothing for no lines', () => expect(cutList([], 10)).toBeUndefined());

  it('covers all lines below the bound', () => {
    const cut = cutList([row(1, 'a'), row(1, 'b'), row(4, 'c')], 10);
    expect(cut).toEqual({ from: 1n, to: 4n, at: row(1, '').at, lines: 3, body: Buffer.from('a\nb\nc\n') });
  });

  it('cuts behind a whole event, never inside one', () => {
    const cut = cutList([row(1, 'a'), row(2, 'b'), row(2, 'c'), row(2, 'd'), row(3, 'e')], 2);
    expect(cut).toMatchObject({ from: 1n, to: 2n, lines: 4 });
  });

  it('is bounded in bytes too', () => {
    const long = 'x'.repeat(9 * 1024 * 1024);
    expect(cutList([row(1, long), row(2, long), row(3, long)], 10)).toMatchObject({ to: 2n, lines: 2 });
  });
});

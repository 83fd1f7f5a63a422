import { readFileSync } from 'node:fs';
import path from 'node:path';

const README = path.resolve(import.meta.dirname, '../../README.md');
const HEADING = '### What is supported, field by field';

export type Support = 'yes' | 'extension' | 'refused';

/** One cell of a table: a field of a call, and whether it is supported. */
export interface SupportRow {
  /** `call`: the field is the call itself. */
  readonly kind: 'call' | 'field' | 'query' | 'answer';
  /** Such as `POST /tasks/{id}/start`. */
  readonly call: string;
  /** Such as `bandwidth_policy[].start`. */
  readonly field: string;
  readonly support: Support;
}

const KINDS: readonly string[] = ['call', 'field', 'query', 'answer'] satisfies SupportRow['kind'][];
const SUPPORTS: readonly string[] = ['yes', 'extension', 'refused', '-'] satisfies (Support | '-')[];

const isKind = (text: string | undefined): text is SupportRow['kind'] => KINDS.includes(text ?? '');

const code = (cell: string | undefined): string => {
  const text = /^`([^`]+)`$/.exec(cell ?? '')?.[1];
  if (text === undefined) throw new Error(`${cell ?? 'an empty cell'} should be one name in backquotes`);
  return text;
};

const cellsOf = (line: string): readonly string[] =>
  line
    .slice(1, -1)
    .split('|')
    .map((cell) => cell.trim());

/** The rows of one table: a line per field, a column per call, and remarks behind them. */
function rowsOf(table: readonly string[]): readonly SupportRow[] {
  const [heads = [], , ...lines] = table.map(cellsOf);
  const [kind] = heads;
  if (!isKind(kind)) throw new Error(`A table begins with ${kind ?? 'nothing'}`);
  if (kind === 'call') return lines.map(([call]) => ({ kind, call: code(call), field: '', support: 'yes' }));
  const calls = heads.slice(1, -1).map(code);
  return lines.flatMap((cells) =>
    calls.flatMap((call, column): readonly SupportRow[] => {
      const support = cells[column + 1] ?? '';
      if (!SUPPORTS.includes(support)) throw new Error(`${cells[0] ?? ''}: "${support}" says nothing about support`);
      return support === '-' ? [] : [{ kind, call, field: code(cells[0]), support: support as Support }];
    }),
  );
}

/** All rows of the README's tables of support. */
export function supportRows(): readonly SupportRow[] {
  const text = readFileSync(README, 'utf8');
  const from = text.indexOf(HEADING);
  if (from < 0) throw new Error(`The README has no "${HEADING}"`);
  const section = text.slice(from + HEADING.length).split(/^##+ /m, 1)[0] ?? '';
  return section
    .split(/\n\n+/)
    .map((block) => block.split('\n').filter((line) => line.startsWith('|')))
    .filter((table) => table.length > 0)
    .flatMap(rowsOf);
}

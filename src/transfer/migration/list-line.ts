import type { SourceEntry } from './migration.js';

/** The first column of our failed lists. */
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;

const bad = (key: string, code: string, cause: string): SourceEntry => ({ key, problem: { code, cause } });

/** Percent-decoded once, a plus stays a plus; undefined where the escapes are wrong. */
function decoded(text: string): string | undefined {
  try {
    return text.includes('%') ? decodeURIComponent(text) : text;
  } catch {
    return undefined;
  }
}

/** The columns of a line; of one of our failed lists, as many as say what the object is. */
function columnsOf(line: string, identifying: number): readonly string[] {
  if (!line.includes('\t')) return [line];
  const columns = line.split('\t');
  return TIME.test(columns[0] ?? '') ? columns.slice(1, 1 + identifying) : columns;
}

/** A line of an object list: a name, URL-encoded. */
export function nameEntry(line: string): SourceEntry {
  const [name = '', ...more] = columnsOf(line, 1);
  if (more.length > 0) return bad(line, 'BadLine', 'A line is one name, and a tab in a name is written as %09');
  const key = decoded(name);
  return key === undefined || key === ''
    ? bad(name, 'BadName', 'The name is not URL-encoded: a "%" in a name is written as %25')
    : { key };
}

/** A line of a URL list: a URL and, after a tab, the name of the object at the destination, which else is the URL's path. */
export function urlEntry(line: string): SourceEntry {
  const [url = '', name, ...more] = columnsOf(line, 2);
  if (more.length > 0) return bad(line, 'BadLine', 'A line is a URL, or a URL and a name with one tab between them');
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || (parsed.protocol !== 'http:' && parsed.protocol !== 'https:'))
    return bad(url, 'BadUrl', 'This is no URL that begins with http:// or https://');
  const targetName = name === undefined || name === '' ? pathOf(parsed) : decoded(name);
  if (targetName === undefined)
    return bad(url, 'BadName', 'The name is not URL-encoded: a "%" in it is written as %25');
  return targetName === ''
    ? bad(url, 'BadUrl', 'The URL has no path, and no name stands behind it')
    : { key: url, targetName };
}

/** Without its leading slash. Escapes that make no sense stay as they are. */
function pathOf({ pathname }: URL): string {
  const path = pathname.slice(1);
  return decoded(path) ?? path;
}

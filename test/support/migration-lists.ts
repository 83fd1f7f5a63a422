/** Texts of list files by their keys. */
export type ListFiles = ReadonlyMap<string, string>;

export interface SuccessLine {
  readonly name: string;
  readonly size: number;
  readonly check: string;
  readonly proof: string;
}

export interface SkipLine {
  readonly name: string;
  readonly size: number;
  readonly check: string;
  readonly reason: string;
}

export interface FailedLine {
  readonly encoded: string;
  readonly name: string;
  readonly storeCode: string;
  readonly cause: string;
  readonly code: string;
}

/** What the list files of one run say. */
export interface RunLists {
  readonly succeeded: readonly SuccessLine[];
  readonly skipped: readonly SkipLine[];
  readonly failed: readonly FailedLine[];
}

const KINDS = { succeeded: 'success', skipped: 'skip', failed: 'failed' } as const;
const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z$/;

const unescaped = (text: string): string =>
  text.replace(/\\([tn\\])/g, (_whole, mark: string) => ({ t: '\t', n: '\n' })[mark] ?? mark);

/** Splits one line into its columns and checks how many there are and that the first is a time. */
function columns(line: string, count: number): readonly string[] {
  const all = line.split('\t');
  if (all.length !== count || !TIME.test(all[0] ?? '')) throw new Error(`No line of a list: ${JSON.stringify(line)}`);
  return all;
}

const success = (line: string): SuccessLine => {
  const [, name = '', size, check = '', proof = ''] = columns(line, 5);
  return { name: unescaped(name), size: Number(size), check, proof };
};
const skip = (line: string): SkipLine => {
  const [, name = '', size, check = '', reason = ''] = columns(line, 5);
  return { name: unescaped(name), size: Number(size), check, reason };
};
const failure = (line: string): FailedLine => {
  const [, encoded = '', name = '', storeCode = '', cause = '', code = ''] = columns(line, 6);
  return { encoded, name: unescaped(name), storeCode, cause, code };
};

/** The stamps of the runs that wrote list files for a task, oldest first. */
export function stampsOf(files: ListFiles, taskId: number): readonly string[] {
  const stamps = new Set<string>();
  for (const key of files.keys()) {
    const match = new RegExp(`/oms-task-${taskId}-(\\d{17})_\\d+\\.txt$`).exec(key);
    if (match?.[1] !== undefined) stamps.add(match[1]);
  }
  return [...stamps].sort();
}

/**
 * Reads the lists of one run of a task, of the newest unless told. Throws for a file that is empty, does not end its last
 * line, or has a line that is none.
 */
export function readLists(
  files: ListFiles,
  taskId: number,
  { folder = `oms/task/${taskId}`, stamp = stampsOf(files, taskId).at(-1) ?? '' } = {},
): RunLists {
  const lines = <T>(kind: string, parse: (line: string) => T): readonly T[] => {
    const pattern = new RegExp(`^${folder}/${kind}_object_lists/oms-task-${taskId}-${stamp}_(\\d+)\\.txt$`);
    const parts = [...files].flatMap(([key, text]) => {
      const page = pattern.exec(key)?.[1];
      return page === undefined ? [] : [{ page: Number(page), text, key }];
    });
    return parts
      .sort((a, b) => a.page - b.page)
      .flatMap(({ text, key }) => {
        if (!text.endsWith('\n')) throw new Error(`${key} does not end with its last line`);
        return text.slice(0, -1).split('\n').map(parse);
      });
  };
  return {
    succeeded: lines(KINDS.succeeded, success),
    skipped: lines(KINDS.skipped, skip),
    failed: lines(KINDS.failed, failure),
  };
}

/** Every name in the lists, in order; with it as often as it stands there. */
export const namesIn = ({ succeeded, skipped, failed }: RunLists): readonly string[] =>
  [...succeeded, ...skipped, ...failed].map(({ name }) => name).sort();

import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';

export interface SampleFile {
  /** Object key: where it lies below `root`, with forward slashes. */
  readonly key: string;
  readonly read: () => Promise<Buffer>;
}

/** A few keys that break careless tools, made up because real trees rarely have them. */
const ODD: readonly (readonly [string, string])[] = [
  ['odd names/white space + plus & 100%.txt', 'percent and plus'],
  ['odd names/测试/文件 😀.txt', 'beyond ASCII'],
  ["odd names/quotes ' and (brackets) [too]#hash?.txt", 'reserved characters'],
  ['odd names/empty.bin', ''],
];

/** Real files below `root`, at most `limit` and none above `maxBytes`, the largest first, then a few with odd names. */
export async function sampleFiles(root: string, limit: number, maxBytes: number): Promise<readonly SampleFile[]> {
  const found: { key: string; size: number }[] = [];
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const file = path.join(entry.parentPath, entry.name);
    const { size } = await stat(file);
    if (size <= maxBytes) found.push({ key: path.relative(root, file).split(path.sep).join('/'), size });
  }
  // A handful of large ones, and from the rest evenly: many sizes, many folders.
  found.sort((a, b) => b.size - a.size);
  const large = found.splice(0, 8);
  const step = Math.max(1, found.length / (limit - large.length));
  const chosen = [...large];
  for (let at = 0; at < found.length && chosen.length < limit; at += step) {
    const file = found[Math.floor(at)];
    if (file) chosen.push(file);
  }
  return [
    ...chosen.map(({ key }) => ({ key, read: () => readFile(path.join(root, key)) })),
    ...ODD.map(([key, text]) => ({ key, read: () => Promise.resolve(Buffer.from(text)) })),
  ];
}

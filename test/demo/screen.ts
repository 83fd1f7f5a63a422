import path from 'node:path';
import type { Bucket } from './buckets.js';

/** What the demo shows: headings, the calls it makes as curl commands, and a progress bar. */
const tty = process.stdout.isTTY;
const paint = (code: string, text: string): string => (tty ? `\u001b[${code}m${text}\u001b[0m` : text);

export const say = (text = ''): void => void process.stdout.write(`${text}\n`);
export const heading = (text: string): void => say(`\n${paint('1;36', `== ${text}`)}`);

/** Shows a call the way a user would type it; keys are left out. */
export function showCall(method: string, url: string, body?: string): void {
  const data = body === undefined ? '' : ` -H 'Content-Type: application/json' -d '${body}'`;
  say(paint('2', `$ curl -X ${method} ${url}${data}`));
}

/** The first lines of one list file of each directory below the prefix. Answers how many files there are. */
export async function showLists(bucket: Bucket, prefix: string): Promise<number> {
  const lists = await bucket.keys(prefix);
  const first = new Map<string, string>();
  for (const key of lists) if (!first.has(path.posix.dirname(key))) first.set(path.posix.dirname(key), key);
  for (const list of first.values()) {
    say(`${list}:`);
    const lines = (await bucket.get(list)).toString().split('\n');
    for (const line of lines.slice(0, 3).filter(Boolean)) say(`  ${line}`);
  }
  return lists.length;
}

const WIDTH = 40;

/** One line that is drawn over itself on a terminal, and printed once per tenth elsewhere. */
export class ProgressBar {
  private shownTenth = -1;

  constructor(
    private readonly label: string,
    private readonly total: number,
  ) {}

  show(done: number): void {
    const share = this.total === 0 ? 1 : Math.min(1, done / this.total);
    const bar = '#'.repeat(Math.round(share * WIDTH)).padEnd(WIDTH, '.');
    const line = `${this.label} [${bar}] ${done}/${this.total}`;
    if (tty) process.stdout.write(`\r${line}`);
    else if (Math.floor(share * 10) > this.shownTenth) say(line);
    this.shownTenth = Math.max(this.shownTenth, Math.floor(share * 10));
  }

  end(): void {
    if (tty) say();
  }
}

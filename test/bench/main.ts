/**
 * `npm run bench -- <suite>... [--quick]`: measures on this machine and prints a table. Figures of different runs or machines do not
 * compare; ratios of one run do.
 */
import { cpus, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import type { BenchOptions, BenchResult } from './bench-result.js';
import { benchAppend } from './append.bench.js';
import { benchCluster } from './cluster.bench.js';
import { benchCopy } from './copy.bench.js';
import { benchMigrate } from './migrate.bench.js';
import { benchQueue } from './queue.bench.js';
import { benchSync } from './sync.bench.js';

type Bench = (options: BenchOptions) => Promise<readonly BenchResult[]> | AsyncIterable<BenchResult>;

const SUITES: Readonly<Record<string, readonly Bench[]>> = {
  append: [benchAppend],
  queue: [benchQueue],
  cluster: [benchCluster],
  copy: [benchCopy],
  migrate: [benchMigrate],
  sync: [benchAppend, benchSync],
};

async function main(): Promise<number> {
  const { positionals: names, values } = parseArgs({
    allowPositionals: true,
    options: { quick: { type: 'boolean', default: false } },
  });
  const unknown = names.filter((name) => !(name in SUITES));
  if (unknown.length > 0 || names.length === 0) {
    process.stderr.write(
      `usage: npm run bench -- <suite>... [--quick]  with suites ${Object.keys(SUITES).join(', ')}\n`,
    );
    return 2;
  }
  const [cpu] = cpus();
  const memory = Math.round(totalmem() / 1024 ** 3);
  process.stdout.write(`${cpus().length} x ${cpu?.model ?? 'unknown'}, ${memory} GiB, Node ${process.version}\n`);
  for (const name of names)
    for (const bench of SUITES[name] ?? []) for await (const result of await bench(values)) print(result);
  return 0;
}

function print({ name, figures }: BenchResult): void {
  process.stdout.write(`\n${name}\n`);
  for (const [figure, value] of Object.entries(figures)) process.stdout.write(`  ${figure.padEnd(44)} ${value}\n`);
}

process.exitCode = await main();

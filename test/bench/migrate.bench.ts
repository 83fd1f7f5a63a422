import { BenchEndpoint, type MadeBucketPlan } from './bench-endpoint.js';
import type { BenchOptions, BenchResult } from './bench-result.js';
import { type MigrateClient, OpenOms, Rclone, type Run } from './migrate-clients.js';
import { rcloneVersion } from './rclone.js';

const KIB = 1024;
const MIB = 1024 * KIB;
const SOURCE_TIME_MS = Date.parse('2026-01-01T00:00:00Z');
const COPY_TIME_MS = SOURCE_TIME_MS + 86_400_000;

interface Scenario {
  readonly name: string;
  readonly bucket: string;
  readonly count: number;
  readonly size: number;
  /** Copying; the same again with nothing changed; or a source and a destination that were equal all along. */
  readonly kind: 'copy' | 'copy-and-rescan' | 'equal';
  readonly rounds: number;
}

const scenariosOf = ({ quick }: BenchOptions): readonly Scenario[] => {
  const rounds = 3;
  const of = (
    name: string,
    bucket: string,
    [count, less]: [number, number],
    size: number,
    kind: Scenario['kind'],
  ): Scenario => ({
    name: `${(quick ? less : count).toLocaleString('en')} x ${name}`,
    bucket,
    count: quick ? less : count,
    size,
    kind,
    rounds: kind === 'equal' ? 1 : rounds,
  });
  return [
    of('4 KiB', 'small', [20_000, 4000], 4 * KIB, 'copy-and-rescan'),
    of('1 MiB', 'middle', [2000, 300], MIB, 'copy'),
    of('512 MiB', 'large', [4, 1], 512 * MIB, 'copy'),
    of('1,000 bytes that both sides have', 'many', [1_000_000, 100_000], 1000, 'equal'),
  ];
};

interface Measured extends Run {
  readonly requests: number;
}

/** Migrations of whole buckets between two endpoints, by the service and by rclone, in turns. */
class MigrateBench {
  private runs = 0;

  constructor(
    private readonly source: BenchEndpoint,
    private readonly destination: BenchEndpoint,
    private readonly clients: readonly MigrateClient[],
  ) {}

  async play(scenario: Scenario): Promise<readonly BenchResult[]> {
    const copies = new Map<string, Measured[]>();
    const rescans = new Map<string, Measured[]>();
    // A service runs for months; what it compiles when it does something for the first time is not what is asked.
    for (const client of this.clients.filter(({ keepsRunning }) => keepsRunning))
      await this.one(scenario, client, new Map(), new Map());
    for (let round = 0; round < scenario.rounds; round++) {
      // Each begins a round in turn: what the one before leaves behind in caches is not always for the same.
      const first = round % this.clients.length;
      for (const client of [...this.clients.slice(first), ...this.clients.slice(0, first)])
        await this.one(scenario, client, copies, rescans);
    }
    const results: BenchResult[] = [];
    if (copies.size > 0) results.push(report(`${scenario.name}, copied`, scenario, copies));
    if (rescans.size > 0) results.push(report(`${scenario.name}, unchanged`, scenario, rescans));
    return results;
  }

  async one(
    { bucket, count, kind }: Scenario,
    client: MigrateClient,
    copies: Map<string, Measured[]>,
    rescans: Map<string, Measured[]>,
  ): Promise<void> {
    const toBucket = kind === 'equal' ? bucket : `${bucket}-${++this.runs}`;
    const request = { fromBucket: bucket, toBucket, objects: count, many: kind === 'equal' };
    if (kind !== 'equal')
      note(copies, client, await this.measured(() => client.migrate({ ...request, rescan: false })));
    if (kind !== 'copy') note(rescans, client, await this.measured(() => client.migrate({ ...request, rescan: true })));
    if (kind !== 'equal') await this.destination.drop(toBucket);
  }

  private async measured(work: () => Promise<Run>): Promise<Measured> {
    await this.takeRequests();
    const run = await work();
    return { ...run, requests: await this.takeRequests() };
  }

  private async takeRequests(): Promise<number> {
    return (await this.source.takeRequests()) + (await this.destination.takeRequests());
  }
}

const note = (runs: Map<string, Measured[]>, { name }: MigrateClient, run: Measured): void => {
  runs.set(name, [...(runs.get(name) ?? []), run]);
};

const median = (runs: readonly Measured[], figure: (run: Measured) => number): number => {
  const sorted = runs.map(figure).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
};

function report(name: string, { count, size }: Scenario, runs: ReadonlyMap<string, Measured[]>): BenchResult {
  const figures: Record<string, string> = {};
  const [[, ours] = ['', []], ...others] = runs;
  const gigabytes = (count * size) / 1e9;
  for (const [client, measured] of runs) {
    const seconds = median(measured, (run) => run.seconds);
    const cpuSeconds = median(measured, (run) => run.cpuSeconds);
    const perObject = median(measured, (run) => run.requests) / count;
    figures[client] = [
      `${(count / seconds).toLocaleString('en', { maximumSignificantDigits: 3 })} objects/s`,
      `${Math.round((gigabytes * 1000) / seconds)} MB/s`,
      `CPU ${Math.round((cpuSeconds / count) * 1e6)} us/object, ${(cpuSeconds / gigabytes).toFixed(2)} s/GB`,
      `${Math.round(median(measured, (run) => run.peakMib))} MiB`,
      `${perObject.toFixed(3)} requests/object`,
    ].join(', ');
  }
  for (const [client, measured] of others) {
    const times = median(measured, (run) => run.seconds) / median(ours, (run) => run.seconds);
    const share = median(ours, (run) => run.cpuSeconds) / median(measured, (run) => run.cpuSeconds);
    figures[`against ${client}`] = `${times.toFixed(2)} times as fast, with ${share.toFixed(2)} of its CPU time`;
  }
  return { name, figures };
}

/** Copies between two local endpoints, each a process of its own: the service against rclone, in turns. */
export async function* benchMigrate(options: BenchOptions): AsyncGenerator<BenchResult> {
  const scenarios = scenariosOf(options);
  const made = (lastModifiedMs: number, chosen: readonly Scenario[]): readonly MadeBucketPlan[] =>
    chosen.map(({ bucket, count, size }) => ({ bucket, count, size, lastModifiedMs }));
  const source = await BenchEndpoint.start(made(SOURCE_TIME_MS, scenarios));
  const destination = await BenchEndpoint.start(
    made(
      COPY_TIME_MS,
      scenarios.filter(({ kind }) => kind === 'equal'),
    ),
  );
  const service = await OpenOms.start(source, destination);
  try {
    const peers = Rclone.both(source, destination);
    process.stdout.write(`the peer: ${rcloneVersion() ?? 'rclone is not installed, so there is none'}\n`);
    const bench = new MigrateBench(source, destination, [service, ...peers]);
    for (const scenario of scenarios) yield* await bench.play(scenario);
  } finally {
    await service.strike();
    await Promise.all([source.stop(), destination.stop()]);
  }
}

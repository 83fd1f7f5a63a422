import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startKafka } from '../support/kafka/index.js';

/** The end-to-end suites of the sync path, as they are, over EventStoreDB's protocol and a real broker. */
const SUITES = ['sync-path', 'faults', 'shutdown', 'recovery', 'bad-input-events', 'kill-nine'];
const ROOT = path.resolve(import.meta.dirname, '../..');
const LIMIT_MS = 9 * 60_000;

interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly message: string;
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

/** Runs the suites in a process of their own, whose environment names the engines. */
async function runSuites(): Promise<Report> {
  const kafka = await startKafka();
  if ('missing' in kafka) throw new Error(kafka.missing);
  const folder = mkdtempSync(path.join(tmpdir(), 'openoms-cluster-e2e-'));
  const file = path.join(folder, 'report.json');
  const match = `<rootDir>/test/e2e/(${SUITES.join('|')}).e2e-spec.ts`;
  const jest = path.join(ROOT, 'node_modules/jest/bin/jest.js');
  const args = ['--experimental-vm-modules', jest, '--runInBand', '--testMatch', match, '--json', '--outputFile', file];
  const env = { ...process.env, OPENOMS_TEST_ENGINES: 'cluster', OPENOMS_TEST_KAFKA: kafka.address };
  try {
    await new Promise<void>((resolve) => {
      // Failing tests are told by the report.
      execFile(process.execPath, args, { cwd: ROOT, env, timeout: LIMIT_MS, maxBuffer: 2 ** 28 }, () => resolve());
    });
    return JSON.parse(readFileSync(file, 'utf8')) as Report;
  } finally {
    await kafka.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

const { testResults } = await runSuites();

it('runs all of the suites', () => expect(testResults).toHaveLength(SUITES.length));

describe.each(testResults.map((suite) => [path.basename(suite.name), suite] as const))('%s', (_name, suite) => {
  it('loads', () => expect(suite.assertionResults.length > 0 || suite.message).toBe(true));

  for (const { fullName, status, failureMessages } of suite.assertionResults)
    it(fullName, () => {
      if (status !== 'passed') throw new Error(failureMessages.join('\n') || status);
    });
});

import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { install, SERVER_CACHE } from '../servers/s3-server.js';

const POM = path.join(import.meta.dirname, 'pom.xml');

/** Fetches the jars of the broker from Maven Central on first use; answers the class path. Needs `mvn` and Java 17. */
export async function kafkaClassPath(): Promise<string> {
  const version = /<kafka.version>([^<]+)</.exec(readFileSync(POM, 'utf8'))?.[1];
  if (version === undefined) throw new Error(`${POM} names no version of Kafka`);
  const folder = path.join(SERVER_CACHE, `kafka-${version}`);
  if (!existsSync(folder)) await fetchJars(folder);
  return path.join(folder, '*');
}

/** A cut-off download never looks like a complete one, and of two processes that fetch at once the first wins. */
async function fetchJars(folder: string): Promise<void> {
  mkdirSync(SERVER_CACHE, { recursive: true });
  const fetching = mkdtempSync(`${folder}.`);
  try {
    const goal = ['dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${fetching}`];
    await install('mvn', ['--quiet', '--batch-mode', '--file', POM, ...goal]);
    try {
      renameSync(fetching, folder);
    } catch (error) {
      if (!existsSync(folder)) throw error;
    }
  } finally {
    rmSync(fetching, { recursive: true, force: true });
  }
}

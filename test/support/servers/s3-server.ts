import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

/** Where servers that are installed for the tests are kept; not part of the repository. */
export const SERVER_CACHE = join(import.meta.dirname, '../../../.cache/servers');

export const SERVER_KEYS = { accessKey: 'INTEGRATIONKEY', secretKey: 'integration-secret-key' };

/** A real S3 server that runs now, in a process of its own. */
export interface RunningS3Server {
  readonly url: string;
  stop(): Promise<void>;
}

/** A server, or why there is none. */
export type S3Server = RunningS3Server | { readonly missing: string };

const INSTALL_LIMIT_MS = 280_000;
const START_LIMIT_MS = 30_000;

/** Runs one step of an installation; rejects when it fails or takes too long. */
export const install = async (command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<void> => {
  await promisify(execFile)(command, args, { timeout: INSTALL_LIMIT_MS, env: { ...process.env, ...env } });
};

const freePort = async (): Promise<number> => {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
};

const answers = async (url: string): Promise<boolean> => {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(2000) });
    await answer.arrayBuffer();
    return true;
  } catch {
    return false;
  }
};

const waitUntilReady = async (child: ChildProcess, url: string, output: () => string): Promise<void> => {
  const deadline = Date.now() + START_LIMIT_MS;
  while (!(await answers(url))) {
    if (child.exitCode !== null) throw new Error(`it ended with code ${child.exitCode}: ${output()}`);
    if (Date.now() > deadline) throw new Error(`it did not answer within ${START_LIMIT_MS} ms: ${output()}`);
    await sleep(50);
  }
};

const stop = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const killer = setTimeout(() => child.kill('SIGKILL'), 5000);
  await ended;
  clearTimeout(killer);
};

/** How to get and to start one kind of server. */
export interface S3ServerKind {
  readonly name: string;
  /** Makes sure that it is installed. */
  prepare(): Promise<void>;
  command(port: number, folder: string): { readonly program: string; readonly args: readonly string[] };
}

/** Installs the server on first use and starts it over an empty temporary folder, on a free port of 127.0.0.1. */
export async function launch(kind: S3ServerKind): Promise<S3Server> {
  const folder = mkdtempSync(join(tmpdir(), `openoms-${kind.name}-`));
  let child: ChildProcess | undefined;
  try {
    await kind.prepare();
    const port = await freePort();
    const { program, args } = kind.command(port, folder);
    child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], cwd: folder });
    let tail = '';
    const keep = (text: Buffer) => (tail = (tail + text.toString()).slice(-2000));
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
    await once(child, 'spawn');
    const url = `http://127.0.0.1:${port}`;
    await waitUntilReady(child, url, () => tail);
    const running = child;
    return {
      url,
      stop: async () => {
        await stop(running);
        rmSync(folder, { recursive: true, force: true });
      },
    };
  } catch (error) {
    if (child?.pid !== undefined) await stop(child);
    rmSync(folder, { recursive: true, force: true });
    return { missing: error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error) };
  }
}

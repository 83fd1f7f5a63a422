import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SyncStage } from '../support/sync-stage.js';
import { until } from '../support/until.js';

const { sourceBucket: FROM, destinationBucket: TO } = SyncStage;
const MAIN = path.resolve(import.meta.dirname, '../../dist/main.js');

let stage: SyncStage;

afterEach(() => stage.strike());

const seedAll = async (keys: readonly string[]) => {
  for (const key of keys) await stage.source.seed(FROM, key, `content of ${key}`);
};

/** Keys whose copy is not there or not right. */
async function wrongCopies(keys: readonly string[]): Promise<readonly string[]> {
  const wrong: string[] = [];
  for (const key of keys) {
    const copy = await stage.destination.object(TO, key)?.content();
    if (copy?.toString() !== `content of ${key}`) wrong.push(key);
  }
  return wrong;
}

/** Starts a process that is expected to end by itself. */
async function runToEnd(env: Readonly<Record<string, string>> = {}): Promise<{ code: unknown; output: string }> {
  const child = spawn(process.execPath, [MAIN], {
    cwd: stage.folder,
    env: { PATH: process.env.PATH ?? '', OPENOMS_PORT: '0', ...stage.engines.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const tooLong = setTimeout(() => child.kill('SIGKILL'), 20_000);
  const [code] = (await once(child, 'close')) as [number | null];
  clearTimeout(tooLong);
  return { code, output };
}

/** Posts one-key events, eight at a time, each under its own idempotency key; answers the keys that were not accepted. */
async function post(taskId: string, keys: readonly string[], onAccepted: () => void): Promise<readonly string[]> {
  const refused: string[] = [];
  const queue = keys.values();
  const { api } = stage;
  const postOne = async (key: string) => {
    const headers = { 'idempotency-key': key };
    const body = { object_keys: [encodeURIComponent(key)] };
    const status = await api.tasks('POST', `/${taskId}/events`, body, headers).then(
      (answer) => answer.status,
      () => 0,
    );
    expect([200, 503, 0]).toContain(status);
    if (status === 200) onAccepted();
    else refused.push(key);
  };
  await Promise.all(
    Array.from({ length: 8 }, async () => {
      for (const key of queue) await postOne(key);
    }),
  );
  return refused;
}

describe('SIGTERM under load', () => {
  it.each([
    ['once', 1],
    ['again and again', 4],
  ])(
    'sent %s ends the service with 0; what was accepted is done after the restart, once',
    async (_often, signals) => {
      const keys = Array.from({ length: 600 }, (_, index) => `load/${index}`);
      stage = await SyncStage.build({ config: { server: { shutdownTimeoutMs: 10_000 } } });
      await seedAll(keys);
      await stage.start();
      const taskId = await stage.createTask();
      stage.source.faults.always({ operation: 'GetObject' }, { kind: 'drip', bytes: 8, everyMs: 20 });
      let accepted = 0;
      const posting = post(taskId, keys, () => accepted++);
      await until(() => accepted >= 100);
      const startedAt = performance.now();
      for (let signal = 1; signal < signals; signal++) {
        process.kill(stage.service.pid, 'SIGTERM');
        await sleep(20);
      }
      expect(await stage.service.stop()).toBe(0);
      expect(performance.now() - startedAt).toBeLessThan(20_000);
      const refused = await posting;
      expect(accepted).toBe(keys.length - refused.length);
      expect(refused.length).toBeGreaterThan(0);

      stage.source.faults.clear();
      await stage.start();
      // Those without an answer may have been accepted all the same: under their idempotency keys they count once.
      expect(await post(taskId, refused, () => accepted++)).toEqual([]);
      expect(await stage.api.settled(taskId, keys.length)).toMatchObject({
        requested: { objects: keys.length },
        synced: { objects: keys.length },
        ignored: { objects: 0 },
        failed: { objects: 0 },
        balanced: true,
      });
      expect(await wrongCopies(keys)).toEqual([]);
    },
    60_000,
  );
});

describe('SIGTERM while a copy stands still for ever', () => {
  it.each(['before-headers', 'mid-body'] as const)(
    '(%s) ends in time, and the copy is done after the restart',
    async (when) => {
      stage = await SyncStage.build({ config: { server: { shutdownTimeoutMs: 500 } } });
      await seedAll(['stuck', 'free']);
      await stage.start();
      const taskId = await stage.createTask();
      stage.source.faults.always({ key: 'stuck' }, { kind: 'stall', when });
      await stage.api.sync(taskId, ['stuck', 'free']);
      await until(() => stage.source.faults.stalledCount > 0);
      const startedAt = performance.now();
      expect(await stage.service.stop()).toBe(0);
      const tookMs = performance.now() - startedAt;
      expect(tookMs).toBeGreaterThan(400);
      expect(tookMs).toBeLessThan(8000);
      expect(stage.destination.object(TO, 'stuck')).toBeUndefined();

      stage.source.faults.clear();
      await stage.start();
      expect(await stage.api.settled(taskId, 2)).toMatchObject({
        requested: { objects: 2 },
        failed: { objects: 0 },
        balanced: true,
      });
      expect(await wrongCopies(['stuck', 'free'])).toEqual([]);
    },
    40_000,
  );
});

describe('a start that cannot be', () => {
  it('on the data folder of a running service ends with 1 and a reason, and the running one goes on', async () => {
    stage = await SyncStage.build();
    await seedAll(['a', 'b']);
    await stage.start();
    const taskId = await stage.createTask();
    await stage.api.sync(taskId, ['a']);
    const second = await runToEnd();
    expect(second.code).toBe(1);
    expect(second.output).toMatch(/in use by another process/);
    await stage.api.sync(taskId, ['b']);
    expect(await stage.api.settled(taskId, 2)).toMatchObject({ synced: { objects: 2 }, balanced: true });
    expect(await stage.service.stop()).toBe(0);
    await stage.start();
    expect(await stage.api.ledger(taskId)).toMatchObject({ synced: { objects: 2 }, balanced: true });
  }, 40_000);

  it('on a port in use ends with 1 and says so, and lets go of the data folder', async () => {
    stage = await SyncStage.build();
    const squatter = createServer().listen(0, '127.0.0.1');
    await once(squatter, 'listening');
    const { port } = squatter.address() as AddressInfo;
    const { code, output } = await runToEnd({ OPENOMS_PORT: String(port) });
    squatter.close();
    expect(code).toBe(1);
    expect(output).toMatch(new RegExp(`EADDRINUSE.*127\\.0\\.0\\.1:${port}`));
    await stage.start();
    expect((await stage.api.tasks('GET')).status).toBe(200);
  }, 40_000);

  it.each<[string, Record<string, object>, Record<string, string>, RegExp]>([
    ['an unknown key', { servre: { port: 1 } }, {}, /servre.*no known key/],
    ['a value out of bounds', { transfer: { attempts: 0 } }, {}, /transfer\.attempts/],
    ['an unknown variable', {}, { OPENOMS_SERVER_PROT: '1' }, /OPENOMS_SERVER_PROT/],
    ['no such file', {}, { OPENOMS_CONFIG: 'none.yaml' }, /none\.yaml.*no such file/],
    ['no authentication on every address', {}, { OPENOMS_HOST: '0.0.0.0' }, /auth\.mode/],
  ])(
    'with %s ends with 78 and names it',
    async (_what, config, env, message) => {
      stage = await SyncStage.build({ config });
      const { code, output } = await runToEnd(env);
      expect(output).toMatch(message);
      expect(output).not.toContain('"level"');
      expect(code).toBe(78);
    },
    20_000,
  );

  it('with a damaged key file ends with 1 and a reason that shows nothing of it', async () => {
    stage = await SyncStage.build();
    const { code, output } = await runToEnd({ OPENOMS_MASTER_KEY: 'short-and-secret' });
    expect(code).toBe(1);
    expect(output).toMatch(/OPENOMS_MASTER_KEY/);
    expect(output).not.toContain('short-and-secret');
  }, 20_000);
});

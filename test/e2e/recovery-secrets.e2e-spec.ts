import { readFileSync } from 'node:fs';
import path from 'node:path';
import { DataFolder } from '../support/data-folder.js';
import { endingsOf } from '../support/fault-mix.js';
import { SyncStage } from '../support/sync-stage.js';
import { until } from '../support/until.js';

const { sourceBucket: FROM, destinationBucket: TO } = SyncStage;

let stage: SyncStage;
let data: DataFolder;

afterEach(() => stage.strike());

const setUp = async (config: Record<string, object> = {}) => {
  stage = await SyncStage.build({ config });
  data = new DataFolder(stage.folder);
  await stage.start();
};

const seedAll = async (keys: readonly string[]) => {
  for (const key of keys) await stage.source.seed(FROM, key, `content of ${key}`);
};

describe('keys of a task', () => {
  it('can be replaced at a start; nothing of the wrong ones is left in any file, sealed or not', async () => {
    await setUp();
    await seedAll(['locked']);
    const wrong = 'a-wrong-secret-key-4711';
    const taskId = await stage.createTask({ src_sk: wrong });
    await stage.api.sync(taskId, ['locked']);
    expect(await stage.api.settled(taskId, 1)).toMatchObject({ failed: { objects: 1 } });
    const sealedBefore = data.sealedKeys();
    expect(sealedBefore.size).toBe(2);
    expect((await stage.api.tasks('POST', `/${taskId}/stop`)).status).toBe(200);
    expect((await stage.api.tasks('POST', `/${taskId}/start`, stage.secrets)).status).toBe(200);
    await stage.api.sync(taskId, ['locked']);
    expect(await stage.api.settled(taskId, 2)).toMatchObject({
      synced: { objects: 1 },
      failed: { objects: 1 },
      balanced: true,
    });
    await until(() => data.sealedKeys().size === 2);
    expect(await stage.service.stop()).toBe(0);

    const sealedAfter = data.sealedKeys();
    for (const [stream, ciphertext] of sealedAfter) {
      expect(sealedBefore.has(stream)).toBe(false);
      expect(data.filesWith(ciphertext)).not.toEqual([]); // what is kept is found, so what is not found is gone
    }
    for (const ciphertext of sealedBefore.values()) expect(data.filesWith(ciphertext)).toEqual([]);
    expect(data.filesWith(wrong)).toEqual([]);
  }, 40_000);

  it('are gone with the task, and what it had not done is settled as failed', async () => {
    await setUp({ transfer: { readConcurrency: 1, writeConcurrency: 1 } });
    const keys = Array.from({ length: 12 }, (_, index) => `left/${index}`);
    await seedAll(keys);
    const taskId = await stage.createTask();
    const stalled = stage.source.faults.always({ keyPrefix: 'left/' }, { kind: 'stall', when: 'before-headers' });
    for (const key of keys) await stage.api.sync(taskId, [key]);
    await until(() => stage.source.faults.stalledCount > 0);
    await until(async () => (await stage.api.ledger(taskId)).requested.objects === keys.length);
    const sealed = data.sealedKeys();
    expect((await stage.api.tasks('POST', `/${taskId}/stop`)).status).toBe(200);
    stalled.remove();
    stage.source.faults.release();
    // Two objects were at work, one per permit; they are finished, the others are not begun.
    await until(async () => (await stage.api.ledger(taskId)).synced.objects === 2);
    expect((await stage.api.tasks('DELETE', `/${taskId}`)).status).toBe(200);
    await until(() => data.sealedKeys().size === 0);
    const endings = [...(await endingsOf(stage, taskId, keys.length))];
    expect(endings.map(([, ending]) => ending).sort()).toEqual([
      ...Array.from({ length: 10 }, () => 'TaskDeleted'),
      ...['synced', 'synced'],
    ]);
    for (const [key, ending] of endings)
      expect(stage.destination.object(TO, key) !== undefined).toBe(ending === 'synced');
    expect(await stage.service.stop()).toBe(0);
    expect(sealed.size).toBe(2);
    for (const ciphertext of sealed.values()) expect(data.filesWith(ciphertext)).toEqual([]);
  }, 40_000);

  it('are never in clear in any file of the data folder nor in the log', async () => {
    await setUp({ log: { level: 'trace' } });
    await seedAll(['a']);
    const tasks = [await stage.createTask(), await stage.createTask({ src_sk: 'wrong-but-secret' })];
    for (const taskId of tasks) {
      await stage.api.sync(taskId, ['a', 'missing']);
      await stage.api.settled(taskId, 2);
      await endingsOf(stage, taskId, 2);
    }
    const secrets = [stage.secrets.src_sk, stage.secrets.src_ak, 'wrong-but-secret'];
    const forms = secrets.flatMap((text) => [text, Buffer.from(text).toString('base64').replace(/=+$/, '')]);
    const expectNone = () => {
      const log = readFileSync(path.join(stage.folder, 'service.log'), 'utf8');
      for (const form of forms) {
        expect(data.filesWith(form)).toEqual([]);
        expect(log).not.toContain(form);
      }
    };
    expectNone(); // with what is in write-ahead logs still
    expect(await stage.service.stop()).toBe(0);
    expectNone();
    expect(data.filesWith(tasks[0]!)).toContain('events.db'); // the search does find what is there
  }, 40_000);
});

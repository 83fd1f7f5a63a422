import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { srcNode } from '../support/migration-api.js';
import { namesIn } from '../support/migration-lists.js';
import { MigrationScene, watch } from '../support/migration-scene.js';
import { until } from '../support/until.js';

const PART = 5 * 1024 * 1024;
const [FROM, TO] = ['from', 'to'];
const URN = 'urn:smn:region:project:topic';
const SECRET = 'notification-secret-0123456789';

interface Message {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

let scene: MigrationScene;
let hook: Server;
const messages: Message[] = [];
let refusals = 0;

beforeAll(async () => {
  hook = createServer((request, response) => {
    void text(request).then((body) => {
      messages.push({ headers: request.headers, body });
      response.writeHead(refusals-- > 0 ? 503 : 200).end();
    });
  }).listen(0, '127.0.0.1');
  await once(hook, 'listening');
  const url = `http://127.0.0.1:${(hook.address() as AddressInfo).port}/hook`;
  scene = await MigrationScene.build({
    tasks: { pageObjects: 20, objectsInFlight: 8 },
    transfer: { multipartThresholdBytes: 2 * PART, partBytes: PART, partConcurrency: 2, bufferBytes: 65_536 },
    notifications: { topics: { [URN]: { url, secret: SECRET } } },
  });
}, 60_000);

afterEach(() => {
  scene.source.faults.clear();
  scene.destination.faults.clear();
});

afterAll(async () => {
  hook.closeAllConnections();
  hook.close();
  await scene.strike();
});

describe('pausing', () => {
  it('a task of many objects takes a moment, writes nothing more, and goes on where it was', async () => {
    const keys = Array.from({ length: 200 }, (_, index) => `many/${String(index).padStart(4, '0')}`);
    await scene.seed(...keys);
    scene.source.faults.always({ operation: 'GetObject' }, { kind: 'drip', bytes: 4, everyMs: 10 });
    const id = await scene.api.create({ src_node: srcNode({ object_key: ['many/'] }) });
    await until(() => scene.copies('many/').length >= 50);
    const running = await scene.api.show(id);
    expect(running).toMatchObject({ status: 2, is_query_over: true, total_num: 200 });
    expect(running.progress).toBeLessThan(1);
    await scene.api.stop(id);
    const stoppedAt = performance.now();
    expect([3, 7]).toContain((await scene.api.show(id)).status);
    await scene.api.reached(id, [3], 10_000);
    expect(performance.now() - stoppedAt).toBeLessThan(5000);
    const copied = scene.copies('many/').length;
    expect(copied).toBeLessThan(200);
    const writes = watch(scene.destination, 'PutObject');
    await sleep(300);
    expect(writes).toEqual([]);
    scene.source.faults.clear();
    const reads = watch(scene.source, 'GetObject');
    await scene.api.start(id);
    const task = await scene.api.ended(id);
    expect(task).toMatchObject({ status: 5, total_num: 200, successful_num: 200, skipped_num: 0, failed_num: 0 });
    expect(reads.length).toBe(200 - copied);
    expect(namesIn(await scene.lists(id))).toEqual(keys);
    expect(await scene.wrongCopies(keys)).toEqual([]);
  });

  it('a large object keeps the parts that are up', async () => {
    await scene.source.seed(FROM, 'large/o', Buffer.alloc(6 * PART + 1, 'large object '));
    scene.source.faults.always({ operation: 'GetObject' }, { kind: 'drip', bytes: 256 * 1024, everyMs: 10 });
    const id = await scene.api.create({ src_node: srcNode({ object_key: ['large/'] }) });
    await until(() => (scene.destination.uploads(TO)[0]?.parts.length ?? 0) >= 2);
    await scene.api.stop(id);
    await scene.api.reached(id, [3], 10_000);
    const [upload] = scene.destination.uploads(TO);
    expect(scene.copies('large/')).toEqual([]);
    scene.source.faults.clear();
    const parts = watch(scene.destination, 'UploadPart');
    await scene.api.start(id);
    expect(await scene.api.ended(id)).toMatchObject({ status: 5, successful_num: 1, total_num: 1 });
    expect(parts).toHaveLength(7 - (upload?.parts.length ?? 0));
    expect(scene.destination.uploads(TO)).toEqual([]);
    expect(await scene.wrongCopies(['large/o'])).toEqual([]);
  });
});

describe('the message about the end of a run', () => {
  const config = (...trigger_conditions: string[]) => ({ topic_urn: URN, trigger_conditions, language: 'en-us' });
  const run = async (prefix: string, smn_config: object) => {
    messages.length = 0;
    await scene.seed(`${prefix}a`);
    const id = await scene.api.create({ src_node: srcNode({ object_key: [prefix] }), smn_config });
    await scene.api.ended(id);
    return id;
  };
  const notified = async (id: number) => {
    await until(async () => Boolean((await scene.api.show(id)).smn_info));
    return (await scene.api.show(id)).smn_info;
  };

  it('is delivered with a signature of the secret, and again when it was refused', async () => {
    refusals = 1;
    const id = await run('told/', config('SUCCESS', 'FAILURE'));
    expect(await notified(id)).toMatchObject({ notify_result: true });
    expect(messages).toHaveLength(2);
    const [, { headers, body } = { headers: {}, body: '' }] = messages;
    expect(JSON.parse(body)).toMatchObject({ topic_urn: URN, message: expect.stringContaining('Succeeded') as string });
    const hmac = createHmac('sha256', SECRET).update(`${String(headers['x-openoms-timestamp'])}.${body}`);
    expect(headers['x-openoms-signature']).toBe(`v1=${hmac.digest('hex')}`);
  });

  it('is not sent for what nobody asked', async () => {
    const id = await run('untold/', config('FAILURE'));
    await sleep(300);
    expect(messages).toEqual([]);
    expect((await scene.api.show(id)).smn_info).toBeFalsy();
  });
});

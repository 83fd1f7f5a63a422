/**
 * The demo: two sync tasks, one between local folders and one between two S3 endpoints, then a migration task and a task group
 * between the latter, on the real service in a process of its own. Everything it says was read back from the service or from
 * the buckets; it ends with exit code 1 if one byte is missing.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ApiClient } from '../support/api-client.js';
import { ServiceProcess } from '../support/service-process.js';
import { startS3Endpoint } from '../support/s3-endpoint/s3-endpoint.js';
import { differences, FolderBucket, inParallel, S3Bucket, type Bucket } from './buckets.js';
import { migrateWithGroup, migrateWithTask, type Route } from './migrations.js';
import { sampleFiles, type SampleFile } from './sample-files.js';
import { heading, ProgressBar, say, showCall, showLists } from './screen.js';

const FILES = 2100;
const MAX_BYTES = 20 * 1024 * 1024;
const LIST_INTERVAL_MS = 1000;
const KEYS = { accessKey: 'DEMOACCESSKEY', secretKey: 'demo-secret-key' };

interface Pair {
  readonly label: string;
  readonly source: Bucket;
  readonly destination: Bucket;
  /** What the create call says of the two sides. */
  readonly sides: Readonly<Record<string, string>>;
  taskId: string;
  requested: number;
}

const root = path.resolve('demo-data', new Date().toISOString().replace(/[:.]/g, '-'));
const secrets = { src_ak: KEYS.accessKey, src_sk: KEYS.secretKey, dst_ak: KEYS.accessKey, dst_sk: KEYS.secretKey };

async function prepare() {
  for (const folder of ['nas/photos', 'nas/photos-mirror']) mkdirSync(path.join(root, folder), { recursive: true });
  const [sourceCloud, targetCloud] = await Promise.all(
    ['source-cloud', 'target-cloud'].map((name) =>
      startS3Endpoint({
        accessKeys: [KEYS],
        buckets: ['photos', 'photos-mirror', 'archive'],
        storage: path.join(root, name),
      }),
    ),
  );
  if (!sourceCloud || !targetCloud) throw new Error('The S3 endpoints did not start');
  const config = {
    clouds: {
      Local: { regions: { nas: { root: path.join(root, 'nas'), description: 'a folder of this machine' } } },
      AWS: { regions: { 'demo-source': { endpoint: sourceCloud.url, addressing: 'path' } } },
      HuaweiCloud: { regions: { 'demo-target': { endpoint: targetCloud.url, addressing: 'path' } } },
    },
    lists: { flushIntervalMs: LIST_INTERVAL_MS },
    tasks: { pageObjects: 200 },
    taskGroups: { taskObjects: 500 },
  };
  writeFileSync(path.join(root, 'openoms.yaml'), JSON.stringify(config, undefined, 2)); // JSON is YAML
  const pairs: readonly Pair[] = [
    {
      label: 'folder to folder',
      source: new FolderBucket('nas/photos', path.join(root, 'nas/photos')),
      destination: new FolderBucket('nas/photos-mirror', path.join(root, 'nas/photos-mirror')),
      sides: {
        src_cloud_type: 'Local',
        src_region: 'nas',
        src_bucket: 'photos',
        dst_cloud_type: 'Local',
        dst_region: 'nas',
        dst_bucket: 'photos-mirror',
      },
      taskId: '',
      requested: 0,
    },
    {
      label: 'S3 to S3',
      source: new S3Bucket('photos at the source cloud', 'photos', sourceCloud.url, KEYS),
      destination: new S3Bucket('photos-mirror at the target cloud', 'photos-mirror', targetCloud.url, KEYS),
      sides: {
        src_cloud_type: 'AWS',
        src_region: 'demo-source',
        src_bucket: 'photos',
        dst_region: 'demo-target',
        dst_bucket: 'photos-mirror',
      },
      taskId: '',
      requested: 0,
    },
  ];
  const node = { ak: KEYS.accessKey, sk: KEYS.secretKey };
  const archive: Route = {
    source: new S3Bucket('photos at the source cloud', 'photos', sourceCloud.url, KEYS),
    destination: new S3Bucket('archive at the target cloud', 'archive', targetCloud.url, KEYS),
    srcNode: { cloud_type: 'AWS', region: 'demo-source', bucket: 'photos', ...node },
    dstNode: { region: 'demo-target', bucket: 'archive', ...node },
  };
  return { pairs, archive, endpoints: [sourceCloud, targetCloud] };
}

async function fill(pair: Pair, files: readonly SampleFile[]): Promise<void> {
  const bar = new ProgressBar(`filling ${pair.source.name}`, files.length);
  let done = 0;
  await inParallel(files, 16, async (file) => {
    await pair.source.put(file.key, await file.read());
    bar.show(++done);
  });
  bar.end();
}

async function createTask(api: ApiClient, pair: Pair): Promise<void> {
  const body = { ...pair.sides, description: `demo ${pair.label}`, enable_metadata_migration: true };
  showCall('POST', `${api.baseUrl}/v2/demo/sync-tasks`, JSON.stringify({ ...body, src_ak: '...', src_sk: '...' }));
  pair.taskId = await api.createTask({ ...body, ...secrets });
  say(`sync_task_id: ${pair.taskId}`);
}

async function synchronize(api: ApiClient, pair: Pair, keys: readonly string[]): Promise<void> {
  showCall('POST', `${api.baseUrl}/v2/demo/sync-tasks/${pair.taskId}/events`, '{"object_keys":["..."]}');
  say(`${keys.length} keys, 100 a call`);
  pair.requested += keys.length;
  const before = pair.requested - keys.length;
  const bar = new ProgressBar(pair.label.padEnd(16), keys.length);
  const startedAt = performance.now();
  const posted = api.sync(pair.taskId, keys);
  await api.settled(pair.taskId, pair.requested, 60_000, ({ requested, pending }) => {
    bar.show(Math.max(0, requested.objects - before - pending.objects));
  });
  await posted;
  bar.end();
  const seconds = (performance.now() - startedAt) / 1000;
  say(`${keys.length} objects settled in ${seconds.toFixed(1)} s`);
}

/** Changes some objects, deletes one, and leaves the rest: synced, failed and ignored all have something to show. */
async function change(pair: Pair, files: readonly SampleFile[]): Promise<readonly string[]> {
  const changed = files.slice(10, 40).map(({ key }) => key);
  const gone = files[41]?.key ?? '';
  await new Promise((resolve) => setTimeout(resolve, 1100)); // stores tell times in whole seconds
  for (const key of changed)
    await pair.source.put(key, Buffer.from(`changed at ${new Date().toISOString()}: ${key}\n`));
  await pair.source.remove(gone);
  return [...changed, gone, ...files.slice(50, 60).map(({ key }) => key)];
}

async function restart(api: ApiClient, pair: Pair): Promise<void> {
  const task = `${api.baseUrl}/v2/demo/sync-tasks/${pair.taskId}`;
  showCall('POST', `${task}/stop`);
  await api.tasks('POST', `/${pair.taskId}/stop`);
  const refused = await api.tasks<{ error_code: string; error_msg: string }>('POST', `/${pair.taskId}/events`, {
    object_keys: ['anything'],
  });
  say(`an event while stopped: ${refused.status} ${refused.body.error_code} ${refused.body.error_msg}`);
  showCall('POST', `${task}/start`, '{"src_ak":"...","src_sk":"...","dst_ak":"...","dst_sk":"..."}');
  await api.tasks('POST', `/${pair.taskId}/start`, secrets);
}

/** Compares every object of the source with its copy. Answers what is wrong. */
async function compare(pair: Pair): Promise<readonly string[]> {
  const { objects, wrong } = await differences(pair.source, pair.destination);
  say(`${pair.label}: ${objects} objects compared byte by byte, ${wrong.length} wrong`);
  return wrong;
}

async function report(api: ApiClient, pair: Pair): Promise<readonly string[]> {
  heading(`${pair.label}: what the service says`);
  showCall('GET', `${api.baseUrl}/v2/demo/sync-tasks/${pair.taskId}/ledger`);
  const ledger = await api.ledger(pair.taskId);
  say(JSON.stringify(ledger, undefined, 2));
  showCall('GET', `${api.baseUrl}/v2/demo/sync-tasks/${pair.taskId}?query_time=${Date.now()}`);
  const { body: task } = await api.tasks<Record<string, unknown>>('GET', `/${pair.taskId}?query_time=${Date.now()}`);
  for (const [name, value] of Object.entries(task)) if (name.startsWith('monthly_')) say(`  ${name}: ${String(value)}`);
  const lists = await showLists(pair.destination, `oms/sync_task/${pair.taskId}/`);
  const wrong = await compare(pair);
  if (ledger.balanced && ledger.requested.objects === pair.requested && lists > 0) return wrong;
  return [...wrong, `${pair.label}: the ledger or the lists are wrong`];
}

function farewell(service: ServiceProcess, pairs: readonly Pair[]): void {
  heading('Look around');
  const [folderPair] = pairs;
  say(`Everything is left in ${root}. Start the service on it again:`);
  say(`  (cd ${root} && node ${path.relative(root, path.resolve('dist/main.js'))})   # port 8080`);
  say(`  curl http://127.0.0.1:8080/v2/demo/sync-tasks`);
  say(`  curl http://127.0.0.1:8080/v2/demo/sync-tasks/${folderPair?.taskId ?? ''}/ledger`);
  say(
    '  and http://127.0.0.1:8080/docs in a browser; the folder task works without the demo, the S3 one needs its endpoints.',
  );
  say(`  ls -R ${path.join(root, 'nas/photos-mirror/oms')}`);
  say(`  less ${path.join(root, 'service.log')}   # of the service that ran at ${service.url}`);
}

async function main(): Promise<number> {
  heading('A service, two local folders and two S3 endpoints');
  const { pairs, archive, endpoints } = await prepare();
  const files = await sampleFiles(path.resolve('node_modules'), FILES, MAX_BYTES);
  for (const pair of pairs) await fill(pair, files);
  const service = await ServiceProcess.start({ folder: root, env: { OPENOMS_DATA_DIR: path.join(root, 'data') } });
  const api = new ApiClient(service.url);
  say(`the service (process ${service.pid}) listens at ${service.url}, its log is ${path.join(root, 'service.log')}`);
  const wrong: string[] = [];
  try {
    heading('Create the sync tasks');
    for (const pair of pairs) await createTask(api, pair);
    heading(`Synchronize ${files.length} objects each`);
    for (const pair of pairs)
      await synchronize(
        api,
        pair,
        files.map(({ key }) => key),
      );
    heading('Change 30 objects, delete one, stop and start the tasks, synchronize again');
    for (const pair of pairs) {
      const keys = await change(pair, files);
      await restart(api, pair);
      await synchronize(api, pair, keys);
    }
    await new Promise((resolve) => setTimeout(resolve, 3 * LIST_INTERVAL_MS)); // the lists are cut at their interval
    for (const pair of pairs) wrong.push(...(await report(api, pair)));
    heading('Migrate the bucket of the source cloud with a migration task');
    wrong.push(...(await migrateWithTask(api, archive)));
    heading('The same with a task group, in tasks of 500 objects');
    wrong.push(...(await migrateWithGroup(api, archive)));
    farewell(service, pairs);
  } finally {
    const code = await service.stop();
    if (code !== 0) wrong.push(`the service ended with ${code}`);
    await Promise.all(endpoints.map((endpoint) => endpoint.close()));
  }
  for (const line of wrong) say(`WRONG: ${line}`);
  heading(
    wrong.length === 0 ? 'All is well: every byte arrived and the ledgers balance' : 'Something is wrong, see above',
  );
  return wrong.length === 0 ? 0 : 1;
}

process.exitCode = await main();

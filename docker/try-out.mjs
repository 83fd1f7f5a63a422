/**
 * The cluster at work: fills a bucket, creates a sync task at one api process, names the objects to both, shows the ledger
 * until everything is settled, and prints the first lines of each list. Its surroundings are given by the environment; see
 * the service `try-out` in compose.yaml.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  CreateBucketCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { canonicalRequest, signatureOf, SIGNING_ALGORITHM } from '../dist/http/auth/canonical-request.js';

const OBJECTS = 500;
const [SOURCE, DESTINATION] = ['photos', 'photos-mirror'];
const {
  API_URLS = '',
  ACCESS_KEY = '',
  SECRET_KEY = '',
  S3_URL = '',
  S3_ACCESS_KEY = '',
  S3_SECRET_KEY = '',
} = process.env;
const [first = '', second = first] = API_URLS.split(',');
const s3 = new S3Client({
  endpoint: S3_URL,
  region: 'us-east-1',
  forcePathStyle: true,
  credentials: { accessKeyId: S3_ACCESS_KEY, secretAccessKey: S3_SECRET_KEY },
});

/** A call of the API, signed as the SDKs of OMS sign. */
async function call(api, method, path, body) {
  const url = new URL(path, api);
  const text = body === undefined ? '' : JSON.stringify(body);
  const date = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
  const headers = { host: url.host, 'x-sdk-date': date, 'content-type': 'application/json' };
  const signedHeaders = ['content-type', 'host', 'x-sdk-date'];
  const canonical = canonicalRequest({
    method,
    url: `${url.pathname}${url.search}`,
    header: (name) => headers[name],
    signedHeaders,
    body: Buffer.from(text),
  });
  const signature = signatureOf(canonical, date, SECRET_KEY);
  const authorization = `${SIGNING_ALGORITHM} Access=${ACCESS_KEY}, SignedHeaders=${signedHeaders.join(';')}, Signature=${signature}`;
  const answer = await fetch(url, {
    method,
    headers: { ...headers, authorization },
    ...(text === '' ? {} : { body: text }),
  });
  const said = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${said}`);
  return said === '' ? undefined : JSON.parse(said);
}

async function fillSource() {
  for (const Bucket of [SOURCE, DESTINATION])
    await s3.send(new CreateBucketCommand({ Bucket })).catch((error) => {
      if (!/^Bucket(AlreadyOwnedByYou|AlreadyExists)$/.test(error.name)) throw error;
    });
  const keys = Array.from({ length: OBJECTS }, (_, n) => `folder ${n % 7}/object-${n}.txt`);
  for (let n = 0; n < keys.length; n += 50)
    await Promise.all(
      keys
        .slice(n, n + 50)
        .map((Key) => s3.send(new PutObjectCommand({ Bucket: SOURCE, Key, Body: `${Key}, ${new Date()}` }))),
    );
  return keys;
}

async function settled(task, objects) {
  for (let turn = 0; turn < 120; turn++) {
    const ledger = await call(turn % 2 ? first : second, 'GET', `/v2/try-out/sync-tasks/${task}/ledger`);
    const { synced, failed, ignored } = ledger;
    const done = synced.objects + failed.objects + ignored.objects;
    console.log(
      `${done} of ${objects} settled: ${synced.objects} synced, ${failed.objects} failed, ${ignored.objects} ignored`,
    );
    if (done >= objects) return ledger;
    await sleep(500);
  }
  throw new Error('Not everything was settled within a minute');
}

async function printLists(task) {
  const Prefix = `oms/sync_task/${task}/`;
  for (let turn = 0; turn < 60; turn++) {
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: DESTINATION, Prefix }));
    if (Contents.some(({ Key }) => Key.includes('/success_object_lists/'))) {
      for (const { Key } of Contents) {
        const { Body } = await s3.send(new GetObjectCommand({ Bucket: DESTINATION, Key }));
        console.log(`\n${Key}\n  ${(await Body.transformToString()).split('\n').slice(0, 3).join('\n  ')}`);
      }
      return;
    }
    await sleep(1000);
  }
  throw new Error('No list was written within a minute');
}

const keys = await fillSource();
const { sync_task_id: task } = await call(first, 'POST', '/v2/try-out/sync-tasks', {
  src_cloud_type: 'AWS',
  src_region: 'try-out',
  src_bucket: SOURCE,
  src_ak: S3_ACCESS_KEY,
  src_sk: S3_SECRET_KEY,
  dst_region: 'try-out',
  dst_bucket: DESTINATION,
  dst_ak: S3_ACCESS_KEY,
  dst_sk: S3_SECRET_KEY,
});
console.log(`sync task ${task}`);
const requested = [...keys, 'not there.txt'];
for (let n = 0; n < requested.length; n += 100)
  await call(n % 200 ? second : first, 'POST', `/v2/try-out/sync-tasks/${task}/events`, {
    object_keys: requested.slice(n, n + 100).map(encodeURIComponent),
  });
const ledger = await settled(task, requested.length);
console.log(JSON.stringify(ledger, undefined, 2));
await printLists(task);
if (!ledger.balanced || ledger.synced.objects + ledger.ignored.objects !== keys.length) process.exitCode = 1;

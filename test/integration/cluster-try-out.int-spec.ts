import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { loadConfig } from '../../src/config/load-config.js';
import { ClusterStage } from '../support/cluster/cluster-stage.js';
import { startS3Endpoint } from '../support/s3-endpoint/s3-endpoint.js';

const ROOT = path.resolve(import.meta.dirname, '../..');

interface Compose {
  readonly services: Readonly<Record<string, { readonly environment?: Readonly<Record<string, string>> }>>;
  readonly configs: { readonly openoms: { readonly content: string } };
}

/** The compose file as Docker reads it when nothing of its variables is set. */
const compose = parse(
  readFileSync(path.join(ROOT, 'docker/compose.yaml'), 'utf8').replace(/\$\{\w+:-([^}]*)\}/g, '$1'),
  { merge: true },
) as Compose;
const service = (name: string): Readonly<Record<string, string>> => compose.services[name]?.environment ?? {};
const config = (name: string) =>
  loadConfig({
    env: { ...service(name), OPENOMS_CONFIG: '/etc/openoms/openoms.yaml', OPENOMS_HOST: '0.0.0.0' },
    cwd: '/app',
    readFile: () => compose.configs.openoms.content,
  });

describe('the compose file', () => {
  it.each(['api-1', 'api-2', 'worker-1', 'worker-2'])('configures %s as a member of the cluster', (name) =>
    expect(config(name)).toMatchObject({
      roles: [name.split('-')[0]],
      eventStore: { url: 'esdb://eventstore:2113?tls=false' },
      kafka: { brokers: ['kafka:9092'] },
      auth: { mode: 'required' },
    }),
  );

  it('comes with a try-out that plays the cluster through', async () => {
    const { S3_ACCESS_KEY, S3_SECRET_KEY, ...given } = service('try-out') as Readonly<Record<string, string>> & {
      readonly S3_ACCESS_KEY: string;
      readonly S3_SECRET_KEY: string;
    };
    const keys = { accessKey: S3_ACCESS_KEY, secretKey: S3_SECRET_KEY };
    const s3 = await startS3Endpoint({ accessKeys: [keys], buckets: [], storage: 'memory' });
    const { auth, lists } = config('api-1');
    const region = { endpoint: s3.url, addressing: 'path', signingRegion: 'us-east-1' };
    const clouds = { AWS: { regions: { 'try-out': region } }, HuaweiCloud: { regions: { 'try-out': region } } };
    const stage = await ClusterStage.build({ config: { auth, lists, clouds } });
    try {
      for (const name of ['api-1', 'api-2']) await stage.start(name, 'api');
      for (const name of ['worker-1', 'worker-2']) await stage.start(name, 'worker');
      const env = {
        ...given,
        PATH: process.env.PATH ?? '',
        S3_ACCESS_KEY,
        S3_SECRET_KEY,
        S3_URL: s3.url,
        API_URLS: ['api-1', 'api-2'].map((name) => stage.process(name).url).join(),
      };
      const program = path.join(ROOT, 'docker/try-out.mjs');
      const { stdout: said } = await promisify(execFile)(process.execPath, [program], { env, timeout: 100_000 });
      // It ends with an error unless each object is synced, or ignored because a worker that lost it had made its copy.
      expect(said).toMatch(/501 of 501 settled: \d+ synced, 1 failed, \d+ ignored/);
      expect(said).toContain('/success_object_lists/');
    } finally {
      await stage.strike();
      await s3.close();
    }
  }, 180_000);
});

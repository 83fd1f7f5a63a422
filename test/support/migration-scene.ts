import { MigrationApi } from './migration-api.js';
import { readLists, type ListFiles, type RunLists } from './migration-lists.js';
import type { S3Request } from './s3-endpoint/request.js';
import type { Operation, S3Endpoint } from './s3-endpoint/s3-endpoint.js';
import { SyncStage, type StageOptions } from './sync-stage.js';

const { sourceBucket: FROM, destinationBucket: TO } = SyncStage;
const LISTS = 'oms/';

/** Migrations between two S3 endpoints, and looks at what became of them. */
export class MigrationScene {
  private constructor(readonly stage: SyncStage) {}

  static async build(config: StageOptions['config'] = {}): Promise<MigrationScene> {
    const stage = await SyncStage.build({ config: { log: { level: 'warn' }, ...config } });
    await stage.start();
    return new MigrationScene(stage);
  }

  get api(): MigrationApi {
    return new MigrationApi(this.stage.api);
  }

  get source(): S3Endpoint {
    return this.stage.source;
  }

  get destination(): S3Endpoint {
    return this.stage.destination;
  }

  /** Puts an object into the source whose content tells its key. */
  async seed(...keys: readonly string[]): Promise<void> {
    for (const key of keys) await this.source.seed(FROM, key, contentOf(key));
  }

  /** Puts a list file into the destination. */
  async list(key: string, text: string): Promise<void> {
    await this.destination.seed(TO, key, text, { contentType: 'text/plain' });
  }

  /** Keys below a prefix of the destination, without it; lists of the service left out. */
  copies(prefix = ''): readonly string[] {
    return this.destination
      .objects(TO)
      .filter(({ key }) => key.startsWith(prefix) && !key.startsWith(LISTS))
      .map(({ key }) => key.slice(prefix.length));
  }

  /** Of these objects, those whose copy below the prefix is not what the source has. */
  async wrongCopies(keys: readonly string[], prefix = ''): Promise<readonly string[]> {
    const wrong: string[] = [];
    for (const key of keys) {
      const original = await this.source.object(FROM, key)?.content();
      const copy = await this.destination.object(TO, prefix + key)?.content();
      if (original === undefined || copy?.equals(original) !== true) wrong.push(key);
    }
    return wrong;
  }

  /** All list files that the service has written. */
  async listFiles(): Promise<ListFiles> {
    const files = this.destination.objects(TO).filter(({ key }) => key.startsWith(LISTS));
    return new Map(
      await Promise.all(files.map(async (file) => [file.key, (await file.content()).toString()] as const)),
    );
  }

  async lists(taskId: number, where: { readonly folder?: string; readonly stamp?: string } = {}): Promise<RunLists> {
    return readLists(await this.listFiles(), taskId, where);
  }

  strike(): Promise<void> {
    return this.stage.strike();
  }
}

export const contentOf = (key: string): string => `content of ${key}`;
export const bytesOf = (keys: readonly string[]): number =>
  keys.reduce((sum, key) => sum + Buffer.byteLength(contentOf(key)), 0);

/** What is asked of an endpoint from now on, request by request. */
export function watch(endpoint: S3Endpoint, ...operations: readonly Operation[]): readonly S3Request[] {
  const seen: S3Request[] = [];
  const when = (request: S3Request) => {
    seen.push(request);
    return false;
  };
  endpoint.faults.always({ ...(operations.length > 0 && { operation: operations }), when }, { kind: 'truncate' });
  return seen;
}

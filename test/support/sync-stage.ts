import { startS3Endpoint, type S3Endpoint } from './s3-endpoint/s3-endpoint.js';
import {
  DESTINATION_REGION,
  newFolder,
  ServiceStage,
  SOURCE_REGION,
  STAGE_KEYS,
  startEngines,
  type StageOptions,
} from './service-stage.js';

export type { StageOptions } from './service-stage.js';

/** A service process between two S3 endpoints in a temporary folder: what an end-to-end test plays on. */
export class SyncStage extends ServiceStage<S3Endpoint> {
  static readonly sourceBucket = 'from';
  static readonly destinationBucket = 'to';

  static async build({ config = {}, engines }: StageOptions = {}): Promise<SyncStage> {
    const folder = newFolder();
    const endpoint = (bucket: string) =>
      startS3Endpoint({ accessKeys: [STAGE_KEYS], buckets: [bucket], storage: 'memory' });
    const [source, destination] = await Promise.all([endpoint(this.sourceBucket), endpoint(this.destinationBucket)]);
    const stage = new SyncStage(folder, source, destination, await startEngines(folder, engines));
    stage.configure(config);
    return stage;
  }

  async createTask(more: object = {}): Promise<string> {
    return this.api.createTask({
      src_cloud_type: 'AWS',
      src_region: SOURCE_REGION,
      src_bucket: SyncStage.sourceBucket,
      dst_region: DESTINATION_REGION,
      dst_bucket: SyncStage.destinationBucket,
      ...this.secrets,
      ...more,
    });
  }

  /** Ends everything this stage started and removes its folder. */
  override async strike(): Promise<void> {
    await super.strike();
    await Promise.all([this.source.close(), this.destination.close()]);
  }
}

import type { ApiClient } from '../api-client.js';
import { startS3Endpoint, type S3Endpoint } from '../s3-endpoint/s3-endpoint.js';
import { DESTINATION_REGION, SOURCE_REGION, STAGE_KEYS } from '../service-stage.js';
import { ClusterProcesses, prepare, type ClusterOptions } from './cluster-processes.js';

export type { ClusterOptions } from './cluster-processes.js';

/** Several service processes by name over one event store and one broker, between two S3 endpoints. */
export class ClusterStage extends ClusterProcesses<S3Endpoint> {
  static readonly sourceBucket = 'from';
  static readonly destinationBucket = 'to';

  static async build(options: ClusterOptions = {}): Promise<ClusterStage> {
    const endpoint = (bucket: string) =>
      startS3Endpoint({ accessKeys: [STAGE_KEYS], buckets: [bucket], storage: 'memory' });
    const [source, destination] = await Promise.all([endpoint(this.sourceBucket), endpoint(this.destinationBucket)]);
    const { folder, engines, whole } = await prepare(source, destination, options);
    return new ClusterStage(folder, engines, source, destination, whole);
  }

  createTask(api: ApiClient): Promise<string> {
    const { accessKey, secretKey } = STAGE_KEYS;
    return api.createTask({
      src_cloud_type: 'AWS',
      src_region: SOURCE_REGION,
      src_bucket: ClusterStage.sourceBucket,
      dst_region: DESTINATION_REGION,
      dst_bucket: ClusterStage.destinationBucket,
      src_ak: accessKey,
      src_sk: secretKey,
      dst_ak: accessKey,
      dst_sk: secretKey,
    });
  }

  /** Lines of all list files of one kind, in no order. */
  async lines(taskId: string, folder: string): Promise<readonly string[]> {
    const prefix = `oms/sync_task/${taskId}/${folder}/`;
    const lines: string[] = [];
    for (const object of this.destination.objects(ClusterStage.destinationBucket))
      if (object.key.startsWith(prefix)) lines.push(...(await object.content()).toString().split('\n').filter(Boolean));
    return lines;
  }

  /** Ends everything this stage started and removes its folder. */
  override async strike(): Promise<void> {
    await super.strike();
    await Promise.all([this.source.close(), this.destination.close()]);
  }
}

import type { Faults } from './faults.js';
import type { Inspector } from './inspector.js';
import type { Operation } from './request.js';
import type { AccessKey } from './sigv4.js';

export interface S3EndpointOptions {
  /** 0 or left out: any free one. */
  readonly port?: number;
  readonly accessKeys: readonly AccessKey[];
  readonly buckets: readonly string[];
  /** A folder keeps its objects over a restart. Default memory. */
  readonly storage?: string;
  /** Refuses signatures for any other region when set. */
  readonly region?: string;
  /** Where dates come from; signatures may be 15 minutes off it. */
  readonly now?: () => Date;
  /** Smallest part but the last; S3 has 5 MiB. */
  readonly minPartBytes?: number;
  /** Opens `POST /__control`, for tests in other processes. */
  readonly control?: boolean;
}

/** A running endpoint. What `Inspector` offers works behind its back, without requests. */
export interface S3Endpoint extends Inspector {
  readonly url: string;
  readonly port: number;
  readonly faults: Faults;
  /** Requests since the start, by operation; refused ones count too. */
  readonly requests: Readonly<Partial<Record<Operation, number>>>;
  close(): Promise<void>;
}

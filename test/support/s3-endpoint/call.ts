import type { Readable } from 'node:stream';
import type { Fault } from './faults.js';
import type { S3Request } from './request.js';
import type { AccessKey, Payload } from './sigv4.js';
import type { State } from './state.js';
import { document } from './xml.js';
import { S3Error } from './s3-error.js';

/** One verified request and everything that answers it. */
export interface Call {
  readonly request: S3Request;
  readonly who: AccessKey;
  readonly payload: Payload;
  readonly state: State;
  readonly now: () => Date;
  readonly minPartBytes: number;
  readonly region: string;
  readonly fault: Fault | undefined;
}

export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | Readable;
  /** Of the body; for HEAD that of the body a GET would bring. */
  readonly length?: number;
}

export const xmlReply = (root: string, content: string, status = 200): Reply => {
  const body = Buffer.from(document(root, content));
  return { status, headers: { 'content-type': 'application/xml' }, body, length: body.length };
};

export const emptyReply = (status: number, headers: Readonly<Record<string, string>> = {}): Reply => ({
  status,
  headers,
  length: 0,
});

/** Refuses what this access key may not touch. */
export const allow = (who: AccessKey, bucket: string): void => {
  if (who.denyBuckets?.includes(bucket) === true) throw new S3Error('AccessDenied');
};

import type { StoreCredentials } from '../../object-store.port.js';

/** How a CDN domain wants its requests signed; names as in the API. */
export const CDN_AUTHENTICATIONS = [
  'NONE',
  'QINIU_PRIVATE_AUTHENTICATION',
  'ALIYUN_OSS_A',
  'ALIYUN_OSS_B',
  'ALIYUN_OSS_C',
  'KSYUN_PRIVATE_AUTHENTICATION',
  'AZURE_SAS_TOKEN',
  'TENCENT_COS_A',
  'TENCENT_COS_B',
  'TENCENT_COS_C',
  'TENCENT_COS_D',
] as const;

export type CdnAuthentication = (typeof CDN_AUTHENTICATIONS)[number];

export interface CdnSettings {
  /** Host, with a port if need be; what comes behind it is put before every key. */
  readonly domain: string;
  readonly protocol: 'HTTP' | 'HTTPS';
  readonly authenticationType: CdnAuthentication;
}

export interface CdnSecrets {
  /** Alibaba's and Tencent's key, or the SAS token. */
  readonly authenticationKey?: string;
  /** Those of the bucket, where the CDN takes its signatures. */
  readonly credentials?: StoreCredentials;
}

/** A request as it would go out without a signature. */
export interface CdnRequest {
  readonly method: 'GET' | 'HEAD';
  /** `https://domain[:port]`. */
  readonly origin: string;
  /** The path of the domain, without a slash at its end; mostly empty. */
  readonly basePath: string;
  readonly bucket: string;
  /** The key, percent-encoded once, slashes kept. */
  readonly name: string;
  readonly atMs: number;
}

/** Answers path and query to send, signed: a secret for as long as the signature holds. */
export type CdnSigner = (request: CdnRequest) => string;

export const pathOf = ({ basePath, name }: CdnRequest): string => `${basePath}/${name}`;

export const unixSeconds = ({ atMs }: CdnRequest): number => Math.floor(atMs / 1000);

/** How long a signature holds that says itself until when. */
export const VALID_SECONDS = 3600;

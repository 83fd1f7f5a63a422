import { isIP } from 'node:net';
import { StoreError } from '../object-store.port.js';
import type { S3Address } from './client.js';
import { encodePath } from './uri.js';

const HOST_LABEL = /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/;

/** What an endpoint's URL says. The only place that parses one: keys never meet a URL parser, which would drop `/./`. */
export interface Endpoint {
  readonly origin: string;
  readonly host: string;
  readonly hostname: string;
  readonly secure: boolean;
  /** With a slash at both ends. */
  readonly path: string;
}

export function parseEndpoint(text: string): Endpoint {
  if (!URL.canParse(text)) throw new StoreError('invalid', 'The endpoint is not a URL');
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new StoreError('invalid', 'The endpoint is neither http nor https');
  const path = url.pathname.endsWith('/') ? url.pathname : `${url.pathname}/`;
  return { origin: url.origin, host: url.host, hostname: url.hostname, secure: url.protocol === 'https:', path };
}

/** Virtual-hosted style needs a name to put the bucket before, and a bucket that is one DNS label. */
export const effectiveAddressing = (
  endpoint: Endpoint,
  bucket: string,
  wanted: 'path' | 'virtual',
): 'path' | 'virtual' =>
  wanted === 'virtual' && HOST_LABEL.test(bucket) && isIP(endpoint.hostname.replace(/^\[|\]$/g, '')) === 0
    ? 'virtual'
    : 'path';

/** Where the requests of a bucket go. */
export function addressOf(endpoint: Endpoint, bucket: string, addressing: 'path' | 'virtual'): S3Address {
  if (addressing === 'path')
    return { origin: endpoint.origin, host: endpoint.host, basePath: `${endpoint.path}${encodePath(bucket)}/` };
  const host = `${bucket}.${endpoint.host}`;
  return { origin: `${endpoint.secure ? 'https' : 'http'}://${host}`, host, basePath: endpoint.path };
}

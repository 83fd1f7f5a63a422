import { createHmac } from 'node:crypto';
import type { StoreCredentials } from '../../object-store.port.js';
import { type CdnSigner, pathOf, unixSeconds, VALID_SECONDS } from './cdn.js';

/** Qiniu's download token: over the whole URL with its deadline, and last in the query. */
export const qiniu =
  ({ accessKey, secretKey }: StoreCredentials): CdnSigner =>
  (request) => {
    const target = `${pathOf(request)}?e=${unixSeconds(request) + VALID_SECONDS}`;
    const digest = createHmac('sha1', secretKey).update(request.origin + target);
    // Qiniu's URL-safe base64 keeps its padding.
    const encoded = digest.digest('base64').replaceAll('+', '-').replaceAll('/', '_');
    return `${target}&token=${accessKey}:${encoded}`;
  };

/** KS3 takes two slashes in a row for one, so every second one is encoded, for the way and for the signature alike. */
const ks3Name = (name: string): string => name.replaceAll('//', '/%2F').replace(/^\//, '%2F');

/** Kingsoft's signature in a query, version 2: of the bucket's own resource, whatever the domain, and of the method. */
export const ksyun =
  ({ accessKey, secretKey }: StoreCredentials): CdnSigner =>
  (request) => {
    const { method, basePath, bucket } = request;
    const name = ks3Name(request.name);
    const expires = unixSeconds(request) + VALID_SECONDS;
    const text = `${method}\n\n\n${expires}\n/${bucket}/${name}`;
    const signature = encodeURIComponent(createHmac('sha1', secretKey).update(text).digest('base64'));
    const query = `KSSAccessKeyId=${encodeURIComponent(accessKey)}&Expires=${expires}&Signature=${signature}`;
    return `${basePath}/${name}?${query}`;
  };

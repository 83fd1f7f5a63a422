import { StoreError, type CopySource, type PutResult } from '../object-store.port.js';
import { errorCodeOf, storeErrorOf } from './errors.js';
import { readPutResult } from './object-headers.js';
import type { HeaderPair } from './sigv4.js';
import type { S3WireResponse } from './transport.js';
import { encodePath } from './uri.js';
import { textOf } from './xml.js';

/** Says that the reader knows that it pays for requests and transfer. */
export const REQUESTER_PAYS: HeaderPair = ['x-amz-request-payer', 'requester'];

export const copySourceHeaders = (from: CopySource): HeaderPair[] => [
  ['x-amz-copy-source', `/${encodePath(from.bucket)}/${encodePath(from.key)}`],
  ...(from.ifMatch === undefined ? [] : [['x-amz-copy-source-if-match', `"${from.ifMatch}"`] as const]),
  ...(from.requesterPays === true ? [REQUESTER_PAYS] : []),
];

/** A copy's answer begins before its end is known: a 200 may carry an error, or nothing at all. */
export function copyResult(doing: string, answer: S3WireResponse): PutResult {
  const body = answer.body.toString('utf8');
  const code = errorCodeOf(body);
  if (code !== undefined)
    throw storeErrorOf(doing, { status: 500, code, retryAfter: answer.headers.get('retry-after') });
  const etag = textOf(body, 'ETag');
  if (etag === undefined || etag === '')
    throw new StoreError('unavailable', `${doing}: the answer is incomplete`, { backendCode: 'IncompleteAnswer' });
  return readPutResult(answer.headers, etag);
}

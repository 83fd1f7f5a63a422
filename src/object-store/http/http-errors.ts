import { StoreError, type StoreErrorKind } from '../object-store.port.js';
import { fromSystemError, parseRetryAfter } from '../s3/errors.js';
import type { ResponseHeaders } from '../s3/response-headers.js';

/** Nobody has credentials for a URL that could be wrong for all of them, so 401 is about this one. */
const REFUSALS: ReadonlyMap<number, readonly [StoreErrorKind, string]> = new Map([
  [401, ['denied', 'Unauthorized']],
  [403, ['denied', 'Forbidden']],
  [404, ['not-found', 'NotFound']],
  [408, ['timeout', 'RequestTimeout']],
  [410, ['not-found', 'Gone']],
  [412, ['changed', 'PreconditionFailed']],
  [416, ['invalid', 'InvalidRange']],
  [425, ['throttled', 'TooEarly']],
  [429, ['throttled', 'TooManyRequests']],
]);

/** The error that an answer without the object stands for. Its body is somebody's web page, and says nothing. */
export function refusalOf(doing: string, status: number, headers: ResponseHeaders): StoreError {
  const retryAfterMs = parseRetryAfter(headers.get('retry-after'), Date.now());
  const asksToWait = status === 503 && retryAfterMs !== undefined;
  const [kind, backendCode] = REFUSALS.get(status) ?? [
    asksToWait ? 'throttled' : status >= 500 ? 'unavailable' : 'invalid',
    `HTTP ${status}`,
  ];
  const message = `${doing}: ${backendCode === `HTTP ${status}` ? '' : `${backendCode} `}(HTTP ${status})`;
  return new StoreError(kind, message, { backendCode, httpStatus: status, retryAfterMs });
}

/** OpenSSL's and Node's names for a certificate that is not accepted. */
const CERTIFICATE =
  /^(CERT_|ERR_TLS_CERT|UNABLE_TO_(GET|VERIFY|DECRYPT|DECODE)|DEPTH_ZERO|SELF_SIGNED|INVALID_(CA|PURPOSE)|HOSTNAME_MISMATCH|ERROR_IN_CERT)/;

/** What went wrong below HTTP. Another try cannot mend a certificate, a host that is not there, or an answer of such kind. */
export function transportFailure(error: unknown): StoreError {
  const failure = fromSystemError(error);
  const { backendCode: code = '' } = failure;
  const details = { backendCode: code, cause: error };
  if (failure === error) return failure;
  if (CERTIFICATE.test(code)) return new StoreError('invalid', `The server's certificate is refused: ${code}`, details);
  if (code === 'ENOTFOUND') return new StoreError('not-found', 'There is no such host', details);
  if (code === 'UND_ERR_HEADERS_OVERFLOW')
    return new StoreError('invalid', 'The answer has more headers than are read', {
      ...details,
      backendCode: 'HeadersTooLarge',
    });
  return failure;
}

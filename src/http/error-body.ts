import { STATUS_CODES } from 'node:http';
import { OMS_ERRORS, OmsError, type OmsErrorKind } from '../kernel/oms-error.js';

/** The body of every answer that is an error. */
export interface ErrorBody {
  readonly error_msg: string;
  readonly error_code: string;
}

export interface ErrorAnswer {
  readonly status: number;
  readonly body: ErrorBody;
}

export const answerOf = (error: OmsError): ErrorAnswer => ({
  status: error.httpStatus,
  body: { error_msg: error.message, error_code: error.code },
});

/** A refusal with another status than the code's usual one. */
export const answerWith = (
  kind: OmsErrorKind,
  message: string,
  status: number = OMS_ERRORS[kind].http,
): ErrorAnswer => ({
  status,
  body: { error_msg: message, error_code: OMS_ERRORS[kind].code },
});

/** Generic on purpose: what went wrong is in the log, under the request id. */
export const internalError = (requestId: string): ErrorAnswer =>
  answerWith('INTERNAL', `Internal service error. The log has the details under request id ${requestId}.`);

type MaybeFastifyError = Error & { readonly code?: unknown; readonly statusCode?: unknown };

/** What Fastify itself refuses, by its code. Undefined for an error that is not Fastify's or is a bug of ours. */
export function answerOfFastify(error: MaybeFastifyError): ErrorAnswer | undefined {
  switch (error.code) {
    case 'FST_ERR_BAD_URL':
      return answerWith('INVALID_PARAMETER', 'The path of the URL holds a bad percent escape');
    case 'FST_ERR_MAX_PARAM_LENGTH':
      return answerWith('INVALID_PARAMETER', 'A part of the path is too long');
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return answerWith('BODY_TOO_LARGE', `The body is too large: at most ${BODY_LIMIT_BYTES} bytes are accepted`);
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return answerWith('UNSUPPORTED_MEDIA_TYPE', 'The Content-Type must be application/json');
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
      return answerWith('ROUTE_NOT_FOUND', 'The body is not as long as its Content-Length says', 400);
    default:
      return isClientError(error)
        ? answerWith('ROUTE_NOT_FOUND', phraseOf(error.statusCode), error.statusCode)
        : undefined;
  }
}

export const BODY_LIMIT_BYTES = 12 * 1024 * 1024;

const isClientError = (error: MaybeFastifyError): error is MaybeFastifyError & { readonly statusCode: number } =>
  typeof error.code === 'string' &&
  error.code.startsWith('FST_') &&
  typeof error.statusCode === 'number' &&
  error.statusCode >= 400 &&
  error.statusCode < 500;

export const phraseOf = (status: number): string => STATUS_CODES[status] ?? 'Error';

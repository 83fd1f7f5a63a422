import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { answerWith, type ErrorAnswer } from './error-body.js';
import type { AppLogger } from './logger.js';

const answerFor = (code: string | undefined): ErrorAnswer => {
  switch (code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return answerWith('ROUTE_NOT_FOUND', 'The request did not arrive in time', 408);
    case 'HPE_HEADER_OVERFLOW':
      return answerWith('ROUTE_NOT_FOUND', 'The request line and headers are too long', 431);
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return answerWith('ROUTE_NOT_FOUND', 'The chunk extensions are too long', 413);
    default:
      return answerWith('ROUTE_NOT_FOUND', 'This is not an HTTP request the service understands', 400);
  }
};

/** Answers what never became a request, then hangs up. A connection that is gone gets nothing. */
export const clientErrorHandler =
  (logger: AppLogger) =>
  (error: Error & { readonly code?: string }, socket: Socket): void => {
    if (error.code === 'ECONNRESET' || !socket.writable) {
      socket.destroy();
      return;
    }
    const { status, body } = answerFor(error.code);
    const requestId = randomUUID();
    const remote = socket.remoteAddress;
    logger.info({ requestId, remote, status, reason: error.code }, 'connection refused');
    const text = JSON.stringify(body);
    const head = [
      `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
      'Content-Type: application/json; charset=utf-8',
      `Content-Length: ${Buffer.byteLength(text)}`,
      `X-Request-Id: ${requestId}`,
      'X-Content-Type-Options: nosniff',
      'Connection: close',
    ];
    socket.end(`${head.join('\r\n')}\r\n\r\n${text}`);
    // A caller that keeps its side open must not hold the socket.
    socket.destroySoon();
  };

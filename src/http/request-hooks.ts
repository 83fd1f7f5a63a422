import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { withoutSearch, type AppLogger } from './logger.js';
import type { Metrics } from './metrics.js';
import { REQUEST_ID_HEADER } from './request-context.js';

const NO_ROUTE = 'none';

/** Headers of every answer. The documentation page sets its own content policy. */
export const BASE_HEADERS = {
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
} as const;

/** Request id, headers, log line and figures, as plain hooks: no interceptor, no observable per request. */
export function installRequestHooks(fastify: FastifyInstance, logger: AppLogger, metrics: Metrics): void {
  const lines = withoutSearch(logger);
  fastify.addHook('onRequest', (request, reply, done) => {
    reply.headers(BASE_HEADERS).header(REQUEST_ID_HEADER, request.id);
    done();
  });
  fastify.addHook('onResponse', (request, reply, done) => {
    report(request, reply, lines, metrics, 'request');
    done();
  });
  fastify.addHook('onRequestAbort', (request, done) => {
    logger.info({ requestId: request.id, method: request.method, remote: request.ip }, 'request aborted by the caller');
    done();
  });
}

/** One line and one figure per request. The route's pattern, not its path: queries and ids stay out of both. */
export function report(
  request: FastifyRequest,
  reply: FastifyReply,
  logger: AppLogger,
  metrics: Metrics,
  message: string,
): void {
  const route = request.is404 ? NO_ROUTE : (request.routeOptions.url ?? NO_ROUTE);
  const { statusCode: status, elapsedTime } = reply;
  metrics.observeRequest(request.method, route, status, elapsedTime / 1000);
  const line = {
    requestId: request.id,
    method: request.method,
    route,
    status,
    durationMs: Math.round(elapsedTime * 100) / 100,
    bytesIn: Number(request.headers['content-length'] ?? 0),
    bytesOut: Number(reply.getHeader('content-length') ?? 0),
    remote: request.ip,
  };
  if (status >= 500) logger.warn(line, message);
  else logger.info(line, message);
}

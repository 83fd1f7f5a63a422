import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { EventStoreUnavailable } from '../event-store/event-store.port.js';
import { OmsError } from '../kernel/oms-error.js';
import { QueueFull, QueueUnavailable } from '../queue/queue.port.js';
import { answerOf, answerOfFastify, answerWith, internalError, phraseOf, type ErrorAnswer } from './error-body.js';
import type { AppLogger } from './logger.js';
import type { RouteTable } from './route-table.js';

/**
 * Every error on its way out: a refusal keeps its status and code, an engine out of reach is 503, anything else is a bug and
 * says nothing of itself.
 */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  constructor(
    private readonly logger: AppLogger,
    private readonly routes: RouteTable,
  ) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const reply = http.getResponse<FastifyReply>();
    if (reply.sent) return;
    const request = http.getRequest<FastifyRequest>();
    if (isNoRoute(error, request)) this.answerNoRoute(request, reply);
    else send(reply, this.answer(error, request));
  }

  private answer(error: unknown, request: FastifyRequest): ErrorAnswer {
    if (error instanceof EventStoreUnavailable || error instanceof QueueUnavailable || error instanceof QueueFull) {
      this.logger.warn({ requestId: request.id, err: error }, 'an engine is out of reach');
      return answerWith('SERVICE_BUSY', 'The service is busy, try again later');
    }
    if (error instanceof OmsError) {
      if (error.httpStatus >= 500) this.logger.warn({ requestId: request.id, err: error }, 'request refused');
      return answerOf(error);
    }
    // Nest wraps what Fastify refuses; the code is in the cause.
    const origin = error instanceof HttpException ? error.cause : error;
    const known = origin instanceof Error ? answerOfFastify(origin) : undefined;
    if (known !== undefined) return known;
    if (error instanceof HttpException && error.getStatus() < 500)
      return answerWith('INVALID_PARAMETER', phraseOf(error.getStatus()), error.getStatus());
    this.logger.error(
      { requestId: request.id, method: request.method, err: asError(error) },
      'request failed on a bug',
    );
    return internalError(request.id);
  }

  private answerNoRoute({ method, url }: FastifyRequest, reply: FastifyReply): void {
    const allowed = this.routes.methodsOf(url);
    if (allowed.length === 0) {
      send(reply, answerWith('ROUTE_NOT_FOUND', 'There is nothing at this path'));
      return;
    }
    reply.header('allow', [...allowed, 'OPTIONS'].join(', '));
    if (method === 'OPTIONS') reply.code(204).send();
    else send(reply, answerWith('METHOD_NOT_ALLOWED', `${method} is not allowed here, only ${allowed.join(', ')}`));
  }
}

/** Answers with JSON whatever type the handler had set. Not async: Fastify sends before a bug could hide it. */
export function send(reply: FastifyReply, { status, body }: ErrorAnswer): void {
  // Hanging up on a caller who is still sending resets the connection, and the answer is lost with it: the rest of the
  // body is read and thrown away instead, for as long as a request may take.
  if (status === 413) reply.removeHeader('connection');
  reply.code(status).header('content-type', 'application/json; charset=utf-8').send(JSON.stringify(body));
}

/** Nest answers a path without a route with an exception of its own; `is404` tells it from a handler's. */
const isNoRoute = (error: unknown, { is404 }: FastifyRequest): boolean =>
  is404 && error instanceof HttpException && error.getStatus() === 404;

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(`Thrown: ${typeof error}`));

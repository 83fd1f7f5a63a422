import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';

/** Who asked and in which request; what handlers put into the metadata of events. */
export interface RequestContext {
  readonly correlationId: string;
  /** Access key of a signed request, else `anonymous`. */
  readonly actor: string;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Set once the request's signature was verified. */
    actor?: string;
  }
}

export const REQUEST_ID_HEADER = 'x-request-id';
const SANE_ID = /^[A-Za-z0-9._:-]{1,64}$/;

/** The caller's request id when it is a sane token, else a new one. */
export const requestIdOf = (headers: IncomingHttpHeaders): string => {
  const given = headers[REQUEST_ID_HEADER];
  return typeof given === 'string' && SANE_ID.test(given) ? given : randomUUID();
};

export const contextOf = ({ id, actor }: Pick<FastifyRequest, 'id' | 'actor'>): RequestContext => ({
  correlationId: id,
  actor: actor ?? 'anonymous',
});

/** Injects the `RequestContext` into a handler's parameter. */
export const Context = createParamDecorator((_data: unknown, context: ExecutionContext) =>
  contextOf(context.switchToHttp().getRequest<FastifyRequest>()),
);

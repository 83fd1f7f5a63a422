import type { IncomingMessage } from 'node:http';
import type { DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Config } from '../config/config.js';
import { OmsError } from '../kernel/oms-error.js';
import { createAuthenticator, type Authenticate } from './auth/authenticator.js';
import { clientErrorHandler } from './connection-errors.js';
import { installDocumentation } from './documentation.js';
import { answerOfFastify, BODY_LIMIT_BYTES, internalError } from './error-body.js';
import { ErrorFilter, send } from './error.filter.js';
import { HttpModule } from './http.module.js';
import { parseJsonBody } from './json-body.js';
import { createLogger, NestLogger, type AppLogger } from './logger.js';
import { Metrics } from './metrics.js';
import { ReadinessRegistry } from './readiness.js';
import { REQUEST_ID_HEADER, requestIdOf } from './request-context.js';
import { BASE_HEADERS, installRequestHooks, report } from './request-hooks.js';
import { RouteTable } from './route-table.js';
import { ValidationPipe } from './validation/validation.pipe.js';

/** How long a connection may take; in milliseconds. */
export interface ConnectionTimeouts {
  /** From the first byte of a request to the end of its headers. */
  readonly headersMs: number;
  /** From the first byte of a request to the end of its body. */
  readonly requestMs: number;
  /** A connection kept alive without a request. */
  readonly keepAliveMs: number;
  /** How often the first two are looked after. */
  readonly checkEveryMs: number;
}

const TIMEOUTS: ConnectionTimeouts = { headersMs: 15_000, requestMs: 120_000, keepAliveMs: 65_000, checkEveryMs: 2000 };

/** A path parameter is 1,024 characters, each of which an escape may make twelve long. */
const MAX_PARAM_LENGTH = 12 * 1024 + 1;

export interface HttpAppOptions {
  readonly config: Pick<Config, 'log' | 'auth'>;
  /** Shown in the OpenAPI document. */
  readonly version?: string;
  readonly logger?: AppLogger;
  readonly metrics?: Metrics;
  readonly readiness?: ReadinessRegistry;
  readonly timeouts?: Partial<ConnectionTimeouts>;
}

/**
 * The HTTP shell around a module of controllers. Not listening yet: call `app.listen(port, host)`. `app.close()` ends idle
 * connections at once and lets requests in flight finish. `Metrics` and `ReadinessRegistry` can be injected anywhere.
 */
export async function createHttpApp(
  root: DynamicModule | (new () => object),
  options: HttpAppOptions,
): Promise<NestFastifyApplication> {
  const { config, logger = createLogger(config.log), version = '0.0.0' } = options;
  const metrics = options.metrics ?? new Metrics();
  const readiness = options.readiness ?? new ReadinessRegistry();
  const authenticate = createAuthenticator(config.auth);
  const routes = new RouteTable();
  const adapter = createAdapter(logger, metrics, { ...TIMEOUTS, ...options.timeouts });
  const fastify = adapter.getInstance();
  fastify.addHook('onRoute', ({ url, method }) => routes.add(url, method));
  installRequestHooks(fastify, logger, metrics);
  installBodyParsers(fastify, authenticate);
  const app = await NestFactory.create<NestFastifyApplication>(HttpModule.around(root, metrics, readiness), adapter, {
    bodyParser: false,
    logger: new NestLogger(logger),
    abortOnError: false,
  });
  app.useGlobalFilters(new ErrorFilter(logger, routes));
  app.useGlobalPipes(new ValidationPipe());
  installDocumentation(app, version);
  return app;
}

function createAdapter(logger: AppLogger, metrics: Metrics, timeouts: ConnectionTimeouts): FastifyAdapter {
  return new FastifyAdapter({
    skipMiddie: true,
    logger: false,
    bodyLimit: BODY_LIMIT_BYTES,
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH, ignoreTrailingSlash: true },
    http: { headersTimeout: timeouts.headersMs, connectionsCheckingInterval: timeouts.checkEveryMs },
    requestTimeout: timeouts.requestMs,
    keepAliveTimeout: timeouts.keepAliveMs,
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    genReqId: ({ headers }: IncomingMessage) => requestIdOf(headers),
    clientErrorHandler: clientErrorHandler(logger),
    // A URL that cannot be routed reaches no hook.
    frameworkErrors: (error: FastifyError, request: FastifyRequest, reply: FastifyReply) => {
      reply.headers(BASE_HEADERS).header(REQUEST_ID_HEADER, request.id);
      send(reply, answerOfFastify(error) ?? internalError(request.id));
      report(request, reply, logger, metrics, 'request');
    },
  });
}

/** JSON only. What says nothing of its type is taken for JSON; an empty body is fine whatever it says. */
function installBodyParsers(fastify: FastifyInstance, authenticate: Authenticate | undefined): void {
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser<Buffer>(['application/json', '*'], { parseAs: 'buffer' }, (request, body, done) => {
    try {
      authenticate?.(request, body);
      const type = request.headers['content-type'];
      if (body.length > 0 && type !== undefined && !JSON_TYPE.test(type))
        throw new OmsError('UNSUPPORTED_MEDIA_TYPE', 'The Content-Type must be application/json');
      done(null, parseJsonBody(body));
    } catch (error) {
      done(error instanceof Error ? error : new Error('The body cannot be parsed'));
    }
  });
  // Requests without a body meet no parser.
  if (authenticate)
    fastify.addHook('preValidation', (request, _reply, done) => {
      try {
        if (request.actor === undefined && !request.is404) authenticate(request, NO_BODY);
        done();
      } catch (error) {
        done(error instanceof Error ? error : new Error('The request cannot be verified'));
      }
    });
}

const JSON_TYPE = /^\s*application\/json\s*(;|$)/i;
const NO_BODY = Buffer.alloc(0);

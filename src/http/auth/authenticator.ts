import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import type { AccessKeyConfig, Config } from '../../config/config.js';
import { OmsError } from '../../kernel/oms-error.js';
import { canonicalRequest, SIGNING_ALGORITHM, signatureOf } from './canonical-request.js';

/** Verifies a request with the bytes of its body, then names its actor. Throws NOT_AUTHENTICATED or FORBIDDEN. */
export type Authenticate = (request: FastifyRequest, body: Buffer) => void;

interface Authorization {
  readonly accessKey: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
}

const MAX_SKEW_MS = 15 * 60_000;
const HEADER = new RegExp(
  `^${SIGNING_ALGORITHM} +Access=([^,\\s]{1,128}), *SignedHeaders=([^,\\s]{1,4096}), *Signature=([0-9a-f]{64})$`,
);
const DATE = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/;
/** Route patterns that need no key; every other route does, also one that is added later. */
const OPEN: ReadonlySet<string> = new Set([
  '/',
  '/:version',
  '/health/live',
  '/health/ready',
  '/metrics',
  '/openapi.json',
  '/docs',
]);
const isOpen = (route: string | undefined): boolean =>
  route === undefined || OPEN.has(route) || route.startsWith('/docs/');

/** Undefined when the configuration asks for no authentication. `now` answers milliseconds since 1970. */
export function createAuthenticator(auth: Config['auth'], now: () => number = Date.now): Authenticate | undefined {
  if (auth.mode === 'none') return undefined;
  const keys = new Map((auth.keys ?? []).map((key) => [key.accessKey, key]));
  if (keys.size === 0) throw new Error('auth.mode "required" needs at least one access key');
  // Signs for unknown keys too, so that they take as long as known ones.
  const decoy: AccessKeyConfig = { accessKey: '', secretKey: randomBytes(32).toString('hex'), projects: [] };
  return (request, body) => {
    if (isOpen(request.routeOptions.url)) return;
    const { accessKey, projects } = verify(request, body, (name) => keys.get(name) ?? decoy, now());
    const projectId = projectOf(request.params);
    if (!projects.includes('*') && !projects.includes(projectId))
      throw new OmsError('FORBIDDEN', `The access key has no permission for project ${projectId}`);
    request.actor = accessKey;
  };
}

/** The key that signed the request. One refusal for all that is wrong with key and signature. */
function verify(
  request: FastifyRequest,
  body: Buffer,
  keyNamed: (name: string) => AccessKeyConfig,
  now: number,
): AccessKeyConfig {
  const date = request.headers['x-sdk-date'];
  const { accessKey, signedHeaders, signature } = authorizationOf(request.headers.authorization);
  if (typeof date !== 'string' || !signedHeaders.includes('x-sdk-date'))
    throw notAuthenticated('X-Sdk-Date must be sent and signed');
  if (!(Math.abs(now - timeOf(date)) <= MAX_SKEW_MS))
    throw notAuthenticated('X-Sdk-Date must be YYYYMMDDTHHMMSSZ and within 15 minutes of the time here');
  const key = keyNamed(accessKey);
  const expected = Buffer.from(signatureOf(canonicalOf(request, signedHeaders, body), date, key.secretKey), 'hex');
  const isRight = timingSafeEqual(expected, Buffer.from(signature, 'hex'));
  if (!isRight || key.accessKey === '') throw notAuthenticated('The access key or the signature is wrong');
  return key;
}

function canonicalOf(request: FastifyRequest, signedHeaders: readonly string[], body: Buffer): string {
  const header = (name: string): string | undefined => {
    const value = request.headers[name];
    return Array.isArray(value) ? value.join(',') : value;
  };
  try {
    return canonicalRequest({ method: request.method, url: request.raw.url ?? '/', header, signedHeaders, body });
  } catch {
    throw notAuthenticated('The URL holds a bad percent escape');
  }
}

function authorizationOf(header: string | undefined): Authorization {
  const [, accessKey, signedHeaders, signature] = HEADER.exec(header ?? '') ?? [];
  if (accessKey === undefined || signedHeaders === undefined || signature === undefined)
    throw notAuthenticated(`The Authorization header must be a ${SIGNING_ALGORITHM} signature`);
  return { accessKey, signedHeaders: signedHeaders.toLowerCase().split(';'), signature };
}

function timeOf(date: string): number {
  const [, year, month, day, hour, minute, second] = DATE.exec(date) ?? [];
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}

const notAuthenticated = (message: string): OmsError => new OmsError('NOT_AUTHENTICATED', message);

const projectOf = (params: unknown): string =>
  typeof params === 'object' && params !== null && 'project_id' in params ? String(params.project_id) : '';

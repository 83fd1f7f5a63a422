import type { FastifyRequest } from 'fastify';
import type { Config } from '../../config/config.js';

/** Verifies a request with the bytes of its body, then names its actor. Throws NOT_AUTHENTICATED or FORBIDDEN. */
export type Authenticate = (request: FastifyRequest, body: Buffer) => void;

/** Undefined when the configuration asks for no authentication. */
export function createAuthenticator({ mode }: Config['auth']): Authenticate | undefined {
  if (mode === 'none') return undefined;
  throw new Error('auth.mode "required" is not available in this version');
}

import { inspect } from 'node:util';

/** What a store asks for. Where it comes in from outside it is a plain object; the vault hands out `OpenedCredential`. */
export interface CredentialSecret {
  readonly accessKey: string;
  readonly secretKey: string;
  readonly securityToken?: string;
}

const REDACTED = '[redacted credential]';

/** A secret that gives itself away only to who asks for a field by name: not to JSON, logs, spreads or the debugger. */
export class OpenedCredential implements CredentialSecret {
  readonly #secret: CredentialSecret;

  constructor({ accessKey, secretKey, securityToken }: CredentialSecret) {
    this.#secret = { accessKey, secretKey, ...(securityToken === undefined ? {} : { securityToken }) };
  }

  get accessKey(): string {
    return this.#secret.accessKey;
  }

  get secretKey(): string {
    return this.#secret.secretKey;
  }

  get securityToken(): string | undefined {
    return this.#secret.securityToken;
  }

  toJSON(): string {
    return REDACTED;
  }

  toString(): string {
    return REDACTED;
  }

  [inspect.custom](): string {
    return REDACTED;
  }
}

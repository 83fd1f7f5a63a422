import type { EventSchema } from '../event-store/upcast.js';
import type { DomainEvent } from '../kernel/domain-event.js';

/** Ciphertext that names the key which opens it. Binary fields are base64. */
export interface Envelope {
  readonly v: 1;
  readonly keyId: string;
  readonly nonce: string;
  readonly ciphertext: string;
  readonly tag: string;
}

/** Keys were put under seal. `owner` says on whose behalf, for people who look at the log. */
export type CredentialSealed = DomainEvent<
  'CredentialSealed',
  { ref: string; owner: string; envelope: Envelope; fingerprint: string; at: string }
>;

export const CREDENTIAL_EVENT_SCHEMAS = {
  CredentialSealed: { version: 1 },
} as const satisfies Record<CredentialSealed['type'], EventSchema>;

export const CREDENTIAL_STREAMS = 'credential-';
export const credentialStream = (ref: string): string => CREDENTIAL_STREAMS + ref;

import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';
import type { Envelope } from './credential.events.js';
import { OpenedCredential } from './credential-secret.js';
import type { CredentialSecret } from './credential-secret.js';
import type { MasterKeys } from './master-keys.js';
import { VaultError } from './vault-error.js';

const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Encrypts for the reference and no other: an envelope moved to another stream does not open. */
export function sealEnvelope(ref: string, secret: CredentialSecret, { sealing }: MasterKeys): Envelope {
  const { accessKey, secretKey, securityToken } = secret;
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, sealing.encryption, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(boundTo(ref));
  const text = JSON.stringify({ accessKey, secretKey, securityToken });
  const ciphertext = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return {
    v: 1,
    keyId: sealing.id,
    nonce: nonce.toString('base64'),
    ciphertext: ciphertext.toString('base64'),
    tag: cipher.getAuthTag().toString('base64'),
  };
}

/** Throws `VaultError` when no master key fits or anything was changed. */
export function openEnvelope(ref: string, envelope: Envelope, keys: MasterKeys): OpenedCredential {
  const key = keys.find(envelope.keyId);
  if (!key)
    throw new VaultError(
      'unknown-key',
      `Credential ${ref} is sealed with master key ${envelope.keyId}, which is not given`,
    );
  const text = decrypt(ref, envelope, key.encryption);
  // The border where the plaintext gets its type: it is authentic, so it is what `sealEnvelope` wrote.
  return new OpenedCredential(JSON.parse(text) as CredentialSecret);
}

function decrypt(ref: string, envelope: Envelope, key: Parameters<typeof createDecipheriv>[1]): string {
  try {
    const nonce = Buffer.from(envelope.nonce, 'base64');
    const decipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES });
    decipher.setAAD(boundTo(ref));
    decipher.setAuthTag(Buffer.from(envelope.tag, 'base64'));
    return Buffer.concat([decipher.update(envelope.ciphertext, 'base64'), decipher.final()]).toString('utf8');
  } catch {
    throw new VaultError('not-authentic', `Credential ${ref} was changed after it was sealed`);
  }
}

/** By this people can tell that two keys are the same, and nothing else about them. */
export const fingerprintOf = ({ accessKey, secretKey }: CredentialSecret, { sealing }: MasterKeys): string =>
  createHmac('sha256', sealing.fingerprint)
    .update(JSON.stringify([accessKey, secretKey]))
    .digest('hex')
    .slice(0, 16);

const boundTo = (ref: string): Buffer => Buffer.from(`openoms credential v1 ${ref}`);

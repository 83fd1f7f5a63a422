import { createHmac, createSecretKey, hkdfSync } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { VaultError } from './vault-error.js';

const KEY_BYTES = 32;
const BASE64 = /^[A-Za-z0-9+/]{43}=$/;

/** What follows from one master key; the master key itself is not kept. Key objects do not show what they hold. */
export interface MasterKey {
  /** A short hash, by which an envelope names the key that opens it. */
  readonly id: string;
  readonly encryption: KeyObject;
  readonly fingerprint: KeyObject;
}

/** The master keys of a service: the first seals, all of them open, so that keys can be replaced one by one. */
export class MasterKeys {
  private readonly byId: ReadonlyMap<string, MasterKey>;
  readonly sealing: MasterKey;

  /** `text` is base64 of 32 bytes, or several of that separated by commas or line breaks. `origin` names it in errors. */
  constructor(text: string, origin: string) {
    const keys = text
      .split(/[,\n]/)
      .map((part) => part.trim())
      .filter((part) => part !== '')
      .map((part) => parseKey(part, origin));
    const [first] = keys;
    if (!first) throw new VaultError('bad-key', `${origin} holds no master key`);
    this.sealing = first;
    this.byId = new Map(keys.map((key) => [key.id, key]));
  }

  find(id: string): MasterKey | undefined {
    return this.byId.get(id);
  }
}

function parseKey(text: string, origin: string): MasterKey {
  const bytes = BASE64.test(text) ? Buffer.from(text, 'base64') : Buffer.alloc(0);
  if (bytes.length !== KEY_BYTES)
    throw new VaultError('bad-key', `${origin} must be base64 of exactly ${KEY_BYTES} bytes (openssl rand -base64 32)`);
  return {
    id: createHmac('sha256', derive(bytes, 'key id')).digest('hex').slice(0, 8),
    encryption: derive(bytes, 'credential encryption'),
    fingerprint: derive(bytes, 'credential fingerprint'),
  };
}

/** One key per purpose, so that no use of one says anything about another. */
const derive = (master: Buffer, purpose: string): KeyObject =>
  createSecretKey(Buffer.from(hkdfSync('sha256', master, Buffer.alloc(0), `openoms ${purpose}`, KEY_BYTES)));

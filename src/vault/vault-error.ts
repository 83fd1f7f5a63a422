export type VaultErrorKind = 'not-found' | 'unknown-key' | 'not-authentic' | 'bad-key';

/** The vault cannot do its work. Messages name references, files and key ids, never a key or what is sealed. */
export class VaultError extends Error {
  override readonly name = 'VaultError';

  constructor(
    readonly kind: VaultErrorKind,
    message: string,
  ) {
    super(message);
  }
}

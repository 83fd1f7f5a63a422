import { Injectable } from '@nestjs/common';
import { EventStore } from '../event-store/event-store.port.js';
import { EventSchemas } from '../event-store/upcast.js';
import { Clock } from '../kernel/clock.js';
import { randomId, timeOrderedId } from '../kernel/ids.js';
import { credentialStream } from './credential.events.js';
import type { CredentialSealed } from './credential.events.js';
import type { CredentialSecret, OpenedCredential } from './credential-secret.js';
import { fingerprintOf, openEnvelope, sealEnvelope } from './envelope.js';
import { MasterKeys } from './master-keys.js';
import { VaultError } from './vault-error.js';

export type { CredentialSecret, OpenedCredential } from './credential-secret.js';

/** Opened credentials kept in memory; the least recently used one goes first. */
const KEPT = 1000;

export interface Sealed {
  /** Points to the sealed secret; safe to store and show. */
  readonly ref: string;
  /** Equal for equal access and secret keys under one master key. */
  readonly fingerprint: string;
  readonly position: bigint;
}

/** Keeps access keys as ciphertext in streams of their own. The only place that opens them. */
@Injectable()
export class Vault {
  /** Secrets opened or being opened, in order of use; one read serves all who ask meanwhile. */
  readonly #opened = new Map<string, Promise<OpenedCredential>>();

  constructor(
    private readonly store: EventStore,
    private readonly clock: Clock,
    private readonly keys: MasterKeys,
    private readonly schemas: EventSchemas,
  ) {}

  /** Durable when it resolves. `owner` says on whose behalf, for people who look at the log. */
  async seal(secret: CredentialSecret, owner = 'unnamed'): Promise<Sealed> {
    const ref = randomId();
    const fingerprint = fingerprintOf(secret, this.keys);
    const envelope = sealEnvelope(ref, secret, this.keys);
    const event: CredentialSealed = {
      type: 'CredentialSealed',
      data: { ref, owner, envelope, fingerprint, at: this.clock.now().toISOString() },
    };
    const metadata = { correlationId: ref, actor: 'vault', schemaVersion: this.schemas.currentVersion(event.type) };
    const sealed = { ...event, id: timeOrderedId(), metadata };
    const { position } = await this.store.append(credentialStream(ref), 'no-stream', [sealed]);
    return { ref, fingerprint, position };
  }

  /** Rejects with `VaultError` when nothing is sealed there, no master key fits, or the envelope was changed. */
  open(ref: string): Promise<OpenedCredential> {
    const known = this.#opened.get(ref);
    const opened = known ?? this.read(ref);
    this.keep(ref, opened);
    // A failure is not kept: at the next try the store may be back in reach.
    if (!known) opened.catch(() => this.drop(ref, opened));
    return opened;
  }

  /** Removes the secret for good, here and in the store. Forgetting what is not there succeeds. */
  async forget(ref: string): Promise<void> {
    this.#opened.delete(ref);
    await this.store.delete(credentialStream(ref));
    // Whoever asked while the deletion was under way may have read it still.
    this.#opened.delete(ref);
  }

  private async read(ref: string): Promise<OpenedCredential> {
    const { events } = await this.store.read<CredentialSealed>(credentialStream(ref));
    const last = events.at(-1);
    if (!last) throw new VaultError('not-found', `There is no credential ${ref}`);
    return openEnvelope(ref, last.data.envelope, this.keys);
  }

  private keep(ref: string, opened: Promise<OpenedCredential>): void {
    this.#opened.delete(ref);
    this.#opened.set(ref, opened);
    const [oldest] = this.#opened.keys();
    if (this.#opened.size > KEPT && oldest !== undefined) this.#opened.delete(oldest);
  }

  private drop(ref: string, opened: Promise<OpenedCredential>): void {
    if (this.#opened.get(ref) === opened) this.#opened.delete(ref);
  }
}

import { Injectable } from '@nestjs/common';
import { EventStore } from '../event-store/event-store.port.js';
import { EventSchemas } from '../event-store/upcast.js';
import { Clock } from '../kernel/clock.js';
import { randomId, timeOrderedId } from '../kernel/ids.js';
import { SystemTime, type MonotonicTime } from '../kernel/monotonic-time.js';
import { credentialStream } from './credential.events.js';
import type { CredentialSealed } from './credential.events.js';
import type { CredentialSecret, OpenedCredential } from './credential-secret.js';
import { fingerprintOf, openEnvelope, sealEnvelope } from './envelope.js';
import { MasterKeys } from './master-keys.js';
import { VaultError } from './vault-error.js';

export type { CredentialSecret, OpenedCredential } from './credential-secret.js';

/** Opened credentials kept in memory; the least recently used one goes first. */
const KEPT = 1000;
/** None for longer than this after it was read: what another process forgets is soon gone from this one too. */
const KEPT_MS = 60_000;

interface Kept {
  readonly opened: Promise<OpenedCredential>;
  readonly readAtMs: number;
}

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
  readonly #opened = new Map<string, Kept>();
  #sweepIsDue = false;

  constructor(
    private readonly store: EventStore,
    private readonly clock: Clock,
    private readonly keys: MasterKeys,
    private readonly schemas: EventSchemas,
    private readonly time: MonotonicTime = new SystemTime(),
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
    if (known && this.time.nowMs() - known.readAtMs < KEPT_MS) {
      this.keep(ref, known);
      return known.opened;
    }
    const read = { opened: this.read(ref), readAtMs: this.time.nowMs() };
    this.keep(ref, read);
    // A failure is not kept: at the next try the store may be back in reach.
    read.opened.catch(() => this.drop(ref, read));
    return read.opened;
  }

  /** True while something is sealed there. */
  async has(ref: string): Promise<boolean> {
    return (await this.store.read(credentialStream(ref))).revision !== 'no-stream';
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

  private keep(ref: string, kept: Kept): void {
    this.#opened.delete(ref);
    this.#opened.set(ref, kept);
    const [oldest] = this.#opened.keys();
    if (this.#opened.size > KEPT && oldest !== undefined) this.#opened.delete(oldest);
    this.sweepLater();
  }

  private drop(ref: string, kept: Kept): void {
    if (this.#opened.get(ref) === kept) this.#opened.delete(ref);
  }

  /** Secrets that nobody asks for any more must not stay in memory either. */
  private sweepLater(): void {
    if (this.#sweepIsDue) return;
    this.#sweepIsDue = true;
    this.time.after(KEPT_MS, () => {
      this.#sweepIsDue = false;
      const before = this.time.nowMs() - KEPT_MS;
      for (const [ref, { readAtMs }] of this.#opened) if (readAtMs <= before) this.#opened.delete(ref);
      if (this.#opened.size > 0) this.sweepLater();
    });
  }
}

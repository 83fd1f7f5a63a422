import { readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { ManualClock } from '../../test/support/manual-clock.js';
import { ManualTime } from '../../test/support/manual-time.js';
import type { NewEvent } from '../event-store/event-store.port.js';
import { MemoryEventStore } from '../event-store/memory/memory-event-store.js';
import { EventSchemas } from '../event-store/upcast.js';
import type { DomainEvent } from '../kernel/domain-event.js';
import { timeOrderedId } from '../kernel/ids.js';
import { credentialStream, CREDENTIAL_EVENT_SCHEMAS } from './credential.events.js';
import type { CredentialSealed, Envelope } from './credential.events.js';
import { MasterKeys } from './master-keys.js';
import { Vault } from './vault.js';

const [OLD, NEW] = [1, 2].map((byte) => Buffer.alloc(32, byte).toString('base64'));
const secret = { accessKey: 'AK-SENTINEL-1', secretKey: 'SK-SENTINEL-2 世界😀', securityToken: 'ST-SENTINEL-3' };
const plain = ({ accessKey, secretKey, securityToken }: typeof secret | Awaited<ReturnType<Vault['open']>>) => ({
  ...{ accessKey, secretKey, securityToken },
});

/** Counts reads, and can hold them until told. */
class CountingStore extends MemoryEventStore {
  reads = 0;
  gate: Promise<void> = Promise.resolve();

  override async read<E extends DomainEvent>(stream: string) {
    this.reads++;
    const slice = await super.read<E>(stream);
    await this.gate;
    return slice;
  }
}

const vaultOn = (store: MemoryEventStore, keys = OLD!) =>
  new Vault(store, new ManualClock(), new MasterKeys(keys, 'test'), new EventSchemas(CREDENTIAL_EVENT_SCHEMAS));

const everythingIn = async (store: MemoryEventStore): Promise<string> => {
  let text = '';
  for await (const event of store.readAll(undefined)) text += inspect(event, { depth: 9 });
  return text;
};

/** Seals, then stores the envelope again in a changed form. */
async function withEnvelope(change: (envelope: Envelope) => Envelope) {
  const source = new MemoryEventStore();
  const { ref } = await vaultOn(source).seal(secret, 'syncTask-1');
  const [sealed] = (await source.read<CredentialSealed>(credentialStream(ref))).events;
  const { type, data, metadata } = sealed!;
  const changed: NewEvent = { id: timeOrderedId(), type, metadata, data: { ...data, envelope: change(data.envelope) } };
  const store = new MemoryEventStore();
  await store.append(credentialStream(ref), 'any', [changed]);
  return { ref, changed, vault: vaultOn(store) };
}

const flipped = (base64: string): string => {
  const bytes = Buffer.from(base64, 'base64');
  bytes[0] = (bytes[0] ?? 0) ^ 1;
  return bytes.toString('base64');
};

describe('the vault', () => {
  it('opens what it sealed, also in another process with the same key', async () => {
    const store = new MemoryEventStore();
    const { ref, position } = await vaultOn(store).seal(secret, 'syncTask-1');
    expect(plain(await vaultOn(store).open(ref))).toEqual(secret);
    expect(await store.head()).toBe(position);
  });

  it('keeps a secret without a security token', async () => {
    const vault = vaultOn(new MemoryEventStore());
    const { ref } = await vault.seal({ accessKey: 'a', secretKey: 's' });
    expect(plain(await vault.open(ref))).toEqual({ accessKey: 'a', secretKey: 's', securityToken: undefined });
  });

  it('opens the stored event of version 1', async () => {
    const file = new URL('../../test/fixtures/events/CredentialSealed.v1.json', import.meta.url);
    const { stream, ...event } = JSON.parse(readFileSync(file, 'utf8')) as NewEvent<CredentialSealed> & {
      stream: string;
    };
    const store = new MemoryEventStore();
    await store.append(stream, 'no-stream', [event]);
    const opened = await vaultOn(store, Buffer.alloc(32, 7).toString('base64')).open(event.data.ref);
    expect(plain(opened)).toEqual({
      ...{ accessKey: 'EXAMPLE-ACCESS-KEY', secretKey: 'EXAMPLE-SECRET-KEY', securityToken: 'EXAMPLE-TOKEN' },
    });
  });

  it('shows a secret nowhere: not in the log, in itself, in what it hands out, nor in errors', async () => {
    const store = new MemoryEventStore();
    const vault = vaultOn(store);
    const sealed = await vault.seal(secret, 'syncTask-1');
    const opened = await vault.open(sealed.ref);
    const error = await vaultOn(store, NEW)
      .open(sealed.ref)
      .catch((reason: unknown) => reason);
    const shown = [vault, sealed.fingerprint, opened, Object.assign({}, opened), error].flatMap((value) => [
      inspect(value, { depth: 9, showHidden: true }),
      JSON.stringify(value),
      String(value),
    ]);
    expect([await everythingIn(store), ...shown].filter((text) => text.includes('SENTINEL'))).toEqual([]);
  });

  it('gives equal keys equal fingerprints, and different ones different ones', async () => {
    const vault = vaultOn(new MemoryEventStore());
    const fingerprints = [
      await vault.seal({ accessKey: 'a', secretKey: 'b' }),
      await vault.seal({ accessKey: 'a', secretKey: 'b', securityToken: 't' }),
      await vault.seal({ accessKey: 'ab', secretKey: '' }),
    ].map(({ fingerprint }) => fingerprint);
    expect(fingerprints[0]).toMatch(/^[0-9a-f]{16}$/);
    expect(fingerprints[1]).toBe(fingerprints[0]);
    expect(fingerprints[2]).not.toBe(fingerprints[0]);
  });

  it('never seals twice into the same ciphertext', async () => {
    const store = new MemoryEventStore();
    const refs = [await vaultOn(store).seal(secret), await vaultOn(store).seal(secret)].map(({ ref }) => ref);
    const read = (ref: string) => store.read<CredentialSealed>(credentialStream(ref));
    const [one, two] = (await Promise.all(refs.map(read))).map(({ events }) => events[0]?.data.envelope);
    expect(one?.nonce).not.toBe(two?.nonce);
    expect(one?.ciphertext).not.toBe(two?.ciphertext);
  });

  it('opens old secrets after a change of keys, and seals with the new key', async () => {
    const store = new MemoryEventStore();
    const before = await vaultOn(store, OLD).seal(secret);
    const rotated = vaultOn(store, `${NEW},${OLD}`);
    const after = await rotated.seal(secret);
    expect(plain(await rotated.open(before.ref))).toEqual(secret);
    expect(plain(await vaultOn(store, NEW).open(after.ref))).toEqual(secret);
    await expect(vaultOn(store, NEW).open(before.ref)).rejects.toMatchObject({ kind: 'unknown-key' });
  });

  it.each<[string, (envelope: Envelope) => Envelope]>([
    ['ciphertext', (envelope) => ({ ...envelope, ciphertext: flipped(envelope.ciphertext) })],
    ['tag', (envelope) => ({ ...envelope, tag: flipped(envelope.tag) })],
    ['short tag', (envelope) => ({ ...envelope, tag: envelope.tag.slice(0, 8) })],
    ['nonce', (envelope) => ({ ...envelope, nonce: flipped(envelope.nonce) })],
    ['missing nonce', (envelope) => ({ ...envelope, nonce: '' })],
  ])('refuses a changed %s', async (_part, change) => {
    const { vault, ref } = await withEnvelope(change);
    await expect(vault.open(ref)).rejects.toMatchObject({ name: 'VaultError', kind: 'not-authentic' });
  });

  it('refuses an envelope that was moved to another reference', async () => {
    const { changed } = await withEnvelope((envelope) => envelope);
    const [store, other] = [new MemoryEventStore(), timeOrderedId()];
    await store.append(credentialStream(other), 'any', [changed]);
    await expect(vaultOn(store).open(other)).rejects.toMatchObject({ kind: 'not-authentic' });
  });

  it('reads a secret once for all who ask, and not again', async () => {
    const store = new CountingStore();
    const vault = vaultOn(store);
    const { ref } = await vault.seal(secret);
    await Promise.all([vault.open(ref), vault.open(ref), vault.open(ref)]);
    await vault.open(ref);
    expect(store.reads).toBe(1);
  });

  it('reads it again after a minute, so that what another process forgot is forgotten here too', async () => {
    const [store, time] = [new CountingStore(), new ManualTime()];
    const keys = new MasterKeys(OLD!, 'test');
    const vault = new Vault(store, new ManualClock(), keys, new EventSchemas(CREDENTIAL_EVENT_SCHEMAS), time);
    const { ref } = await vault.seal(secret);
    await vault.open(ref);
    await time.advance(40_000);
    await vault.open(ref);
    await vaultOn(store).forget(ref);
    expect(store.reads).toBe(1);
    await time.advance(20_000);
    await expect(vault.open(ref)).rejects.toMatchObject({ kind: 'not-found' });
  });

  it('knows whether something is sealed there', async () => {
    const vault = vaultOn(new MemoryEventStore());
    const { ref } = await vault.seal(secret);
    expect([await vault.has(ref), await vault.has('another')]).toEqual([true, false]);
    await vault.forget(ref);
    expect(await vault.has(ref)).toBe(false);
  });

  it('keeps the thousand secrets used last', async () => {
    const store = new CountingStore();
    const vault = vaultOn(store);
    const refs: string[] = [];
    for (let n = 0; n <= 1000; n++) refs.push((await vault.seal({ accessKey: 'a', secretKey: String(n) })).ref);
    for (const ref of refs.slice(0, 1000)) await vault.open(ref);
    await vault.open(refs[0]!);
    await vault.open(refs[1000]!);
    expect(store.reads).toBe(1001);
    await vault.open(refs[0]!);
    expect(store.reads).toBe(1001);
    await vault.open(refs[1]!);
    expect(store.reads).toBe(1002);
  });

  it('tries again after a failure', async () => {
    const store = new CountingStore();
    const vault = vaultOn(store);
    const { ref } = await vault.seal(secret);
    store.gate = Promise.reject(new Error('out of reach'));
    await expect(vault.open(ref)).rejects.toThrow('out of reach');
    store.gate = Promise.resolve();
    expect(plain(await vault.open(ref))).toEqual(secret);
  });

  it('forgets for good, also what is being opened at that moment', async () => {
    const store = new CountingStore();
    const vault = vaultOn(store);
    const { ref } = await vault.seal(secret);
    const opening = vault.open(ref);
    await vault.forget(ref);
    await opening;
    await expect(vault.open(ref)).rejects.toMatchObject({ kind: 'not-found' });
    expect(await everythingIn(store)).toBe('');
    await expect(vault.forget(ref)).resolves.toBeUndefined();
  });
});

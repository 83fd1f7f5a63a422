import { OmsError } from '../../kernel/oms-error.js';
import type { CredentialSecret, Vault } from '../../vault/vault.js';
import type { CredentialPointer } from '../../sync-tasks/sync-task.events.js';
import type { TaskSecrets } from './settings-of-request.js';
import type { TaskCredentials } from '../task.settings.js';

/** All references that are in it. */
export const refsOf = ({ source, destination, cdn }: TaskCredentials): readonly string[] =>
  [source, destination, cdn].flatMap((pointer) => (pointer === null ? [] : [pointer.ref]));

/**
 * Seals the keys on behalf of `owner`, then works with them. Of a refused work no sealed secret stays behind. After an outage the
 * append may have arrived all the same: then they stay.
 */
export async function withSealed<T>(
  vault: Vault,
  owner: string,
  { source, destination, cdn }: TaskSecrets,
  work: (sealed: TaskCredentials) => Promise<T>,
): Promise<T> {
  const seal = async (secret: CredentialSecret): Promise<CredentialPointer> => {
    const { ref, fingerprint } = await vault.seal(secret, owner);
    return { ref, fingerprint };
  };
  const [sealedSource, sealedDestination, sealedCdn] = await Promise.all([
    source === null ? null : seal(source),
    seal(destination),
    cdn === null ? null : seal(cdn),
  ]);
  const sealed = { source: sealedSource, destination: sealedDestination, cdn: sealedCdn };
  try {
    return await work(sealed);
  } catch (error) {
    if (error instanceof OmsError) await Promise.all(refsOf(sealed).map((ref) => vault.forget(ref)));
    throw error;
  }
}

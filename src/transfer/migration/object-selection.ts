import { comesBefore } from '../../kernel/key-order.js';
import type { DestinationStore, SourceStore } from '../../object-store/object-store.port.js';

/** What of a bucket is migrated: everything under a prefix, or some names one by one. */
export type Segment =
  { readonly kind: 'prefix'; readonly prefix: string } | { readonly kind: 'names'; readonly names: readonly string[] };

/** What a task names: `prefix` as they are, `object` as names and, with a slash at the end, folders. */
export const selectionOf = (
  kind: 'object' | 'prefix',
  keys: readonly string[],
): { readonly prefixes: readonly string[]; readonly names: readonly string[] } =>
  kind === 'prefix'
    ? { prefixes: keys, names: [] }
    : {
        prefixes: keys.filter((key) => key === '' || key.endsWith('/')),
        names: keys.filter((key) => key !== '' && !key.endsWith('/')),
      };

const byKey = (a: string, b: string): number => (a === b ? 0 : comesBefore(a, b) ? -1 : 1);

/**
 * Prefixes and names in the order of their keys, without what others cover already, so that no object comes twice and all keys
 * ascend. Names in a row are one segment.
 */
export function segmentsOf(prefixes: readonly string[], names: readonly string[]): readonly Segment[] {
  const segments: Segment[] = [];
  const wanted = new Set(prefixes);
  let run: string[] | undefined;
  let covering: string | undefined;
  for (const key of [...new Set([...prefixes, ...names])].sort(byKey)) {
    // In this order everything under a prefix follows it directly.
    if (covering !== undefined && key.startsWith(covering)) continue;
    if (wanted.has(key)) {
      covering = key;
      run = undefined;
      segments.push({ kind: 'prefix', prefix: key });
    } else if (run === undefined) segments.push({ kind: 'names', names: (run = [key]) });
    else run.push(key);
  }
  return segments;
}

/** What all keys of the segments begin with. */
export function commonPrefix(segments: readonly Segment[]): string {
  const [first = '', ...others] = segments.flatMap((each) => (each.kind === 'prefix' ? [each.prefix] : each.names));
  let length = first.length;
  for (const other of others) while (!other.startsWith(first.slice(0, length))) length--;
  // Half a surrogate pair is no text.
  const last = first.charCodeAt(length - 1);
  return first.slice(0, last >= 0xd800 && last <= 0xdbff ? length - 1 : length);
}

/** Directories of the service's own lists, in the destination bucket. */
const OWN_LISTS = ['oms/task/', 'oms/task_group/', 'oms/sync_task/'];

/** The save prefix when both stores are one bucket, so that a migration would meet what it writes; else undefined. */
export const savePrefixWithin = (
  source: SourceStore,
  destination: DestinationStore,
  savePrefix: string,
): string | undefined =>
  source.bucket === destination.bucket && source.endpointIdentity === destination.endpointIdentity
    ? savePrefix
    : undefined;

/**
 * The keys that are left out of a segment when the destination is the same bucket: the service's own lists, and the copies of
 * the segment itself, which would otherwise be copied again under a longer name for ever.
 */
export function leftOut(prefix: string, savePrefix: string): (key: string) => boolean {
  const copies = savePrefix === '' ? [] : [savePrefix + prefix];
  const prefixes = [...OWN_LISTS, ...copies].filter((each) => each.startsWith(prefix) || prefix.startsWith(each));
  return (key) => prefixes.some((each) => key.startsWith(each));
}

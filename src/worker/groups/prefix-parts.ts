import { comesBefore } from '../../kernel/key-order.js';
import { compareKeys, StoreError, type ListedObject, type SourceStore } from '../../object-store/object-store.port.js';
import { MAX_MANIFEST_LINE_BYTES, manifestLine } from '../../transfer/migration/manifest.js';
import { blame, SideError } from '../../transfer/side-error.js';

/** What one task gets at most. */
export interface PartBounds {
  readonly objects: number;
  /** A part ends behind the object that brings it to this many bytes. */
  readonly bytes: number;
  /** Its manifest is held in memory: long names make a part end earlier. */
  readonly manifestBytes: number;
}

/** A part of a listing. The manifest is valid until the next part is pulled. */
export interface ListedPart {
  readonly manifest: Buffer;
  readonly objects: number;
  readonly bytes: number;
  readonly lastKey: string;
}

/** Prefixes of which none begins with another, in the order of their bytes: together they name each object once. */
export function disjointPrefixes(prefixes: readonly string[]): readonly string[] {
  const kept: string[] = [];
  for (const prefix of [...new Set(prefixes)].sort(compareKeys)) {
    const last = kept.at(-1);
    if (last === undefined || !prefix.startsWith(last)) kept.push(prefix);
  }
  return kept;
}

/**
 * Cuts everything under the prefixes, behind the key `after`, into parts: each object is in one part, in the order of the
 * keys. Listed page by page as parts are pulled; nothing but the part in hand is in memory. Rejects with a `SideError`.
 */
export async function* prefixParts(
  source: SourceStore,
  prefixes: readonly string[],
  after: string | undefined,
  bounds: PartBounds,
  isWanted: (key: string) => boolean,
  signal: AbortSignal,
): AsyncGenerator<ListedPart, void, undefined> {
  const part = new GrowingPart(bounds);
  try {
    for await (const page of pagesInOrder(source, prefixes, after, signal)) {
      for (const object of page) {
        if (!isWanted(object.key)) continue;
        part.add(object);
        if (part.isFull) yield part.cut();
      }
      signal.throwIfAborted();
    }
  } catch (error) {
    throw blame('source', error);
  }
  if (part.objects > 0) yield part.cut();
}

async function* pagesInOrder(
  source: SourceStore,
  prefixes: readonly string[],
  after: string | undefined,
  signal: AbortSignal,
): AsyncGenerator<readonly ListedObject[], void, undefined> {
  // Where it was cut off is remembered as a key, which tells nothing about a listing without order.
  if (!source.traits.listsInKeyOrder) throw unordered(`${source.label} lists in no order`);
  let last = after;
  for (const prefix of disjointPrefixes(prefixes)) {
    const inside = after?.startsWith(prefix) === true;
    if (after !== undefined && !inside && comesBefore(prefix, after)) continue;
    for await (const page of source.listPages(prefix, inside ? after : undefined, signal)) {
      const [first] = page;
      if (first !== undefined && last !== undefined && !comesBefore(last, first.key))
        throw unordered(`${source.label} lists a key again or out of order`);
      last = page.at(-1)?.key ?? last;
      yield page;
    }
  }
}

const unordered = (message: string): SideError =>
  new SideError('source', new StoreError('unavailable', message, { backendCode: 'ListingOutOfOrder' }));

const FIRST_BYTES = 64 * 1024;

/** The part in hand: one buffer that grows once and is used again for the parts that follow. */
class GrowingPart {
  private buffer = Buffer.allocUnsafe(FIRST_BYTES);
  private length = 0;
  private lastKey = '';
  private bytes = 0;
  objects = 0;

  constructor(private readonly bounds: PartBounds) {}

  add(object: ListedObject): void {
    const line = manifestLine(object);
    if (this.length + line.length > this.buffer.length) this.grow(this.length + line.length);
    this.length += this.buffer.write(line, this.length, 'latin1'); // all of it is ASCII
    this.lastKey = object.key;
    this.bytes += Math.max(0, object.size);
    this.objects++;
  }

  get isFull(): boolean {
    const { objects, bytes, manifestBytes } = this.bounds;
    return this.objects >= objects || this.bytes >= bytes || this.length + MAX_MANIFEST_LINE_BYTES > manifestBytes;
  }

  /** The part as it is; the next one begins empty. */
  cut(): ListedPart {
    const { objects, bytes, lastKey } = this;
    const manifest = this.buffer.subarray(0, this.length);
    this.length = 0;
    this.bytes = 0;
    this.objects = 0;
    return { manifest, objects, bytes, lastKey };
  }

  private grow(needed: number): void {
    const bytes = Math.max(needed, Math.min(2 * this.buffer.length, this.bounds.manifestBytes));
    const larger = Buffer.allocUnsafe(bytes);
    this.buffer.copy(larger, 0, 0, this.length);
    this.buffer = larger;
  }
}

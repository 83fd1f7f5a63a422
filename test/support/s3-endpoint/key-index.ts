/** Moves surrogates above the rest of the basic plane, so that UTF-16 units compare as the UTF-8 bytes do. */
const rank = (unit: number): number => (unit < 0xd800 ? unit : unit >= 0xe000 ? unit - 0x800 : unit + 0x2000);

/** Order of the keys' UTF-8 bytes. */
export const byUtf8 = (a: string, b: string): number => {
  const shorter = Math.min(a.length, b.length);
  for (let at = 0; at < shorter; at++) {
    const one = a.charCodeAt(at);
    const other = b.charCodeAt(at);
    if (one !== other) return rank(one) - rank(other);
  }
  return a.length - b.length;
};

const merged = (a: readonly string[], b: readonly string[], keep: (key: string) => boolean): string[] => {
  const all: string[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    const order = i >= a.length ? 1 : j >= b.length ? -1 : byUtf8(a[i]!, b[j]!);
    const next = order <= 0 ? a[i++]! : b[j++]!;
    if (all.at(-1) !== next && keep(next)) all.push(next);
  }
  return all;
};

/** Keys in order, sorted only when someone lists: a put costs one push. */
export class KeyIndex<T> {
  private readonly values = new Map<string, T>();
  private sorted: string[] = [];
  private fresh: string[] = [];
  private removed = 0;

  get size(): number {
    return this.values.size;
  }

  get(key: string): T | undefined {
    return this.values.get(key);
  }

  set(key: string, value: T): void {
    if (!this.values.has(key)) this.fresh.push(key);
    this.values.set(key, value);
  }

  delete(key: string): void {
    if (this.values.delete(key)) this.removed++;
  }

  /** All keys in order. */
  keys(): readonly string[] {
    if (this.fresh.length > 0 || this.removed > 0) {
      this.sorted = merged(this.sorted, this.fresh.sort(byUtf8), (key) => this.values.has(key));
      this.fresh = [];
      this.removed = 0;
    }
    return this.sorted;
  }

  /** Where the first key that is not before `key` stands in `keys()`; one further when `after` and it is that key. */
  position(key: string, after: boolean): number {
    const keys = this.keys();
    let low = 0;
    let high = keys.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (byUtf8(keys[middle]!, key) < 0) low = middle + 1;
      else high = middle;
    }
    return after && keys[low] === key ? low + 1 : low;
  }
}

const NONE: readonly string[] = [];

/** Headers as a dictionary whose names are in lower case. */
export type HeaderValues = Readonly<Record<string, string | readonly string[] | undefined>>;

/** The headers of an answer, in the order in which they came. Names are in lower case, as often as the answer has them. */
export class ResponseHeaders {
  /** `flat` is `name, value, name, value`. There are so few that looking them through beats any dictionary. */
  constructor(private readonly flat: readonly string[]) {}

  static of(values: HeaderValues): ResponseHeaders {
    const flat: string[] = [];
    for (const name in values) {
      const value = values[name];
      if (typeof value === 'string') flat.push(name, value);
      else if (value !== undefined) for (const each of value) flat.push(name, each);
    }
    return new ResponseHeaders(flat);
  }

  /** The first value of a header. */
  get(name: string): string | undefined {
    const { flat } = this;
    for (let at = 0; at < flat.length; at += 2) if (flat[at] === name) return flat[at + 1];
    return undefined;
  }

  /** All values of a header with commas between them, which says the same in HTTP as one header with that value. */
  joined(name: string): string | undefined {
    const { flat } = this;
    let values: string | undefined;
    for (let at = 0; at < flat.length; at += 2)
      if (flat[at] === name) values = values === undefined ? flat[at + 1] : `${values},${flat[at + 1] ?? ''}`;
    return values;
  }

  /** The names that begin so, the repeated ones as often as they came. */
  namesWith(prefix: string): readonly string[] {
    const { flat } = this;
    let names: string[] | undefined;
    for (let at = 0; at < flat.length; at += 2) {
      const name = flat[at] ?? '';
      if (name.startsWith(prefix)) (names ??= []).push(name);
    }
    return names ?? NONE;
  }

  /** Every header, the repeated ones as often as they came. */
  each(visit: (name: string, value: string) => void): void {
    const { flat } = this;
    for (let at = 0; at < flat.length; at += 2) visit(flat[at] ?? '', flat[at + 1] ?? '');
  }
}

export const NO_HEADERS = new ResponseHeaders([]);

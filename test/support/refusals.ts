import type { BadRequest } from './bad-input.js';

/** A request that is refused so, with a text that names what is wrong. */
export const refusal = (
  method: string,
  path: string,
  status: number,
  code: string,
  names: string,
  body?: unknown,
): BadRequest => ({
  bad: `${method} ${path.slice(0, 80)} ${JSON.stringify(body ?? '').slice(0, 80)}: ${names}`,
  ...{ method, path, status, code, names },
  ...(body === undefined ? {} : { body }),
});

/** Sends requests that must be refused, and remembers every answer. `{name}` in a path stands for an id. */
export class Refusals {
  readonly answers: string[] = [];

  constructor(
    private readonly url: () => string,
    private readonly ids: Readonly<Record<string, string>>,
  ) {}

  /** Sends it and checks the whole answer. */
  readonly expect = async ({ method, path, body, headers = {}, status, code, names }: BadRequest): Promise<void> => {
    const target = path.replace(/\{(\w+)\}/, (_, name: string) => this.ids[name] ?? '');
    const raw = typeof body === 'string' || body instanceof Uint8Array;
    const response = await fetch(this.url() + target, {
      method,
      headers: { 'content-type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: raw ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    this.answers.push(text);
    const error = JSON.parse(text) as { error_code: string; error_msg: string };
    expect({ status: response.status, code: error.error_code }).toEqual({ status, code });
    expect(Object.keys(error).sort()).toEqual(['error_code', 'error_msg']);
    expect(error.error_msg).toContain(names);
  };
}

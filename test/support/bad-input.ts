import { readFileSync } from 'node:fs';
import path from 'node:path';
import { SyncStage } from './sync-stage.js';

export const PROJECT = 'stage';

/** Values no answer and no log line may ever show. */
export const SECRETS = {
  src_ak: 'AK-SECRET-7301-SOURCE',
  src_sk: 'SK-SECRET-7302-SOURCE',
  dst_ak: 'AK-SECRET-7303-TARGET',
  dst_sk: 'SK-SECRET-7304-TARGET',
} as const;

export const UNKNOWN_TASK = '00000000-0000-4000-8000-000000000000';

/** A request that must be refused. `{running}` and `{stopped}` in the path stand for the ids of two tasks. */
export interface BadRequest {
  /** What is wrong with it. */
  readonly bad: string;
  readonly method: string;
  readonly path: string;
  /** Sent as JSON; a string or a buffer is sent as it is. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly status: number;
  readonly code: string;
  /** What error_msg must hold: the name of the field, or of what was refused. */
  readonly names: string;
}

export interface RawAnswer {
  readonly status: number;
  readonly text: string;
}

/** Everything a refused request could have left behind. */
interface Recorded {
  readonly log: unknown;
  readonly ledgers: readonly object[];
  readonly tasks: number;
  readonly queued: readonly string[];
}

/** A service with one running and one stopped task, and a memory of every answer it gave. */
export class RefusalStage {
  private readonly answers: string[] = [];

  private constructor(
    readonly stage: SyncStage,
    readonly running: string,
    readonly stopped: string,
  ) {}

  static async build(): Promise<RefusalStage> {
    const stage = await SyncStage.build();
    const api = await stage.start();
    const running = await stage.createTask(SECRETS);
    const stopped = await stage.createTask(SECRETS);
    await api.tasks('POST', `/${stopped}/stop`);
    return new RefusalStage(stage, running, stopped);
  }

  async send({
    method,
    path: target,
    body,
    headers = {},
  }: Pick<BadRequest, 'method' | 'path' | 'body' | 'headers'>): Promise<RawAnswer> {
    const url = this.stage.service.url + target.replace('{running}', this.running).replace('{stopped}', this.stopped);
    const raw = typeof body === 'string' || body instanceof Uint8Array;
    const response = await fetch(url, {
      method,
      headers: { 'content-type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: raw ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    this.answers.push(text);
    return { status: response.status, text };
  }

  /** Sends it and checks the whole answer. */
  async expectRefused(request: BadRequest): Promise<void> {
    const { status, text } = await this.send(request);
    const error = JSON.parse(text) as { error_code: string; error_msg: string };
    expect({ status, code: error.error_code }).toEqual({ status: request.status, code: request.code });
    expect(Object.keys(error).sort()).toEqual(['error_code', 'error_msg']);
    expect(error.error_msg).toContain(request.names);
  }

  /** Head and size of the log, the ledgers, the number of tasks and what is in the queue. */
  async recorded(): Promise<Recorded> {
    const { api, service, engines } = this.stage;
    const metrics = await (await fetch(`${service.url}/metrics`)).text();
    return {
      log: await engines.logged(),
      ledgers: [await this.ledger(this.running), await this.ledger(this.stopped)],
      tasks: (await api.tasks<{ count: number }>('GET')).body.count,
      queued: metrics.split('\n').filter((line) => /^openoms_queue_\w+ /.test(line)),
    };
  }

  /** Without its position: the keys of a refused start are sealed and forgotten again, which the log counts. */
  private async ledger(taskId: string): Promise<object> {
    return without(await this.stage.api.ledger(taskId), 'position');
  }

  /** Lines of the log and answers that show a secret value. */
  leaks(): readonly string[] {
    const log = readFileSync(path.join(this.stage.folder, 'service.log'), 'utf8').split('\n');
    return [...this.answers, ...log].filter((text) => Object.values(SECRETS).some((secret) => text.includes(secret)));
  }
}

/** `base` without some of its fields. */
export const without = (base: object, ...fields: readonly string[]): object =>
  Object.fromEntries(Object.entries(base).filter(([name]) => !fields.includes(name)));

export const TASKS = `/v2/${PROJECT}/sync-tasks`;

export const get = (bad: string, target: string, status: number, code: string, names: string): BadRequest => ({
  bad: `GET ${target}: ${bad}`,
  method: 'GET',
  path: target,
  status,
  code,
  names,
});

const json = 'application/json';
const MB = 1024 * 1024;

/** What is wrong with any body, wherever a body is expected. */
export const badBodies = (method: string, target: string, missing: string): readonly BadRequest[] => {
  const refused = (
    bad: string,
    body: unknown,
    status: number,
    code: string,
    names: string,
    headers = {},
  ): BadRequest => ({
    bad: `${method} ${target}: ${bad}`,
    method,
    path: target,
    body,
    headers,
    status,
    code,
    names,
  });
  return [
    refused('no body', undefined, 400, 'OMS.1004', missing),
    refused('a body of null', null, 400, 'OMS.0001', 'body'),
    refused('an array', [], 400, 'OMS.0001', 'body'),
    refused('a string', '"text"', 400, 'OMS.0001', 'body'),
    refused('a number', 7, 400, 'OMS.0001', 'body'),
    refused('an empty object', {}, 400, 'OMS.1004', missing),
    refused('JSON cut short', `{"src_sk":"${SECRETS.src_sk}`, 400, 'OMS.0067', 'JSON'),
    refused('JSON with a trailing comma', '{"a":1,}', 400, 'OMS.0067', 'JSON'),
    refused('invalid UTF-8', Buffer.from('{"a":"\xff\xfe"}', 'latin1'), 400, 'OMS.0067', 'UTF-8'),
    refused('a name __proto__', '{"__proto__":{"a":1}}', 400, 'OMS.0067', '__proto__'),
    refused('60 levels', `{"a":${'['.repeat(60)}${']'.repeat(60)}}`, 400, 'OMS.0067', 'deep'),
    refused('13 MB', `{"a":"${'x'.repeat(13 * MB)}"}`, 413, 'OMS.0064', 'too large'),
    refused('another content type', '<a/>', 415, 'OMS.0074', 'Content-Type', { 'content-type': 'text/xml' }),
    refused('a content type that only begins right', '{}', 415, 'OMS.0074', 'Content-Type', {
      'content-type': `${json}x`,
    }),
  ];
};

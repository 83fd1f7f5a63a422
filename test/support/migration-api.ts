import type { ApiAnswer, ApiClient } from './api-client.js';
import { DESTINATION_REGION, SOURCE_REGION, STAGE_KEYS } from './service-stage.js';
import { until } from './until.js';

/** What show and list say of a task; the fields that tests look at by name. */
export interface TaskAnswer {
  readonly id: number;
  readonly name: string;
  readonly status: number;
  readonly group_id?: string;
  readonly total_num: number;
  readonly total_size: number;
  readonly successful_num: number;
  readonly skipped_num: number;
  readonly failed_num: number;
  readonly complete_size: number;
  readonly real_size: number;
  readonly progress: number;
  readonly migrate_speed: number;
  readonly left_time: number;
  readonly is_query_over: boolean;
  readonly error_reason: { readonly error_code: string | null; readonly error_msg: string | null } | null;
  readonly failed_object_record?: { readonly result: boolean; readonly list_file_key: string };
  readonly smn_info?: { readonly notify_result: boolean; readonly topic_name: string };
  readonly [field: string]: unknown;
}

export interface GroupAnswer {
  readonly group_id: string;
  readonly status: number;
  readonly total_task_num: number;
  readonly create_task_num: number;
  readonly failed_task_num: number;
  readonly complete_task_num: number;
  readonly total_num: number;
  readonly success_num: number;
  readonly fail_num: number;
  readonly total_size: number;
  readonly complete_size: number;
  readonly [field: string]: unknown;
}

export const ENDED: readonly number[] = [3, 4, 5];
export const GROUP_ENDED: readonly number[] = [3, 4, 5, 6];

const FROM = 'from';
const TO = 'to';
const { accessKey, secretKey } = STAGE_KEYS;
const SECRETS = { src_ak: accessKey, src_sk: secretKey, dst_ak: accessKey, dst_sk: secretKey };

/** Its source on the stage. */
export const srcNode = (more: object = {}): object => ({
  cloud_type: 'AWS',
  region: SOURCE_REGION,
  bucket: FROM,
  ak: accessKey,
  sk: secretKey,
  ...more,
});

/** Its destination on the stage. */
export const dstNode = (more: object = {}): object => ({
  region: DESTINATION_REGION,
  bucket: TO,
  ak: accessKey,
  sk: secretKey,
  ...more,
});

/** A plain client of migration tasks and task groups between the two buckets of a stage. */
export class MigrationApi {
  constructor(readonly client: ApiClient) {}

  tasks<T>(method: string, path = '', body?: unknown): Promise<ApiAnswer<T>> {
    return this.client.call<T>(method, `/v2/${this.client.projectId}/tasks${path}`, body);
  }

  groups<T>(method: string, path = '', body?: unknown): Promise<ApiAnswer<T>> {
    return this.client.call<T>(method, `/v2/${this.client.projectId}/taskgroups${path}`, body);
  }

  /** The whole bucket by default. */
  async create(more: object = {}): Promise<number> {
    const body = { task_type: 'prefix', src_node: srcNode({ object_key: [''] }), dst_node: dstNode(), ...more };
    const answer = await this.tasks<{ id: number }>('POST', '', body);
    return done(answer, 'Creating a task').id;
  }

  async show(id: number): Promise<TaskAnswer> {
    return done(await this.tasks<TaskAnswer>('GET', `/${id}`), 'Showing a task');
  }

  async stop(id: number): Promise<void> {
    done(await this.tasks('POST', `/${id}/stop`), 'Stopping a task');
  }

  async start(id: number, more: object = {}): Promise<void> {
    done(await this.tasks('POST', `/${id}/start`, { ...SECRETS, ...more }), 'Starting a task');
  }

  /** Waits until the task is in one of these states. */
  async reached(id: number, statuses: readonly number[], timeoutMs = 60_000): Promise<TaskAnswer> {
    return reached(() => this.show(id), statuses, timeoutMs);
  }

  ended(id: number, timeoutMs?: number): Promise<TaskAnswer> {
    return this.reached(id, ENDED, timeoutMs);
  }

  async createGroup(more: object = {}): Promise<string> {
    const body = {
      task_type: 'PREFIX',
      src_node: srcNode({ object_key: [''] }),
      dst_node: dstNode(),
      enable_kms: false,
      ...more,
    };
    const answer = await this.groups<{ group_id: string }>('POST', '', body);
    return done(answer, 'Creating a group').group_id;
  }

  async showGroup(id: string): Promise<GroupAnswer> {
    return done(await this.groups<GroupAnswer>('GET', `/${id}`), 'Showing a group');
  }

  /** `stop`, `start` or `retry`; keys go along where they are wanted. */
  async drive(id: string, operation: 'stop' | 'start' | 'retry', more: object = {}): Promise<void> {
    const body = operation === 'stop' ? undefined : { ...SECRETS, ...more };
    done(await this.groups('PUT', `/${id}/${operation}`, body), `Group ${operation}`);
  }

  async groupReached(id: string, statuses: readonly number[], timeoutMs = 60_000): Promise<GroupAnswer> {
    return reached(() => this.showGroup(id), statuses, timeoutMs);
  }

  /** All tasks of a group. */
  async tasksOf(groupId: string): Promise<readonly TaskAnswer[]> {
    const answer = await this.tasks<{ tasks: readonly TaskAnswer[] }>('GET', `?group_id=${groupId}&limit=100`);
    return done(answer, 'Listing the tasks of a group').tasks;
  }
}

async function reached<T extends { readonly status: number }>(
  show: () => Promise<T>,
  statuses: readonly number[],
  timeoutMs: number,
): Promise<T> {
  let seen: T | undefined;
  try {
    await until(
      async () => {
        seen = await show();
        return statuses.includes(seen.status);
      },
      timeoutMs,
      20,
    );
  } catch (error) {
    throw new Error(`States ${statuses.join(', ')} were not reached: ${JSON.stringify(seen)}`, { cause: error });
  }
  if (seen === undefined) throw new Error('Nothing was shown');
  return seen;
}

function done<T>({ status, body }: ApiAnswer<T>, what: string): T {
  if (status < 200 || status > 299) throw new Error(`${what}: ${status} ${JSON.stringify(body)}`);
  return body;
}

import type { ApiClient } from '../support/api-client.js';
import { ENDED, GROUP_ENDED, MigrationApi, type GroupAnswer, type TaskAnswer } from '../support/migration-api.js';
import { differences, type Bucket } from './buckets.js';
import { ProgressBar, say, showCall, showLists } from './screen.js';

const SUCCEEDED = 5;
const COMPLETED = 6;
const PATIENCE_MS = 120_000;

/** Between which buckets, and what the create calls say of the two. */
export interface Route {
  readonly source: Bucket;
  readonly destination: Bucket;
  readonly srcNode: Readonly<Record<string, unknown>>;
  readonly dstNode: Readonly<Record<string, unknown>>;
}

const TASK_FIGURES = ['total_num', 'total_size', 'successful_num', 'skipped_num', 'failed_num', 'progress'] as const;
const GROUP_FIGURES = ['total_task_num', 'complete_task_num', 'failed_task_num', 'total_num', 'success_num'] as const;

/** Migrates the whole bucket with one task, then once more with nothing left to do. Answers what is wrong. */
export async function migrateWithTask(api: ApiClient, route: Route): Promise<readonly string[]> {
  const first = await runTask(api, route);
  say('Once more: nothing of it has to be copied.');
  const second = await runTask(api, route);
  const { total_num, skipped_num } = second;
  const wrong = await compared(route, 'migrated/');
  const isRight = first.status === SUCCEEDED && second.status === SUCCEEDED && skipped_num === total_num;
  return isRight ? wrong : [...wrong, `the migration task ended as ${first.status} and ${second.status}`];
}

async function runTask(api: ApiClient, { source, destination, srcNode, dstNode }: Route): Promise<TaskAnswer> {
  const migrations = new MigrationApi(api);
  const wanted = { srcNode: { ...srcNode, object_key: [''] }, dstNode: { ...dstNode, save_prefix: 'migrated/' } };
  const body = { task_type: 'prefix', src_node: wanted.srcNode, dst_node: wanted.dstNode };
  showCall('POST', `${api.baseUrl}/v2/demo/tasks`, shown(body));
  const id = await migrations.create(body);
  say(`id: ${id}`);
  const bar = new ProgressBar('task'.padEnd(16), (await source.keys()).length);
  const task = await watched(
    () => migrations.show(id),
    ENDED,
    ({ successful_num, skipped_num, failed_num }) => bar.show(successful_num + skipped_num + failed_num),
  );
  bar.end();
  showCall('GET', `${api.baseUrl}/v2/demo/tasks/${id}`);
  for (const name of TASK_FIGURES) say(`  ${name}: ${task[name]}`);
  await showLists(destination, `oms/task/${id}/`);
  return task;
}

/** Migrates the whole bucket with a task group, which is split into tasks that run side by side. Answers what is wrong. */
export async function migrateWithGroup(api: ApiClient, route: Route): Promise<readonly string[]> {
  const migrations = new MigrationApi(api);
  const { srcNode, dstNode, destination } = route;
  const nodes = { src_node: { ...srcNode, object_key: [''] }, dst_node: { ...dstNode, save_prefix: 'in-parts/' } };
  const body = { task_type: 'PREFIX', ...nodes };
  showCall('POST', `${api.baseUrl}/v2/demo/taskgroups`, shown(body));
  const id = await migrations.createGroup(body);
  say(`group_id: ${id}`);
  const bar = new ProgressBar('group'.padEnd(16), (await route.source.keys()).length);
  const group = await watched<GroupAnswer>(
    () => migrations.showGroup(id),
    GROUP_ENDED,
    ({ success_num }) => bar.show(success_num),
  );
  bar.end();
  showCall('GET', `${api.baseUrl}/v2/demo/taskgroups/${id}`);
  for (const name of GROUP_FIGURES) say(`  ${name}: ${group[name]}`);
  showCall('GET', `${api.baseUrl}/v2/demo/tasks?group_id=${id}`);
  for (const task of await migrations.tasksOf(id)) say(`  ${task.name}: ${task.successful_num} of ${task.total_num}`);
  await showLists(destination, `oms/task_group/${id}/`);
  const wrong = await compared(route, 'in-parts/');
  return group.status === COMPLETED && group.total_task_num > 1 ? wrong : [...wrong, 'the task group did not complete'];
}

async function watched<T extends { readonly status: number }>(
  show: () => Promise<T>,
  ends: readonly number[],
  onLook: (seen: T) => void,
): Promise<T> {
  const giveUpAt = Date.now() + PATIENCE_MS;
  for (;;) {
    const seen = await show();
    onLook(seen);
    if (ends.includes(seen.status)) return seen;
    if (Date.now() > giveUpAt) throw new Error(`Not ended within ${PATIENCE_MS} ms: ${JSON.stringify(seen)}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function compared({ source, destination }: Route, savePrefix: string): Promise<readonly string[]> {
  const { objects, wrong } = await differences(source, destination, savePrefix);
  say(`${savePrefix} in ${destination.name}: ${objects} objects compared byte by byte, ${wrong.length} wrong`);
  return wrong;
}

/** A body with its keys left out. */
const shown = (body: object): string =>
  JSON.stringify(body, (name, value: unknown) => (name === 'ak' || name === 'sk' ? '...' : value));

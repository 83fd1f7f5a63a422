import { EventStoreDBEventStore } from '../../src/event-store/eventstoredb/eventstoredb-event-store.js';
import { taskStream, type TaskEvent, type TaskTaken } from '../../src/tasks/task.events.js';
import { ClusterProcesses } from './cluster/cluster-processes.js';
import { MigrationApi, srcNode, type TaskAnswer } from './migration-api.js';
import { namesIn, readLists } from './migration-lists.js';
import type { Endpoint } from './service-stage.js';
import { GeneratedBucket, SyntheticProcess, type GeneratedPlan } from './synthetic/index.js';

const [FROM, TO] = ['from', 'to'];
const PER_FOLDER = 1500;

export const WORKERS = ['worker-1', 'worker-2', 'worker-3'] as const;
export const PAGE_OBJECTS = 100;
export const OBJECTS_IN_FLIGHT = 8;

/** Two api and three worker processes, and a bucket of folders that each are one task's. */
export class MigrationCluster {
  private readonly objects: GeneratedBucket;

  private constructor(
    readonly endpoint: SyntheticProcess,
    readonly processes: ClusterProcesses,
    plan: GeneratedPlan,
  ) {
    this.objects = new GeneratedBucket(plan);
  }

  static async start(folders: number): Promise<MigrationCluster> {
    const count = folders * PER_FOLDER;
    const plan: GeneratedPlan = { kind: 'generated', count, perFolder: PER_FOLDER, minBytes: 50, maxBytes: 900 };
    const endpoint = await SyntheticProcess.start({
      buckets: { [FROM]: plan, [TO]: { kind: 'sink', keepLists: true } },
      readDelayMs: 40,
    });
    const processes = await ClusterProcesses.between<Endpoint>(endpoint, endpoint.twin, {
      config: {
        tasks: { runningPerWorker: 2, pageObjects: PAGE_OBJECTS, objectsInFlight: OBJECTS_IN_FLIGHT },
        taskGroups: { taskObjects: 400 },
      },
    });
    await Promise.all(['api-1', 'api-2'].map((name) => processes.start(name, 'api')));
    for (const worker of WORKERS) await processes.start(worker, 'worker');
    return new MigrationCluster(endpoint, processes, plan);
  }

  /** By the first or the second api process. */
  api(at: 1 | 2 = 1): MigrationApi {
    return new MigrationApi(this.processes.api(`api-${at}`));
  }

  prefix(folder: number): string {
    return `f${String(folder).padStart(5, '0')}/`;
  }

  keys(folder: number): readonly string[] {
    return Array.from({ length: PER_FOLDER }, (_, index) => this.objects.key(folder * PER_FOLDER + index));
  }

  create(folder: number, by: 1 | 2 = 1): Promise<number> {
    return this.api(by).create({ src_node: srcNode({ object_key: [this.prefix(folder)] }) });
  }

  /** Who took a task, in order. */
  async takes(taskId: number): Promise<readonly TaskTaken['data'][]> {
    const store = await EventStoreDBEventStore.open({ url: this.processes.engines.eventStore.connectionString });
    try {
      const { events } = await store.read<TaskEvent>(taskStream(String(taskId)));
      return events.flatMap((event) => (event.type === 'TaskTaken' ? [event.data] : []));
    } finally {
      await store.close();
    }
  }

  /** The process that a take names. */
  processOf(worker: string | undefined): string {
    const name = WORKERS.find((each) => worker !== undefined && this.processes.log(each).includes(worker));
    if (name === undefined) throw new Error(`No process is ${worker ?? 'nobody'}`);
    return name;
  }

  /** Waits until each object of the folder was copied, and is in one list of the task. */
  async expectWhole(taskId: number, folder: number): Promise<TaskAnswer> {
    const task = await this.api(2).ended(taskId, 120_000);
    expect(task).toMatchObject({
      status: 5,
      total_num: PER_FOLDER,
      successful_num: PER_FOLDER,
      skipped_num: 0,
      failed_num: 0,
    });
    const lists = readLists(await this.endpoint.texts(TO, `oms/task/${taskId}/`), taskId);
    expect(lists.succeeded.map(({ name }) => name)).toEqual(this.keys(folder));
    expect(namesIn(lists)).toHaveLength(PER_FOLDER);
    expect(await this.endpoint.objects(TO, this.prefix(folder))).toHaveLength(PER_FOLDER);
    const numbers = (await this.takes(taskId)).map(({ take }) => take);
    expect(numbers).toEqual(numbers.map((_, at) => at + 1));
    return task;
  }

  /** Names in the lists of all tasks of a group. */
  async namesOfGroup(groupId: string): Promise<readonly string[]> {
    const folder = `oms/task_group/${groupId}`;
    const files = await this.endpoint.texts(TO, `${folder}/`);
    const tasks = await this.api().tasksOf(groupId);
    return tasks.flatMap(({ id }) => namesIn(readLists(files, id, { folder }))).sort();
  }

  async strike(): Promise<void> {
    await this.processes.strike();
    await this.endpoint.stop();
  }
}

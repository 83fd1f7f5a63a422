import path from 'node:path';
import { MigrationScene } from '../support/migration-scene.js';
import { keysOf } from '../support/migration-verdicts.js';
import { DESTINATION_REGION, SOURCE_REGION, STAGE_KEYS } from '../support/service-stage.js';
import { pythonVenv, runPython } from '../support/servers/python-venv.js';

const SCRIPT = path.join(import.meta.dirname, 'huawei_sdk_migration_client.py');
const CALLER = { ak: 'SDKCALLERKEY', sk: 'sdk-caller-secret' };
const PROJECT = 'sdk-project';
const POLICY = [{ start: '01:00', end: '02:30', max_bandwidth: 2_097_152 }];
const KEYS = { ak: STAGE_KEYS.accessKey, sk: STAGE_KEYS.secretKey };

type Answers = Readonly<Record<string, object & { readonly [field: string]: unknown }>>;

const sdk = await pythonVenv('huawei-sdk', ['huaweicloudsdkoms>=3.1,<4'], 'huaweicloudsdkoms.v2');

const describeSdk = (python: string): void => {
  describe('the Huawei Cloud SDK, through every operation of tasks and groups', () => {
    let scene: MigrationScene;
    let tasks: Answers;
    let groups: Answers;

    beforeAll(async () => {
      const keys = [{ accessKey: CALLER.ak, secretKey: CALLER.sk, projects: [PROJECT] }];
      scene = await MigrationScene.build({
        auth: { mode: 'required', keys },
        tasks: { pageObjects: 10, objectsInFlight: 4 },
        taskGroups: { taskObjects: 20 },
        transfer: { attempts: 2, baseDelayMs: 5 },
      });
      await scene.seed(...keysOf('good/', 10), ...keysOf('denied/', 10), ...keysOf('slow/', 60));
      const { faults } = scene.source;
      const read = { operation: 'GetObject' } as const;
      faults.always({ ...read, key: 'denied/00003' }, { kind: 'error', code: 'AccessDenied' });
      faults.always({ ...read, keyPrefix: 'slow/' }, { kind: 'drip', bytes: 4, everyMs: 10 });
      const answers = (await runPython(
        python,
        SCRIPT,
        {
          endpoint: scene.stage.service.url,
          project: PROJECT,
          ...CALLER,
          src: { cloud_type: 'AWS', region: SOURCE_REGION, bucket: 'from', ...KEYS },
          dst: { region: DESTINATION_REGION, bucket: 'to', ...KEYS },
          secrets: scene.stage.secrets,
          good: 'good/',
          denied: 'denied/',
          slow: 'slow/',
        },
        120_000,
      )) as { readonly tasks: Answers; readonly groups: Answers };
      ({ tasks, groups } = answers);
      expect(JSON.stringify(answers)).not.toContain(KEYS.sk);
    }, 180_000);

    afterAll(() => scene.strike());

    it('creates, shows and lists tasks', async () => {
      const done = { status: 5, total_num: 10, successful_num: 10, failed_num: 0, progress: 1 };
      expect(tasks['created']).toMatchObject({ id: expect.any(Number) as number });
      expect(tasks['done']).toMatchObject({
        ...done,
        id: tasks['created']?.['id'],
        name: tasks['created']?.['task_name'],
        description: 'made by the SDK',
        task_priority: 'HIGH',
        task_type: 'prefix',
        group_type: 'NORMAL_TASK',
        src_node: { cloud_type: 'AWS', bucket: 'from', object_key: ['good/'] },
        dst_node: { bucket: 'to', region: DESTINATION_REGION },
      });
      expect(tasks['list']).toMatchObject({ count: 3, tasks: [{ id: tasks['slow']?.['id'] }, { status: 4 }] });
      expect(tasks['succeeded']).toMatchObject({ count: 2 });
      expect(await scene.wrongCopies(keysOf('good/', 10))).toEqual([]);
    });

    it('stops, starts, limits and deletes tasks', () => {
      const failed = { status: 4, failed_num: 1, successful_num: 9, error_reason: { error_code: 'TRF.0062' } };
      expect(tasks['failed']).toMatchObject(failed);
      expect(tasks['failed_again']).toMatchObject(failed);
      expect(tasks['paused']).toMatchObject({ status: 3 });
      expect(tasks['limited']).toMatchObject({ bandwidth_policy: POLICY, task_priority: 'MEDIUM' });
      expect(tasks['batched']).toMatchObject({ bandwidth_policy: POLICY, task_priority: 'LOW' });
      expect(tasks['slow']).toMatchObject({ status: 5, total_num: 60, successful_num: 60 });
    });

    it('creates, stops, starts, retries, updates, lists and deletes groups', () => {
      // The nine others were copied by the task before.
      expect(groups['failed']).toMatchObject({ status: 5, fail_num: 1, success_num: 0, skip_num: 9 });
      expect(groups['failed_again']).toMatchObject({ status: 5, fail_num: 1, success_num: 0, skip_num: 9 });
      expect(groups['paused']).toMatchObject({ status: 3, bandwidth_policy: POLICY });
      expect(groups['slow']).toMatchObject({ status: 6, total_num: 60, bandwidth_policy: [] });
      expect(groups['tasks']).toMatchObject({ count: 3 });
      expect(groups['batched']).toMatchObject({ count: 1, tasks: [{ bandwidth_policy: POLICY }] });
      expect(groups['list']).toMatchObject({ count: 2, taskgroups: [{ status: 6 }, { status: 5 }] });
    });

    it.each<['tasks' | 'groups', string, number, string]>([
      ['tasks', 'stopped_twice', 400, 'OMS.0066'],
      ['tasks', 'deleted_running', 400, 'OMS.0063'],
      ['tasks', 'started_done', 400, 'OMS.0070'],
      ['tasks', 'shown_deleted', 404, 'OMS.1009'],
      ['tasks', 'stopped_unknown', 400, 'OMS.1009'],
      ['groups', 'stopped_twice', 400, 'OMS.1038'],
      ['groups', 'shown_deleted', 404, 'OMS.1009'],
      ['groups', 'stopped_unknown', 404, 'OMS.1009'],
    ])('is told why an operation is refused (%s: %s)', (of, call, status, code) => {
      expect({ call, ...{ tasks, groups }[of][call] }).toMatchObject({ call, status, code });
    });
  });
};

if ('python' in sdk) describeSdk(sdk.python);
else if (process.env.OPENOMS_REQUIRE_BACKENDS === '1')
  it('has the Huawei Cloud SDK for Python', () => {
    throw new Error(sdk.missing);
  });
else it.skip(`the Huawei Cloud SDK for Python: ${sdk.missing}`, () => undefined);

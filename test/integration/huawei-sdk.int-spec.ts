import path from 'node:path';
import { pythonVenv, runPython } from '../support/servers/python-venv.js';
import { SyncStage } from '../support/sync-stage.js';

const SCRIPT = path.join(import.meta.dirname, 'huawei_sdk_client.py');
const CALLER = { ak: 'SDKCALLERKEY', sk: 'sdk-caller-secret' };
const PROJECT = 'sdk-project';
const KEYS = ['dir/a b+c.txt', '测/😀%25.bin', 'not there'];

interface Refusal {
  readonly status: number;
  readonly code?: string;
  readonly message?: string;
  readonly request_id?: string;
}

interface SdkAnswers {
  readonly task_id: string;
  readonly list: { readonly count: number; readonly tasks: readonly object[] };
  readonly show: object;
  readonly statistics: {
    readonly sync_task_id: string;
    readonly statistic_time_type: string;
    readonly statistic_datas: readonly {
      readonly data_type: string;
      readonly data: readonly { statistic_num: number }[];
    }[];
  };
  readonly [refused: string]: unknown;
}

const sdk = await pythonVenv('huawei-sdk', ['huaweicloudsdkoms>=3.1,<4'], 'huaweicloudsdkoms.v2');

const describeSdk = (python: string): void => {
  describe.each([
    ['none', {}],
    ['required', { keys: [{ accessKey: CALLER.ak, secretKey: CALLER.sk, projects: [PROJECT] }] }],
  ])('the Huawei Cloud SDK against the service with auth.mode %s', (mode, auth) => {
    let stage: SyncStage;

    beforeAll(async () => {
      stage = await SyncStage.build({ config: { auth: { mode, ...auth } } });
      for (const key of KEYS.slice(0, 2)) await stage.source.seed(SyncStage.sourceBucket, key, `content of ${key}`);
      await stage.start();
    }, 60_000);

    afterAll(() => stage.strike());

    const run = (more: object = {}) =>
      runPython(python, SCRIPT, {
        endpoint: stage.service.url,
        project: PROJECT,
        ...CALLER,
        task: {
          src_cloud_type: 'AWS',
          src_region: 'stage-source',
          src_bucket: SyncStage.sourceBucket,
          dst_region: 'stage-target',
          dst_bucket: SyncStage.destinationBucket,
          description: 'made by the SDK',
          ...stage.secrets,
        },
        keys: KEYS.map((key) => encodeURIComponent(key)),
        ...more,
      });

    it('lives through the whole life of a sync task', async () => {
      // The one decoding border of the script's answers.
      const answers = (await run()) as SdkAnswers;
      const { task_id: id } = answers;
      const task = { sync_task_id: id, status: 'SYNCHRONIZING', src_cloud_type: 'AWS', description: 'made by the SDK' };
      expect(answers.list).toMatchObject({ count: 1, tasks: [task] });
      expect(answers.show).toMatchObject({
        ...task,
        monthly_acceptance_request: 3,
        monthly_success_object: 2,
        monthly_failure_object: 1,
        monthly_skip_object: 0,
      });
      expect(answers.statistics).toMatchObject({ sync_task_id: id, statistic_time_type: 'FIVE_MINUTES' });
      const sums = answers.statistics.statistic_datas.map(({ data_type, data }) => [
        data_type,
        data.reduce((sum, { statistic_num }) => sum + statistic_num, 0),
      ]);
      expect(Object.fromEntries(sums)).toMatchObject({ REQUEST: 3, SUCCESS: 2, FAILURE: 1, SKIP: 0 });
      for (const key of KEYS.slice(0, 2)) {
        const copy = await stage.destination.object(SyncStage.destinationBucket, key)?.content();
        expect(copy?.toString()).toBe(`content of ${key}`);
      }
      expect(JSON.stringify(answers)).not.toContain(stage.secrets.src_sk);

      const expected: Record<string, readonly [number, string, string]> = {
        started_twice: [400, 'OMS.0065', 'already started'],
        deleted_running: [400, 'OMS.0063', 'in progress'],
        stopped_twice: [400, 'OMS.0066', 'not in progress'],
        events_stopped: [400, 'OMS.2002', 'not started'],
        bad_key: [400, 'OMS.0001', 'object_keys[1]'],
        shown_deleted: [404, 'OMS.2002', id],
        unknown: [404, 'OMS.2002', 'not found'],
        nowhere: [400, 'OMS.0079', 'src_region'],
        lacking: [400, 'OMS.1004', 'dst_bucket'],
      };
      for (const [call, [status, code, message]] of Object.entries(expected)) {
        const refusal = answers[call] as Refusal;
        expect({ call, ...refusal }).toMatchObject({
          call,
          status,
          code,
          message: expect.stringContaining(message) as string,
        });
        expect(refusal.request_id).toMatch(/^[0-9a-f-]{36}$/);
      }
    }, 60_000);

    if (mode === 'required')
      it.each<[string, object, number, string]>([
        ['a wrong secret', { sk: 'wrong' }, 401, 'OMS.1005'],
        ['an unknown key', { ak: 'NOBODY' }, 401, 'OMS.1005'],
        ['a project the key does not open', { project: 'another' }, 403, 'OMS.0206'],
      ])(
        'is refused with %s',
        async (_what, wrong, status, code) => {
          const refusal = await run({ ...wrong, refused: true });
          expect(refusal).toMatchObject({ status, code });
          expect(JSON.stringify(refusal)).not.toContain(CALLER.sk);
        },
        60_000,
      );
  });
};

if ('python' in sdk) describeSdk(sdk.python);
else if (process.env.OPENOMS_REQUIRE_BACKENDS === '1')
  it('has the Huawei Cloud SDK for Python', () => {
    throw new Error(sdk.missing);
  });
else it.skip(`the Huawei Cloud SDK for Python: ${sdk.missing}`, () => undefined);

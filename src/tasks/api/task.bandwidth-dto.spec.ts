import { refusalOfBody, RULE, TASK_BODY, withField } from '../../../test/support/task-bodies.js';
import { BandwidthPolicyDto, CreateTaskDto } from './task.dto.js';

const create = (path: string, value: unknown) => refusalOfBody(CreateTaskDto, withField(TASK_BODY, path, value));

describe('traffic limiting rules', () => {
  const rules = (...given: unknown[]) => refusalOfBody(BandwidthPolicyDto, { bandwidth_policy: given });
  const at = (start: string, end: string) => ({ ...RULE, start, end });

  it('are five at most, none included, but must be said', () => {
    const five = ['00', '01', '02', '03', '04'].map((hour) => at(`${hour}:00`, `${hour}:59`));
    expect([rules(), rules(...five)]).toEqual([undefined, undefined]);
    expect(rules(...five, at('05:00', '06:00'))).toBe('bandwidth_policy OMS.0083');
    expect(refusalOfBody(BandwidthPolicyDto, {})).toBe('bandwidth_policy OMS.1004');
    for (const wrong of [7, 'x', {}, [7], [null], [[]]])
      expect(refusalOfBody(BandwidthPolicyDto, { bandwidth_policy: wrong })).toBe('bandwidth_policy OMS.0001');
  });

  it.each(['start', 'end', 'max_bandwidth'])('need a %s', (field) =>
    expect(rules(RULE, { ...at('11:00', '12:00'), [field]: undefined })).toBe(`bandwidth_policy[1].${field} OMS.1004`),
  );

  it.each(['8:00', '24:00', '12:60', '12:3', '12:00:00', '', 'noon', 700])('have no time %j', (time) => {
    expect(rules({ ...RULE, end: time })).toBe('bandwidth_policy[0].end OMS.0087');
    expect(rules({ ...RULE, start: time })).toBe('bandwidth_policy[0].start OMS.0087');
  });

  it('end after they begin', () => {
    expect(rules(at('00:00', '23:59'))).toBeUndefined();
    for (const wrong of [at('10:00', '10:00'), at('23:00', '01:00')])
      expect(rules(wrong)).toBe('bandwidth_policy[0].end OMS.0087');
  });

  it('do not overlap, in whatever order they come', () => {
    expect(rules(at('10:00', '12:00'), at('08:00', '10:00'), at('12:00', '13:00'))).toBeUndefined();
    expect(rules(at('10:00', '12:00'), at('08:00', '10:01'))).toBe('bandwidth_policy OMS.0085');
    expect(rules(at('00:00', '23:59'), at('08:00', '09:00'))).toBe('bandwidth_policy OMS.0085');
    expect(rules(RULE, RULE)).toBe('bandwidth_policy OMS.0085');
  });

  it('allow 1 to 200 MiB a second', () => {
    const of = (max_bandwidth: unknown) => rules({ ...RULE, max_bandwidth });
    expect([of(1_048_576), of(209_715_200)]).toEqual([undefined, undefined]);
    for (const wrong of [1_048_575, 209_715_201, 0, -1])
      expect(of(wrong)).toBe('bandwidth_policy[0].max_bandwidth OMS.0084');
    for (const wrong of ['1048576', 1_048_576.5, true])
      expect(of(wrong)).toBe('bandwidth_policy[0].max_bandwidth OMS.0001');
  });

  it('may come with a new task, each named by its place', () => {
    expect(create('bandwidth_policy', [RULE])).toBeUndefined();
    expect(create('bandwidth_policy', [{ ...RULE, end: '07:00' }])).toBe('bandwidth_policy[0].end OMS.0087');
  });
});

import { ApiProperty } from '@nestjs/swagger';
import { applyDecorators } from '@nestjs/common';
import { IsDefined } from 'class-validator';
import { Check, NestedListField } from '../../http/validation/fields.js';
import type { BandwidthRule } from '../task.settings.js';

const MIN_BANDWIDTH = 1_048_576;
const MAX_BANDWIDTH = 209_715_200;
export const MAX_BANDWIDTH_RULES = 5;

const TIME = /^([01][0-9]|2[0-3]):[0-5][0-9]$/;
const isTime = (value: unknown): value is string => typeof value === 'string' && TIME.test(value);

const IsMandatory = () => IsDefined({ message: 'is missing', context: { kind: 'MISSING_PARAMETER' } });

/** A time of day, in UTC. */
const TimeField = (description: string) =>
  applyDecorators(
    ApiProperty({ type: String, pattern: TIME.source, example: '12:03', description }),
    IsMandatory(),
    Check(
      'time',
      (value) => (isTime(value) ? undefined : 'must be a time of day from 00:00 to 23:59, as hh:mm'),
      'TIME_SEGMENT_NOT_VALID',
    ),
  );

/** One traffic limiting rule. Texts in `hh:mm` sort as the times they mean. */
export class BandwidthRuleDto {
  @TimeField('Beginning of the limit, UTC.')
  readonly start!: string;

  @TimeField('End of the limit, UTC; its minute is not limited any more.')
  @Check(
    'order',
    (end, rule) =>
      rule instanceof BandwidthRuleDto && isTime(end) && isTime(rule.start) && rule.start >= end
        ? 'must be after start; a time over midnight is two rules'
        : undefined,
    'TIME_SEGMENT_NOT_VALID',
  )
  readonly end!: string;

  @ApiProperty({
    type: 'integer',
    format: 'int64',
    minimum: MIN_BANDWIDTH,
    maximum: MAX_BANDWIDTH,
    description: 'Bytes a second.',
  })
  @IsMandatory()
  @Check('integer', (value) => (Number.isSafeInteger(value) ? undefined : 'must be a whole number'))
  @Check(
    'range',
    (value) =>
      Number.isSafeInteger(value) && (Number(value) < MIN_BANDWIDTH || Number(value) > MAX_BANDWIDTH)
        ? `must be ${MIN_BANDWIDTH} to ${MAX_BANDWIDTH} bytes a second`
        : undefined,
    'BANDWIDTH_OUT_OF_RANGE',
  )
  readonly max_bandwidth!: number;
}

const isRule = (rule: unknown): rule is BandwidthRuleDto =>
  rule instanceof BandwidthRuleDto && isTime(rule.start) && isTime(rule.end);

function overlapProblem(value: unknown): string | undefined {
  const rules = Array.isArray(value) ? value.filter(isRule).sort((a, b) => (a.start < b.start ? -1 : 1)) : [];
  const overlaps = rules.some(({ start }, index) => start < (rules[index - 1]?.end ?? ''));
  return overlaps ? 'must not overlap in time' : undefined;
}

const DESCRIPTION = 'Traffic limiting rules, by the time of day in UTC; none may overlap another.';

export const BandwidthPolicyField = (facts: { readonly optional?: true } = {}): PropertyDecorator =>
  applyDecorators(
    NestedListField(BandwidthRuleDto, { description: DESCRIPTION, maxItems: MAX_BANDWIDTH_RULES, ...facts }),
    Check(
      'count',
      (value) =>
        Array.isArray(value) && value.length > MAX_BANDWIDTH_RULES
          ? `must hold at most ${MAX_BANDWIDTH_RULES} rules, not ${value.length}`
          : undefined,
      'TOO_MANY_BANDWIDTH_RULES',
    ),
    Check('overlap', overlapProblem, 'BANDWIDTH_RULES_OVERLAP'),
  );

/** What stands in events for valid rules of a request. */
export const bandwidthPolicyOf = (rules: readonly BandwidthRuleDto[] = []): readonly BandwidthRule[] =>
  rules.map(({ start, end, max_bandwidth }) => ({ start, end, maxBytesPerSecond: max_bandwidth }));

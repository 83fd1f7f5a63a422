import { applyDecorators } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform, Type, type ClassConstructor } from 'class-transformer';
import { IsDefined, IsOptional, ValidateBy, ValidateNested } from 'class-validator';
import type { OmsErrorKind } from '../../kernel/oms-error.js';
import { strictInteger } from './strict-integer.js';

/** What a field's check says: undefined when the value is fine, else the rest of a sentence that begins with its name. */
export type FieldCheck = (value: unknown, whole: object) => string | undefined;

interface FieldFacts {
  readonly description: string;
  /** Absent: the field must be given. */
  readonly optional?: boolean;
}

/**
 * One check of one field as a class-validator decorator. The message is what the check answers; it goes behind the field's
 * path, so `must be 1 to 5` becomes `limit must be 1 to 5`. `kind` is the refusal it leads to.
 */
export const Check = (name: string, check: FieldCheck, kind: OmsErrorKind = 'INVALID_PARAMETER'): PropertyDecorator =>
  ValidateBy(
    {
      name,
      validator: {
        validate: (value, args) => check(value, args?.object ?? {}) === undefined,
        defaultMessage: (args) => check(args?.value, args?.object ?? {}) ?? '',
      },
    },
    { context: { kind } },
  );

const presence = ({ optional }: FieldFacts): PropertyDecorator =>
  optional ? IsOptional() : IsDefined({ message: 'is missing', context: { kind: 'MISSING_PARAMETER' } });

const documented = (facts: FieldFacts, schema: object): PropertyDecorator => {
  const options = { description: facts.description, ...schema };
  return facts.optional ? ApiPropertyOptional(options) : ApiProperty(options);
};

/** Lengths count UTF-16 units, as JSON Schema's tools for JavaScript do. */
export const lengthProblem = (value: unknown, min: number, max: number): string | undefined => {
  if (typeof value !== 'string') return `must be a string of ${min} to ${max} characters`;
  if (value.length >= min && value.length <= max) return undefined;
  return `must be ${min} to ${max} characters long, not ${value.length}`;
};

/** A string within bounds. No other type is taken for one. */
export const TextField = (
  facts: FieldFacts & { readonly min: number; readonly max: number; readonly example?: string; readonly secret?: true },
): PropertyDecorator =>
  applyDecorators(
    documented(facts, {
      type: String,
      minLength: facts.min,
      maxLength: facts.max,
      ...(facts.example === undefined ? {} : { example: facts.example }),
      ...(facts.secret ? { format: 'password', writeOnly: true } : {}),
    }),
    presence(facts),
    Check('text', (value) => lengthProblem(value, facts.min, facts.max)),
  );

/** A JSON boolean; `"true"` and `1` are none. */
export const FlagField = (facts: FieldFacts & { readonly default?: boolean }): PropertyDecorator =>
  applyDecorators(
    documented(facts, { type: Boolean, ...(facts.default === undefined ? {} : { default: facts.default }) }),
    presence(facts),
    Check('flag', (value) => (typeof value === 'boolean' ? undefined : 'must be true or false')),
  );

/** One of a few words, spelled exactly. */
export const ChoiceField = (
  facts: FieldFacts & { readonly choices: readonly string[]; readonly default?: string; readonly orEmpty?: true },
): PropertyDecorator =>
  applyDecorators(
    documented(facts, {
      type: String,
      enum: [...facts.choices],
      ...(facts.default === undefined ? {} : { default: facts.default }),
    }),
    presence(facts),
    Check('choice', (value) =>
      typeof value === 'string' && (facts.choices.includes(value) || (facts.orEmpty === true && value === ''))
        ? undefined
        : `must be one of ${facts.choices.join(', ')}`,
    ),
  );

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value);

/** A JSON object with fields of its own; what is wrong with one of them is told under its whole path. */
export const NestedField = (type: ClassConstructor<object>, facts: FieldFacts): PropertyDecorator =>
  applyDecorators(
    documented(facts, { type }),
    Type(() => type),
    presence(facts),
    Check('object', (value) => (isObject(value) ? undefined : 'must be an object')),
    ValidateNested({ message: 'must be an object' }),
  );

/** A list of such objects. */
export const NestedListField = (
  type: ClassConstructor<object>,
  facts: FieldFacts & { readonly maxItems: number },
): PropertyDecorator =>
  applyDecorators(
    documented(facts, { type: [type], maxItems: facts.maxItems }),
    Type(() => type),
    presence(facts),
    Check('list', (value) =>
      Array.isArray(value) && value.every(isObject) ? undefined : 'must be an array of objects',
    ),
    ValidateNested({ message: 'must be an array of objects' }),
  );

/** A JSON number without a fraction that is exact. */
export const IntegerField = (
  facts: FieldFacts & { readonly min: number; readonly max: number; readonly default?: number },
): PropertyDecorator =>
  applyDecorators(
    documented(facts, {
      type: 'integer',
      format: 'int64',
      minimum: facts.min,
      maximum: facts.max,
      ...(facts.default === undefined ? {} : { default: facts.default }),
    }),
    presence(facts),
    Check('integer', (value) =>
      Number.isSafeInteger(value) && Number(value) >= facts.min && Number(value) <= facts.max
        ? undefined
        : `must be a whole number from ${facts.min} to ${facts.max}`,
    ),
  );

/** A whole number in a query: plain decimal digits, given once. */
export const QueryIntegerField = (
  facts: FieldFacts & { readonly min: number; readonly max: number; readonly default?: number },
): PropertyDecorator =>
  applyDecorators(
    documented(facts, {
      type: 'integer',
      ...(facts.max > 2 ** 31 ? { format: 'int64' } : { format: 'int32' }),
      minimum: facts.min,
      maximum: facts.max,
      ...(facts.default === undefined ? {} : { default: facts.default }),
    }),
    Transform(({ value }: { value: unknown }) => strictInteger(value)),
    presence(facts),
    Check('integer', (value) =>
      typeof value === 'number' && value >= facts.min && value <= facts.max
        ? undefined
        : `must be a whole number from ${facts.min} to ${facts.max}, given once`,
    ),
  );

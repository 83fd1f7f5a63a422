import { applyDecorators } from '@nestjs/common';
import { Type } from 'class-transformer';
import { ValidateBy, ValidateNested } from 'class-validator';

/** What is wrong with a value, as the rest of a sentence that begins with its key; undefined when nothing is. */
export type SettingCheck = (value: unknown, whole: object) => string | undefined;

/** One check of one key as a class-validator decorator. */
export const Setting = (check: SettingCheck): PropertyDecorator =>
  ValidateBy({
    name: 'setting',
    validator: {
      validate: (value, args) => check(value, args?.object ?? {}) === undefined,
      defaultMessage: (args) => check(args?.value, args?.object ?? {}) ?? '',
    },
  });

/** A mapping with keys of its own. */
export const Section = (type: () => new () => object): PropertyDecorator =>
  applyDecorators(Type(type), ValidateNested({ message: 'must be a mapping of keys to values' }));

export const whole =
  (min: number, max: number) =>
  (value: unknown): string | undefined =>
    typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max
      ? undefined
      : `must be a whole number from ${min} to ${max}`;

export const text =
  (min: number, max: number) =>
  (value: unknown): string | undefined =>
    typeof value === 'string' && value.length >= min && value.length <= max
      ? undefined
      : `must be a string of ${min} to ${max} characters`;

export const oneOf =
  (...words: readonly string[]) =>
  (value: unknown): string | undefined =>
    typeof value === 'string' && words.includes(value) ? undefined : `must be one of ${words.join(', ')}`;

export const flag = (value: unknown): string | undefined =>
  typeof value === 'boolean' ? undefined : 'must be true or false';

/** A name that Kafka takes for a topic, with room for the suffix of its dead letters. */
export const topicName = (value: unknown): string | undefined =>
  typeof value === 'string' && /^[A-Za-z0-9._-]{1,230}$/.test(value) && !/^\.{1,2}$/.test(value)
    ? undefined
    : 'must be 1 to 230 of A-Z a-z 0-9 . _ -';

/** The client of Kafka takes no literal IPv6 address. */
export const hostAndPort = (value: unknown): string | undefined =>
  typeof value === 'string' && /^[^\s:/@[\]]+:\d{1,5}$/.test(value) && value.length <= 300
    ? undefined
    : 'must be host:port';

export const replication = (value: unknown): string | undefined =>
  value === -1 || whole(1, 100)(value) === undefined ? undefined : 'must be -1 (as the broker does) or from 1 to 100';

/** A list without repeats, each element fine by `check`. */
export const listOf = (check: (value: unknown) => string | undefined, min: number) => (value: unknown) => {
  if (!Array.isArray(value)) return 'must be a list';
  if (value.length < min) return `must have at least ${min} element`;
  const wrong = value.findIndex((element) => check(element) !== undefined);
  if (wrong >= 0) return `has a wrong element at ${wrong}: it ${check(value[wrong]) ?? ''}`;
  return new Set(value).size === value.length ? undefined : 'must not name anything twice';
};

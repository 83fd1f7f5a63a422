import type { ArgumentMetadata, PipeTransform } from '@nestjs/common';
import type { ClassConstructor } from 'class-transformer';
import { validateRequest } from './validate-request.js';

const SUBJECT = { body: 'The body', query: 'The query', param: 'The path', custom: 'The value' } as const;

/** Checks every parameter of a handler that is typed by a DTO class. Synchronous: no promise per request. */
export class ValidationPipe implements PipeTransform {
  transform(value: unknown, { type, metatype }: ArgumentMetadata): unknown {
    if (type === 'custom' || !isDto(metatype)) return value;
    return validateRequest(metatype, value, SUBJECT[type]);
  }
}

const NATIVE: ReadonlySet<unknown> = new Set([String, Number, Boolean, Array, Object, Buffer]);

const isDto = (metatype: ArgumentMetadata['metatype']): metatype is ClassConstructor<object> =>
  metatype !== undefined && !NATIVE.has(metatype);

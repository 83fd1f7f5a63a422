import { applyDecorators } from '@nestjs/common';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional } from 'class-validator';
import { Check, TextField } from '../http/validation/fields.js';
import { cryptoTypeProblem, unsupported } from './sync-task.rules.js';

/** One half of a key pair; never shown again. */
export const SecretField = (description: string) => TextField({ description, min: 1, max: 100, secret: true });

type UnsupportedSchema = { type: 'string'; maxLength: number } | { type: 'object'; additionalProperties: true };

/** Known to the contract, not to this version: giving it is refused, because ignoring it would do something else. */
export const UnsupportedField = (schema: UnsupportedSchema, description: string, why: string): PropertyDecorator =>
  applyDecorators(
    ApiPropertyOptional({
      ...schema,
      description: `${description} Not supported in this version: refused when given.`,
    }),
    IsOptional(),
    Check('unsupported', unsupported(why)),
  );

/** DEFAULT is what everybody means; KMS would need a key service to open the keys with. */
export const CryptoTypeField = (whose: string): PropertyDecorator =>
  applyDecorators(
    ApiPropertyOptional({
      type: String,
      enum: ['DEFAULT'],
      default: 'DEFAULT',
      description: `How the ${whose} are encrypted in the request. KMS is not supported in this version.`,
    }),
    IsOptional(),
    Check('cryptoType', cryptoTypeProblem),
  );

/** Goes with KMS only. */
export const KmsKeyField = (whose: string) =>
  UnsupportedField(
    { type: 'string', maxLength: 36 },
    `Key that the ${whose} are encrypted with.`,
    'encrypted access keys are',
  );

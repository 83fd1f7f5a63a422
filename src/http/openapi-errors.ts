import { applyDecorators } from '@nestjs/common';
import { ApiExtraModels, ApiProperty, ApiResponse, getSchemaPath } from '@nestjs/swagger';
import { OMS_ERRORS, type OmsErrorKind } from '../kernel/oms-error.js';

/** The body of every error, for the OpenAPI document. */
export class OmsErrorBody {
  @ApiProperty({ type: String, description: 'What is wrong; names the field where it is one.' })
  readonly error_msg!: string;

  @ApiProperty({ type: String, example: 'OMS.0001' })
  readonly error_code!: string;
}

/** What every call with a body can be refused with before its handler runs. */
export const BODY_ERRORS = ['BODY_NOT_JSON', 'BODY_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE'] as const;

/**
 * Documents the refusals of a call, one response per HTTP status with the codes it can carry. Any call can meet a bug, or an
 * engine that is away.
 */
export function ApiOmsErrors(...kinds: readonly OmsErrorKind[]): ClassDecorator & MethodDecorator {
  const codesByStatus = new Map<number, Set<string>>();
  for (const kind of [...kinds, 'SERVICE_BUSY', 'INTERNAL'] as const) {
    const { http, code } = OMS_ERRORS[kind];
    codesByStatus.set(http, (codesByStatus.get(http) ?? new Set()).add(code));
  }
  const responses = [...codesByStatus]
    .sort(([a], [b]) => a - b)
    .map(([status, codes]) =>
      ApiResponse({
        status,
        description: [...codes].sort().join(', '),
        content: {
          'application/json': {
            schema: {
              allOf: [
                { $ref: getSchemaPath(OmsErrorBody) },
                { type: 'object', properties: { error_code: { type: 'string', enum: [...codes].sort() } } },
              ],
            },
          },
        },
      }),
    );
  return applyDecorators(ApiExtraModels(OmsErrorBody), ...responses);
}

import { BODY_ERRORS } from '../../http/openapi-errors.js';

/** What calls about tasks and groups can be refused with, by the part of the request that is at fault. */
export const PARAMETER_ERRORS = ['INVALID_PARAMETER', 'MISSING_PARAMETER'] as const;

export const BANDWIDTH_ERRORS = [
  'TOO_MANY_BANDWIDTH_RULES',
  'BANDWIDTH_OUT_OF_RANGE',
  'BANDWIDTH_RULES_OVERLAP',
  'TIME_SEGMENT_NOT_VALID',
] as const;

/** Keys given anew. */
export const KEY_ERRORS = [...PARAMETER_ERRORS, 'CDN_KEY_MISSING'] as const;

export const CREATION_ERRORS = [
  ...KEY_ERRORS,
  ...BODY_ERRORS,
  ...BANDWIDTH_ERRORS,
  'FORBIDDEN_CHARACTER',
  'INVALID_SOURCE',
  'INVALID_DESTINATION',
  'SOURCE_REGION_UNKNOWN',
  'DESTINATION_REGION_UNKNOWN',
  'DOMAIN_NOT_VALID',
  'TOPIC_NOT_FOUND',
] as const;

/** Every refusal of the API: its OMS code and HTTP status in one table. Codes are those of the OMS API reference. */
export const OMS_ERRORS = {
  INVALID_PARAMETER: { code: 'OMS.0001', http: 400 },
  ROUTE_NOT_FOUND: { code: 'OMS.0004', http: 404 },
  METHOD_NOT_ALLOWED: { code: 'OMS.0005', http: 405 },
  INVALID_SOURCE: { code: 'OMS.0057', http: 400 },
  INVALID_DESTINATION: { code: 'OMS.0058', http: 400 },
  TASK_IN_PROGRESS: { code: 'OMS.0063', http: 400 },
  TASK_ALREADY_STARTED: { code: 'OMS.0065', http: 400 },
  TASK_NOT_RUNNING: { code: 'OMS.0066', http: 400 },
  BODY_NOT_JSON: { code: 'OMS.0067', http: 400 },
  BODY_TOO_LARGE: { code: 'OMS.0064', http: 413 },
  UNKNOWN_FIELD: { code: 'OMS.0074', http: 400 },
  UNSUPPORTED_MEDIA_TYPE: { code: 'OMS.0074', http: 415 },
  TASK_QUOTA_EXCEEDED: { code: 'OMS.0077', http: 400 },
  FORBIDDEN_CHARACTER: { code: 'OMS.0078', http: 400 },
  SOURCE_REGION_UNKNOWN: { code: 'OMS.0079', http: 400 },
  DESTINATION_REGION_UNKNOWN: { code: 'OMS.0080', http: 400 },
  TASK_NOT_FOUND: { code: 'OMS.1009', http: 404 },
  NO_TASK_TO_OPERATE: { code: 'OMS.1009', http: 400 },
  TASK_COMPLETED: { code: 'OMS.0070', http: 400 },
  TASK_NOT_DELETABLE: { code: 'OMS.0073', http: 400 },
  DOMAIN_NOT_VALID: { code: 'OMS.0081', http: 400 },
  TOO_MANY_BANDWIDTH_RULES: { code: 'OMS.0083', http: 400 },
  BANDWIDTH_OUT_OF_RANGE: { code: 'OMS.0084', http: 400 },
  BANDWIDTH_RULES_OVERLAP: { code: 'OMS.0085', http: 400 },
  BANDWIDTH_NOT_UPDATABLE: { code: 'OMS.0086', http: 400 },
  TIME_SEGMENT_NOT_VALID: { code: 'OMS.0087', http: 400 },
  FAILED_LIST_NOT_FOUND: { code: 'OMS.0167', http: 400 },
  TOPIC_NOT_FOUND: { code: 'OMS.0169', http: 400 },
  FAILED_LIST_INCOMPLETE: { code: 'OMS.0308', http: 400 },
  DAILY_TASK_QUOTA_EXCEEDED: { code: 'OMS.1021', http: 400 },
  CDN_KEY_MISSING: { code: 'OMS.1032', http: 400 },
  TASK_GROUP_NOT_FOUND: { code: 'OMS.1009', http: 404 },
  NO_TASK_GROUP_TO_OPERATE: { code: 'OMS.1009', http: 400 },
  TASK_GROUP_NOT_OPERABLE: { code: 'OMS.1036', http: 400 },
  DAILY_TASK_GROUP_QUOTA_EXCEEDED: { code: 'OMS.1037', http: 400 },
  TASK_GROUP_NOT_EXECUTING: { code: 'OMS.1038', http: 400 },
  TASK_GROUP_NOT_PAUSED: { code: 'OMS.1039', http: 400 },
  TASK_GROUP_NOT_FAILED: { code: 'OMS.1040', http: 400 },
  NOT_AUTHENTICATED: { code: 'OMS.1005', http: 401 },
  INTERNAL: { code: 'OMS.1001', http: 500 },
  MISSING_PARAMETER: { code: 'OMS.1004', http: 400 },
  DEAD_LETTER_NOT_FOUND: { code: 'OMS.1009', http: 404 },
  SYNC_TASK_NOT_FOUND: { code: 'OMS.2002', http: 404 },
  SYNC_TASK_NOT_SYNCHRONIZING: { code: 'OMS.2002', http: 400 },
  FORBIDDEN: { code: 'OMS.0206', http: 403 },
  SERVICE_BUSY: { code: 'OMS.2004', http: 503 },
} as const satisfies Record<string, { code: `OMS.${string}`; http: number }>;

export type OmsErrorKind = keyof typeof OMS_ERRORS;

/** A refusal the API caller is told about. Never wraps a bug; message and details never hold keys, tokens or signed URLs. */
export class OmsError extends Error {
  override readonly name = 'OmsError';

  constructor(
    readonly kind: OmsErrorKind,
    message: string,
    readonly details: Readonly<Record<string, string | number>> = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
  }

  get code(): string {
    return OMS_ERRORS[this.kind].code;
  }

  get httpStatus(): number {
    return OMS_ERRORS[this.kind].http;
  }
}

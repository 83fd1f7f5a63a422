import type { ClassConstructor } from 'class-transformer';
import { validateRequest } from '../../src/http/validation/validate-request.js';
import { OmsError } from '../../src/kernel/oms-error.js';

export const SOURCE = {
  ...{ cloud_type: 'AWS', region: 'r1', bucket: 'from', ak: 'ak1', sk: 'sk1', object_key: ['a/', 'b'] },
} as const;
export const DESTINATION = { region: 'r2', bucket: 'to', ak: 'ak2', sk: 'sk2' } as const;
export const LIST_FILE = { list_file_key: 'lists/objects.txt', obs_bucket: 'my-lists' } as const;
export const CDN = { domain: 'cdn.example.com', protocol: 'HTTPS', authentication_type: 'NONE' } as const;
export const SMN = { topic_urn: 'urn:topic', trigger_conditions: ['SUCCESS'] } as const;
export const RULE = { start: '08:00', end: '10:00', max_bandwidth: 1_048_576 } as const;
export const NEW_KEYS = { src_ak: 'ak3', src_sk: 'sk3', dst_ak: 'ak4', dst_sk: 'sk4' } as const;

/** The least that a task can be created with. */
export const TASK_BODY = { src_node: SOURCE, dst_node: DESTINATION };

/** The body with one field, named by its path, set to a value; undefined leaves it out. */
export function withField(body: object, path: string, value: unknown): object {
  const [first = '', ...rest] = path.split('.');
  if (rest.length === 0) return { ...body, [first]: value };
  const inner = Object.entries(body).find(([name]) => name === first)?.[1] as object | undefined;
  return { ...body, [first]: withField(inner ?? {}, rest.join('.'), value) };
}

/** `field code` of the refusal that `act` ends in; undefined when it is not refused. */
export function refusalOf(act: () => unknown): string | undefined {
  try {
    act();
  } catch (error) {
    if (error instanceof OmsError) return `${String(error.details.field)} ${error.code}`;
    throw error;
  }
  return undefined;
}

export const refusalOfBody = (type: ClassConstructor<object>, body: unknown): string | undefined =>
  refusalOf(() => validateRequest(type, body));

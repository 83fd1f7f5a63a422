import { plainToInstance, type ClassConstructor } from 'class-transformer';
import { validateSync, type ValidationError } from 'class-validator';
import { OMS_ERRORS, OmsError, type OmsErrorKind } from '../../kernel/oms-error.js';
import { isStrict } from './strict-fields.js';

interface Problem {
  readonly path: string;
  readonly message: string;
  readonly kind: OmsErrorKind;
}

/** A missing field is told first, then the general refusals, then those with a code of their own. */
const RANK: Partial<Record<OmsErrorKind, number>> = { MISSING_PARAMETER: 0, INVALID_PARAMETER: 1 };
const rankOf = ({ kind }: Problem): number => RANK[kind] ?? 2;

/**
 * Makes a checked instance of `type` of what came in. Unknown fields are dropped, since newer clients may send them; a
 * `StrictFields` type refuses them. A null counts as an absent field, at any depth. Throws an `OmsError` that names the first
 * wrong field and what is allowed.
 */
export function validateRequest<T extends object>(type: ClassConstructor<T>, input: unknown, what = 'The body'): T {
  const instance = plainToInstance(type, fieldsOf(input, what));
  const options = { whitelist: true, forbidNonWhitelisted: isStrict(type), forbidUnknownValues: false };
  const errors = validateSync(instance, options);
  if (errors.length > 0) throw refusal(errors);
  return instance;
}

/** The one mapping of class-validator's findings to a refusal of the API. */
export function refusal(errors: readonly ValidationError[]): OmsError {
  const [first] = errors.flatMap((error) => problemsOf(error, '')).sort((a, b) => rankOf(a) - rankOf(b));
  if (first === undefined) return new OmsError('INVALID_PARAMETER', 'The request is not valid');
  const { path, message, kind } = first;
  return new OmsError(kind, `${path}${message.startsWith('[') ? '' : ' '}${message}`, { field: path });
}

function problemsOf(error: ValidationError, parent: string): Problem[] {
  const path = pathOf(parent, error.property);
  const own = Object.entries(error.constraints ?? {}).map(([name, message]): Problem =>
    name === 'whitelistValidation'
      ? { path, message: 'is no field of this call', kind: 'UNKNOWN_FIELD' }
      : { path, message, kind: kindOf(error.contexts?.[name]) },
  );
  // Parts of what is wrong as a whole say nothing: an array in place of an object has no fields to miss.
  return own.length > 0 ? own : (error.children ?? []).flatMap((child) => problemsOf(child, path));
}

function pathOf(parent: string, property: string): string {
  if (parent === '') return property;
  return /^\d+$/.test(property) ? `${parent}[${property}]` : `${parent}.${property}`;
}

function kindOf(context: unknown): OmsErrorKind {
  const kind = typeof context === 'object' && context !== null && 'kind' in context ? context.kind : undefined;
  return isKind(kind) ? kind : 'INVALID_PARAMETER';
}

const isKind = (kind: unknown): kind is OmsErrorKind => typeof kind === 'string' && Object.hasOwn(OMS_ERRORS, kind);

function fieldsOf(input: unknown, what: string): object {
  if (input === undefined) return {};
  if (typeof input !== 'object' || input === null || Array.isArray(input))
    throw new OmsError('INVALID_PARAMETER', `${what} must be a JSON object`);
  return withoutNulls(input);
}

const MAX_DEPTH = 8;

/** Deeper than any field of the API lies nothing is looked at, and nothing read either. */
function withoutNulls(fields: object, depth = 1): object {
  const given = Object.entries(fields).filter(([, value]) => value !== null && value !== undefined);
  return Object.fromEntries(given.map(([name, value]) => [name, cleared(value, depth)]));
}

function cleared(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null || depth === MAX_DEPTH) return value;
  return Array.isArray(value) ? value.map((item) => cleared(item, depth + 1)) : withoutNulls(value, depth + 1);
}

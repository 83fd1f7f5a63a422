const DECIMAL = /^-?[0-9]{1,15}$/;

/** Decimal digits as a number; anything else (`1e3`, ` 1`, `0x10`, a repeated parameter's array) stays what it is. */
export const strictInteger = (value: unknown): unknown =>
  typeof value === 'string' && DECIMAL.test(value) ? Number(value) : value;

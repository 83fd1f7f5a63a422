/** Ends a `switch` over a union: the compiler lists what is missing, and at run time an unknown value stops loudly. */
export function assertNever(value: never): never {
  throw new Error(`Unexpected value: ${JSON.stringify(value)}`);
}

/** Asked through a function, because the compiler takes a flag that was read once for settled across an await. */
export const hasEnded = (signal: AbortSignal): boolean => signal.aborted;

/** What a suite measured: figures by name, with their units. */
export interface BenchResult {
  readonly name: string;
  readonly figures: Readonly<Record<string, number | string>>;
}

/** How a suite is run. */
export interface BenchOptions {
  /** Less of everything, for a look in a minute. */
  readonly quick: boolean;
}

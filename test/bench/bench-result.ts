/** What a suite measured: figures by name, with their units. */
export interface BenchResult {
  readonly name: string;
  readonly figures: Readonly<Record<string, number | string>>;
}

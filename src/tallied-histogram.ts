import { Histogram, type HistogramConfiguration, type LabelValues } from 'prom-client';

/** What was observed under one set of labels. */
export class Tally<T extends string> {
  private readonly within: number[];
  private sum = 0;
  private count = 0;

  constructor(
    private readonly labels: LabelValues<T>,
    private readonly bounds: readonly number[],
  ) {
    this.within = bounds.map(() => 0);
  }

  observe(value: number): void {
    this.count++;
    this.sum += value;
    let at = 0;
    while (value > (this.bounds[at] ?? Infinity)) at++;
    if (at < this.within.length) this.within[at] = (this.within[at] ?? 0) + 1;
  }

  /** As prom-client shows them: every bucket counts the smaller ones too. */
  values(name: string): { labels: LabelValues<T>; value: number; metricName: string }[] {
    const { labels } = this;
    let value = 0;
    const buckets = this.bounds.map((le, at) => {
      value += this.within[at] ?? 0;
      return { labels: { le, ...labels }, value, metricName: `${name}_bucket` };
    });
    return [
      ...buckets,
      { labels: { le: '+Inf', ...labels }, value: this.count, metricName: `${name}_bucket` },
      { labels, value: this.sum, metricName: `${name}_sum` },
      { labels, value: this.count, metricName: `${name}_count` },
    ];
  }
}

/**
 * A histogram for what happens many thousand times a second. The usual one makes a text of the labels of every observation to
 * find its row; here the row is kept by whoever observes.
 */
export class TalliedHistogram<T extends string> extends Histogram<T> {
  private readonly plain: Histogram<T>;
  private readonly tallies: Tally<T>[] = [];
  private readonly bounds: readonly number[];

  constructor(private readonly configuration: HistogramConfiguration<T> & { readonly buckets: number[] }) {
    super(configuration);
    this.plain = new Histogram({ ...configuration, registers: [] });
    this.bounds = configuration.buckets;
  }

  /** Once for every set of labels. */
  tally(labels: LabelValues<T>): Tally<T> {
    const tally = new Tally(labels, this.bounds);
    this.tallies.push(tally);
    return tally;
  }

  override async get(): ReturnType<Histogram<T>['get']> {
    const { name } = this.configuration;
    return { ...(await this.plain.get()), values: this.tallies.flatMap((tally) => tally.values(name)) };
  }

  /** What registries ask for in the place of `get` when they write text. */
  getForPromString(): ReturnType<Histogram<T>['get']> {
    return this.get();
  }
}

export interface CheckResult {
  readonly ok: boolean;
  /** For people; without secrets. */
  readonly detail?: string;
}

export interface NamedCheck extends CheckResult {
  readonly name: string;
}

export interface Readiness {
  readonly ready: boolean;
  readonly checks: readonly NamedCheck[];
}

/** What must be well before this process should get requests. Every part registers its own check. */
export class ReadinessRegistry {
  private readonly checks = new Map<string, () => Promise<CheckResult>>();

  constructor(private readonly timeoutMs = 1000) {}

  /** A second check of the same name is a bug. */
  register(name: string, check: () => Promise<CheckResult>): void {
    if (this.checks.has(name)) throw new Error(`Readiness check ${name} is registered already`);
    this.checks.set(name, check);
  }

  /** Runs all checks at once. One that rejects or is too slow has failed; this never rejects. */
  async run(): Promise<Readiness> {
    const entries = [...this.checks];
    const checks = await Promise.all(entries.map(([name, check]) => this.runOne(name, check)));
    return { ready: checks.every(({ ok }) => ok), checks };
  }

  private async runOne(name: string, check: () => Promise<CheckResult>): Promise<NamedCheck> {
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<CheckResult>((resolve) => {
      timer = setTimeout(() => resolve({ ok: false, detail: `no answer within ${this.timeoutMs} ms` }), this.timeoutMs);
    });
    const checked = (async () => check())().catch(() => ({ ok: false, detail: 'the check failed' }));
    const { ok, detail } = await Promise.race([checked, timeout]);
    clearTimeout(timer);
    return { name, ok, ...(detail === undefined ? {} : { detail }) };
  }
}

/** A plain client of the sync-task API, as any HTTP client would call it. */
export interface ApiAnswer<T = unknown> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: T;
}

export interface LedgerAnswer {
  readonly requested: { readonly objects: number; readonly bytes: number };
  readonly synced: { readonly objects: number; readonly bytes: number };
  readonly failed: { readonly objects: number; readonly bytes: number };
  readonly ignored: { readonly objects: number; readonly bytes: number };
  readonly pending: { readonly objects: number };
  readonly position: string | null;
  readonly balanced: boolean;
}

export class ApiClient {
  constructor(
    readonly baseUrl: string,
    readonly projectId = 'demo',
  ) {}

  async call<T>(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<ApiAnswer<T>> {
    const response = await fetch(`${this.baseUrl}${path}`, {
      method,
      headers: { 'content-type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: (text === '' ? undefined : JSON.parse(text)) as T,
    };
  }

  /** Under `/v2/{project_id}/sync-tasks`. */
  tasks<T>(method: string, path = '', body?: unknown, headers?: Record<string, string>): Promise<ApiAnswer<T>> {
    return this.call<T>(method, `/v2/${this.projectId}/sync-tasks${path}`, body, headers);
  }

  async createTask(body: object): Promise<string> {
    const answer = await this.tasks<{ sync_task_id: string }>('POST', '', body);
    if (answer.status !== 200) throw new Error(`Creating a task: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body.sync_task_id;
  }

  /** Posts keys, URL-encoded, at most 100 at once; waits and tries again while the service is busy. */
  async sync(taskId: string, keys: readonly string[], patienceMs = 60_000): Promise<void> {
    const giveUpAt = Date.now() + patienceMs;
    for (let start = 0; start < keys.length; start += 100) {
      const objectKeys = keys.slice(start, start + 100).map((key) => encodeURIComponent(key));
      for (;;) {
        const { status, body } = await this.tasks('POST', `/${taskId}/events`, { object_keys: objectKeys });
        if (status === 200) break;
        if (status !== 503 || Date.now() > giveUpAt)
          throw new Error(`Posting events: ${status} ${JSON.stringify(body)}`);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  }

  async ledger(taskId: string): Promise<LedgerAnswer> {
    return (await this.tasks<LedgerAnswer>('GET', `/${taskId}/ledger`)).body;
  }

  /** Polls the ledger until `requested` objects are accounted for; `onProgress` is told of every look. */
  async settled(
    taskId: string,
    requested: number,
    timeoutMs = 60_000,
    onProgress: (ledger: LedgerAnswer) => void = () => undefined,
  ): Promise<LedgerAnswer> {
    const giveUpAt = Date.now() + timeoutMs;
    for (;;) {
      const ledger = await this.ledger(taskId);
      onProgress(ledger);
      if (ledger.requested.objects >= requested && ledger.pending.objects === 0) return ledger;
      if (Date.now() > giveUpAt) throw new Error(`Not settled within ${timeoutMs} ms: ${JSON.stringify(ledger)}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

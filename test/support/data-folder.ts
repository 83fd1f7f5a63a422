import Database from 'better-sqlite3';
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';

const ROOT = path.resolve(import.meta.dirname, '../..');

/** The data folder of a service, looked at from outside. */
export class DataFolder {
  readonly path: string;

  constructor(
    private readonly serviceFolder: string,
    /** Variables of the service. */
    private readonly serviceEnv: Readonly<Record<string, string>> = {},
  ) {
    this.path = path.join(serviceFolder, 'data');
  }

  /** Ciphertext of every credential that is still in the log, by stream. */
  sealedKeys(): ReadonlyMap<string, string> {
    const db = new Database(path.join(this.path, 'events.db'), { readonly: true });
    try {
      const rows = db
        .prepare<[], { name: string; data: string }>(
          `SELECT streams.name, events.data FROM events JOIN streams ON streams.id = events.stream
           WHERE streams.name LIKE 'credential-%'`,
        )
        .all();
      return new Map(rows.map(({ name, data }) => [name, ciphertextOf(data)]));
    } finally {
      db.close();
    }
  }

  /** Names of the files that hold these bytes. */
  filesWith(text: string): readonly string[] {
    const files = readdirSync(this.path, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const names = files.map((entry) => path.join(entry.parentPath, entry.name));
    return names.filter((name) => readFileSync(name).includes(text)).map((name) => path.relative(this.path, name));
  }

  dropViews(): void {
    for (const name of readdirSync(this.path)) if (name.startsWith('views.db')) rmSync(path.join(this.path, name));
  }

  /** Runs the rebuild program, as `npm run rebuild` does. */
  rebuild(): Promise<{ readonly code: number | string; readonly output: string }> {
    const env = { PATH: process.env.PATH ?? '', ...this.serviceEnv, OPENOMS_DATA_DIR: this.path };
    const options = { cwd: this.serviceFolder, env, timeout: 60_000 };
    return new Promise((resolve) => {
      execFile(process.execPath, [path.join(ROOT, 'dist/rebuild.js')], options, (error, stdout, stderr) =>
        resolve({ code: error?.code ?? 0, output: stdout + stderr }),
      );
    });
  }
}

function ciphertextOf(data: string): string {
  const { envelope } = JSON.parse(data) as { envelope: { ciphertext: string } };
  return envelope.ciphertext;
}

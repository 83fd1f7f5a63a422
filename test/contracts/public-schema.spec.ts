import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const ROOT = path.resolve(import.meta.dirname, '../..');
const BUF = path.join(ROOT, 'node_modules/@bufbuild/buf/bin/buf');
const BASELINE = path.join(ROOT, 'test/fixtures/proto/baseline.json');

/** Runs buf in a folder of schemas; answers its exit code and what it said. */
async function buf(cwd: string, ...args: string[]): Promise<{ code: number; said: string }> {
  const env = { ...process.env, BUF_CACHE_DIR: path.join(cwd, '.cache') };
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [BUF, ...args], { cwd, env });
    return { code: 0, said: stdout };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, said: stdout + stderr };
  }
}

describe('the schema of the public messages', () => {
  let folder: string;
  const compared = () => buf(folder, 'breaking', '--against', BASELINE);
  const change = (file: string, from: string, to: string) => {
    const name = path.join(folder, 'openoms/v1', file);
    const before = readFileSync(name, 'utf8');
    expect(before).toContain(from);
    writeFileSync(name, before.replace(from, to));
  };

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'openoms-schema-'));
    cpSync(path.join(ROOT, 'proto'), folder, { recursive: true });
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('is what the baseline holds; after a wanted change `npm run proto:baseline` renews it', async () => {
    const { code, said } = await buf(folder, 'build', '--exclude-source-info', '--output', '-#format=json');
    expect(code).toBe(0);
    expect(JSON.parse(said)).toEqual(JSON.parse(readFileSync(BASELINE, 'utf8')));
  });

  it('may get another field', async () => {
    const last = 'bool not_started = 9;';
    change('sync_outcome.proto', last, `${last}\n  // How often it was tried.\n  uint32 attempts = 10;`);
    expect(await compared()).toEqual({ code: 0, said: '' });
  });

  it.each([
    ['a field that is gone', 'sync_event.proto', '  string sync_task_id = 2;\n', '', 'sync_task_id'],
    ['a field with another number', 'sync_event.proto', 'object_keys = 3', 'object_keys = 4', 'object_keys'],
    ['a field with another name', 'sync_outcome.proto', 'string code = 6', 'string store_code = 6', 'store_code'],
    ['a field of another type', 'sync_outcome.proto', 'optional uint64', 'optional string', 'size_bytes'],
    ['a value that is gone', 'sync_outcome.proto', '  OBJECT_RESULT_IGNORED = 2;\n', '', 'ObjectResult'],
  ])('does not pass with %s', async (_what, file, from, to, named) => {
    change(file, from, to);
    const { code, said } = await compared();
    expect({ code, named: said.includes(named), said }).toEqual({ code: 100, named: true, said });
  });
});

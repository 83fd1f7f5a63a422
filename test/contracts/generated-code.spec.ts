import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const ROOT = path.resolve(import.meta.dirname, '../..');

describe('the code generated from the schemas', () => {
  let folder: string;
  const generated = () => path.join(folder, 'src/wire/generated');
  const generate = async () => {
    const child = spawn(process.execPath, [path.join(folder, 'proto/generate.mjs')], { stdio: 'ignore' });
    const [code] = (await once(child, 'exit')) as [number | null];
    return code;
  };
  const files = () => readdirSync(generated(), { recursive: true, encoding: 'utf8' }).sort();
  const eventCode = () => path.join(generated(), 'openoms/v1/sync_event_pb.ts');

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'openoms-generate-'));
    cpSync(path.join(ROOT, 'proto'), path.join(folder, 'proto'), { recursive: true });
    symlinkSync(path.join(ROOT, 'node_modules'), path.join(folder, 'node_modules'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('comes out whole when several processes make it at once, and is left alone when it is current', async () => {
    expect(await Promise.all([generate(), generate(), generate()])).toEqual([0, 0, 0]);
    const code = ['openoms/v1/sync_event_pb.ts', 'openoms/v1/sync_outcome_pb.ts'];
    expect(files()).toEqual(['.stamp.json', 'openoms', 'openoms/v1', ...code]);
    const before = statSync(eventCode(), { bigint: true });
    expect(await generate()).toBe(0);
    expect(statSync(eventCode(), { bigint: true })).toMatchObject({ ino: before.ino, mtimeNs: before.mtimeNs });
  });

  it('is made again when a schema or the code itself was changed', async () => {
    await generate();
    const whole = readFileSync(eventCode(), 'utf8');
    appendFileSync(eventCode(), 'damage');
    await generate();
    expect(readFileSync(eventCode(), 'utf8')).toBe(whole);
    appendFileSync(path.join(folder, 'proto/openoms/v1/sync_event.proto'), '// Of its own.\nmessage Another {}\n');
    await generate();
    expect(readFileSync(eventCode(), 'utf8')).toContain('AnotherSchema');
  });

  it('is not touched by a schema that is wrong', async () => {
    await generate();
    const whole = readFileSync(eventCode(), 'utf8');
    appendFileSync(path.join(folder, 'proto/openoms/v1/sync_event.proto'), 'message {');
    expect(await generate()).not.toBe(0);
    expect(readFileSync(eventCode(), 'utf8')).toBe(whole);
  });
});

import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { LocalStore } from './local-store.js';

const { signal } = new AbortController();

describe('a local folder as a bucket', () => {
  let base: string;
  let root: string;
  let store: LocalStore;
  const at = (...names: string[]) => join(root, 'bucket', ...names);
  const put = (key: string, content: string) => store.put(key, Buffer.from(content), { size: content.length }, signal);
  const keys = async () => {
    const all: string[] = [];
    for await (const { key } of store.list('', undefined, signal)) all.push(key);
    return all;
  };
  const invalid = expect.objectContaining({ name: 'StoreError', kind: 'invalid' }) as unknown;

  beforeEach(() => {
    base = mkdtempSync(join(tmpdir(), 'openoms-local-'));
    root = join(base, 'root');
    mkdirSync(at(), { recursive: true });
    mkdirSync(join(base, 'outside'));
    writeFileSync(join(base, 'outside', 'secret'), 'secret');
    store = new LocalStore({ root, bucket: 'bucket' });
  });
  afterEach(() => rmSync(base, { recursive: true }));

  it.each([
    '../outside/secret',
    'a/../../../outside/secret',
    '/etc/passwd',
    'a\0b',
    '.openoms-tmp/x',
    'a/\ud800',
    'é'.repeat(128),
  ])('refuses the key %j for every call', async (key) => {
    await expect(store.head(key, signal)).rejects.toEqual(invalid);
    await expect(store.open(key, {}, signal)).rejects.toEqual(invalid);
    await expect(put(key, 'x')).rejects.toEqual(invalid);
    await expect(store.delete(key, signal)).rejects.toEqual(invalid);
    expect(readdirSync(at())).toEqual([]);
  });

  it('follows no symbolic link, of a file or of a folder', async () => {
    symlinkSync(join(base, 'outside', 'secret'), at('file'));
    symlinkSync(join(base, 'outside'), at('folder'));
    await put('real', 'x');
    for (const key of ['file', 'folder/secret', 'folder/new']) {
      await expect(store.head(key, signal)).rejects.toEqual(invalid);
      await expect(store.open(key, {}, signal)).rejects.toEqual(invalid);
      await expect(put(key, 'overwritten')).rejects.toEqual(invalid);
      await expect(store.delete(key, signal)).rejects.toEqual(invalid);
    }
    expect(await keys()).toEqual(['real']);
    expect(store.skipped.symbolicLinks).toBe(2);
    expect(readdirSync(join(base, 'outside'))).toEqual(['secret']);
    expect(readFileSync(join(base, 'outside', 'secret'), 'utf8')).toBe('secret');
  });

  it('does not write through a link in place of its work folder', async () => {
    symlinkSync(join(base, 'outside'), at('.openoms-tmp'));
    await expect(put('k', 'x')).rejects.toEqual(invalid);
    expect(readdirSync(join(base, 'outside'))).toEqual(['secret']);
  });

  it.each(['..', '.', '', 'a/b', '../outside', 'link', 'file'])('has no bucket %j', async (bucket) => {
    symlinkSync(join(base, 'outside'), join(root, 'link'));
    writeFileSync(join(root, 'file'), '');
    const other = new LocalStore({ root, bucket });
    await expect(other.head('secret', signal)).rejects.toMatchObject({ kind: 'no-such-bucket' });
  });

  it('may be below a root that is a link: that is the word of the operator', async () => {
    symlinkSync(root, join(base, 'mounted'));
    await put('k', 'x');
    const other = new LocalStore({ root: join(base, 'mounted'), bucket: 'bucket' });
    expect((await other.head('k', signal)).size).toBe(1);
  });

  it('removes unfinished files of a day ago, and lists none', async () => {
    mkdirSync(at('.openoms-tmp'));
    writeFileSync(at('.openoms-tmp', 'old'), '');
    writeFileSync(at('.openoms-tmp', 'young'), '');
    const dayAgo = new Date(Date.now() - 25 * 3600_000);
    utimesSync(at('.openoms-tmp', 'old'), dayAgo, dayAgo);
    expect(await keys()).toEqual([]);
    await put('k', 'x');
    expect(readdirSync(at('.openoms-tmp'))).toEqual(['young']);
    expect(await keys()).toEqual(['k']);
  });

  it('leaves no unfinished file when a put fails', async () => {
    await expect(store.put('a/k', Readable.from([Buffer.from('12')]), { size: 3 }, signal)).rejects.toThrow();
    expect(readdirSync(at('.openoms-tmp'))).toEqual([]);
    expect(existsSync(at('a'))).toBe(false);
  });

  it('refuses a key below a file, and takes it once the file is gone', async () => {
    await put('a', 'x');
    await expect(put('a/b', 'x')).rejects.toEqual(invalid);
    await store.delete('a', signal);
    await put('a/b/c', 'x');
    await expect(put('a', 'x')).rejects.toEqual(invalid);
    await store.delete('a/b/c', signal);
    await put('a', 'y');
    expect(await keys()).toEqual(['a']);
  });

  it('passes over names that are no keys, and things that are no files', async () => {
    await put('k', 'x');
    writeFileSync(Buffer.concat([Buffer.from(`${at()}/`), Buffer.from([0xff, 0xfe])]), 'x');
    mkdirSync(Buffer.concat([Buffer.from(`${at()}/`), Buffer.from([0xc3, 0x28])]));
    execFileSync('mkfifo', [at('pipe')]);
    expect(await keys()).toEqual(['k']);
    expect(store.skipped).toEqual({ symbolicLinks: 0, notUtf8: 2, special: 1 });
    await expect(store.open('pipe', {}, signal)).rejects.toMatchObject({ kind: 'not-found' });
  });

  it('notices a file that is cut or written to while it is read', async () => {
    const content = 'x'.repeat(3_000_000);
    await put('k', content);
    const cut = await store.open('k', {}, signal);
    writeFileSync(at('k'), 'short');
    await expect(cut.body.toArray()).rejects.toMatchObject({ kind: 'connection' });
    writeFileSync(at('k'), content);
    const changed = await store.open('k', {}, signal);
    writeFileSync(at('k'), content.replaceAll('x', 'y'));
    utimesSync(at('k'), new Date(0), new Date(0));
    await expect(changed.body.toArray()).rejects.toMatchObject({ kind: 'changed' });
  });

  it('closes its files, read or not', async () => {
    await put('a/k', 'content');
    const before = readdirSync('/proc/self/fd').length;
    for (let round = 0; round < 20; round++) {
      const { body } = await store.open('a/k', {}, signal);
      const closed = new Promise((resolve) => body.once('close', resolve));
      if (round % 2 === 0) body.destroy();
      else await body.toArray();
      await closed;
      await expect(store.head('a/nope', signal)).rejects.toThrow();
      for await (const { key } of store.list('', undefined, signal)) if (key === 'a/k') break;
    }
    await new Promise((resolve) => setImmediate(resolve));
    expect(readdirSync('/proc/self/fd').length).toBeLessThanOrEqual(before + 2);
  });

  it('writes and deletes neighbours at once without losing one', async () => {
    const round = async (at: number) => {
      await put(`dir/${at}/k`, 'x');
      await store.delete(`dir/${at}/k`, signal);
      await put(`dir/${at % 3}-stays/k${at}`, 'x');
    };
    await Promise.all(Array.from({ length: 30 }, (_, at) => round(at)));
    expect(await keys()).toHaveLength(30);
  });
});

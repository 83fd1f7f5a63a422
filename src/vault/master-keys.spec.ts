import { chmod, link, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { loadMasterKeys } from './load-master-keys.js';
import { MasterKeys } from './master-keys.js';

const keyOf = (byte: number): string => Buffer.alloc(32, byte).toString('base64');

let dataDir: string;
let file: string;
beforeEach(async () => {
  dataDir = join(await mkdtemp(join(tmpdir(), 'openoms-keys-')), 'data');
  file = join(dataDir, 'master.key');
});
afterEach(() => rm(join(dataDir, '..'), { recursive: true }));

const written = async (text: string, mode = 0o600): Promise<void> => {
  await mkdir(dataDir, { recursive: true });
  await writeFile(file, text);
  await chmod(file, mode);
};

describe('master keys', () => {
  it('seal with the first and open with all of them', () => {
    const [one, two] = [new MasterKeys(keyOf(1), 'x'), new MasterKeys(keyOf(2), 'x')];
    const both = new MasterKeys(` ${keyOf(1)} , ${keyOf(2)}`, 'x');
    expect(both.sealing.id).toBe(one.sealing.id);
    expect(both.find(two.sealing.id)?.id).toBe(two.sealing.id);
    expect(one.find(two.sealing.id)).toBeUndefined();
  });

  it.each([
    '',
    ' , ',
    'secret',
    keyOf(1).slice(4),
    `${keyOf(1)}AAAA`,
    Buffer.alloc(16, 1).toString('base64'),
    keyOf(1).slice(0, -1),
  ])('refuse %p without repeating it', (text) => {
    expect(() => new MasterKeys(text, 'OPENOMS_MASTER_KEY')).toThrow(/^OPENOMS_MASTER_KEY (must be base64|holds no)/);
  });

  it('do not show themselves', () => {
    const shown =
      inspect(new MasterKeys(keyOf(65), 'x'), { depth: 9, showHidden: true }) +
      JSON.stringify(new MasterKeys(keyOf(65), 'x'));
    expect(shown).not.toContain(keyOf(65));
    expect(shown).not.toContain('A'.repeat(32));
    expect(shown).not.toContain('41 41 41');
  });
});

describe('the key file', () => {
  it('is not looked at when a key is given', async () => {
    expect((await loadMasterKeys({ masterKey: keyOf(1), dataDir })).sealing.id).toBe(
      new MasterKeys(keyOf(1), 'x').sealing.id,
    );
    await expect(stat(dataDir)).rejects.toThrow('ENOENT');
  });

  it('is created by the first start for its owner alone, and read by the next', async () => {
    const first = await loadMasterKeys({ dataDir });
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readdir(dataDir)).toEqual(['master.key']);
    expect((await readFile(file, 'utf8')).trim()).toHaveLength(44);
    expect((await loadMasterKeys({ dataDir })).sealing.id).toBe(first.sealing.id);
  });

  it('is the same for starts at the same moment', async () => {
    const all = await Promise.all(Array.from({ length: 8 }, () => loadMasterKeys({ dataDir })));
    expect(new Set(all.map(({ sealing }) => sealing.id)).size).toBe(1);
    expect(await readdir(dataDir)).toEqual(['master.key']);
  });

  it('may hold several keys', async () => {
    await written(`${keyOf(2)}\n${keyOf(1)}\n`);
    const keys = await loadMasterKeys({ dataDir });
    expect(keys.sealing.id).toBe(new MasterKeys(keyOf(2), 'x').sealing.id);
    expect(keys.find(new MasterKeys(keyOf(1), 'x').sealing.id)).toBeDefined();
  });

  it.each([0o640, 0o604, 0o666])('is refused when others may use it (%p)', async (mode) => {
    await written(keyOf(1), mode);
    await expect(loadMasterKeys({ dataDir })).rejects.toThrow('can be read by others: chmod 600');
  });

  it('is refused when it is empty, short, long, or not base64', async () => {
    for (const text of ['', 'short', `${keyOf(1)}x`, 'x'.repeat(20_000)]) {
      await written(text);
      await expect(loadMasterKeys({ dataDir })).rejects.toMatchObject({ name: 'VaultError', kind: 'bad-key' });
      await rm(file);
    }
  });

  it('is refused when it is a symbolic link or a folder', async () => {
    await mkdir(dataDir);
    await writeFile(join(dataDir, 'elsewhere'), keyOf(1), { mode: 0o600 });
    await symlink(join(dataDir, 'elsewhere'), file);
    await expect(loadMasterKeys({ dataDir })).rejects.toThrow('is a symbolic link');
    await rm(file);
    await mkdir(file, { mode: 0o700 });
    await expect(loadMasterKeys({ dataDir })).rejects.toThrow('is not a regular file');
  });

  it('is taken through a hard link, which is the same file', async () => {
    await mkdir(dataDir);
    await writeFile(join(dataDir, 'elsewhere'), keyOf(1), { mode: 0o600 });
    await link(join(dataDir, 'elsewhere'), file);
    expect((await loadMasterKeys({ dataDir })).sealing.id).toBe(new MasterKeys(keyOf(1), 'x').sealing.id);
  });
});

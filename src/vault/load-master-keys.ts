import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { link, mkdir, open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { MasterKeys } from './master-keys.js';
import { VaultError } from './vault-error.js';

const FILE_NAME = 'master.key';
/** Far more than any number of keys in rotation. */
const MAX_FILE_BYTES = 16 * 1024;

export interface MasterKeySource {
  /** `OPENOMS_MASTER_KEY`: base64 of 32 bytes; several separated by commas while keys are replaced. */
  readonly masterKey?: string;
  readonly dataDir: string;
}

/** The keys given, else those of the key file in the data folder, which the first start creates. */
export async function loadMasterKeys({ masterKey, dataDir }: MasterKeySource): Promise<MasterKeys> {
  if (masterKey !== undefined && masterKey.trim() !== '') return new MasterKeys(masterKey, 'OPENOMS_MASTER_KEY');
  const file = join(dataDir, FILE_NAME);
  const text = (await readKeyFile(file)) ?? (await createKeyFile(dataDir, file));
  return new MasterKeys(text, `The key file ${file}`);
}

/** Undefined when there is none. Refuses what others may read, or what stands in for the file. */
async function readKeyFile(file: string): Promise<string | undefined> {
  const handle = await openKeyFile(file);
  if (!handle) return undefined;
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) throw new VaultError('bad-key', `The key file ${file} is not a regular file`);
    if ((stats.mode & 0o077) !== 0)
      throw new VaultError('bad-key', `The key file ${file} can be read by others: chmod 600 it`);
    if (stats.size > MAX_FILE_BYTES) throw new VaultError('bad-key', `The key file ${file} is too long`);
    return await handle.readFile('utf8');
  } finally {
    await handle.close();
  }
}

async function openKeyFile(file: string) {
  try {
    // Without O_NONBLOCK a pipe in the file's place would hang the start.
    return await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    if (codeOf(error) === 'ELOOP') throw new VaultError('bad-key', `The key file ${file} is a symbolic link`);
    throw new VaultError('bad-key', `The key file ${file} cannot be opened (${codeOf(error)})`);
  }
}

/** A whole, durable file appears under its name, or none; of several starts at once the first one's key counts for all. */
async function createKeyFile(dataDir: string, file: string): Promise<string> {
  await mkdir(dataDir, { recursive: true });
  const draft = `${file}.${randomBytes(6).toString('hex')}`;
  const handle = await open(draft, 'wx', 0o600);
  try {
    await handle.writeFile(`${randomBytes(32).toString('base64')}\n`);
    await handle.sync();
    await link(draft, file).catch((error: unknown) => {
      if (codeOf(error) !== 'EEXIST') throw error;
    });
  } finally {
    await handle.close();
    await unlink(draft);
  }
  await syncFolder(dataDir);
  const text = await readKeyFile(file);
  if (text === undefined) throw new VaultError('bad-key', `The key file ${file} vanished while it was created`);
  return text;
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

const codeOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string'
    ? error.code
    : 'unknown';

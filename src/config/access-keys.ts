import type { AccessKeyConfig } from './config.js';
import { readSecret, type ReadFile, type Report } from './secrets.js';

const KEYS = ['accessKey', 'secretKey', 'secretKeyFile', 'projects'];
const ACCESS_KEY = /^[A-Za-z0-9._-]{1,128}$/;

/** Checks `auth.keys` and reads secret keys that are kept in files. No message holds a secret. */
export function readAccessKeys(given: unknown, cwd: string, readFile: ReadFile, report: Report): AccessKeyConfig[] {
  if (given === null || given === undefined) return [];
  if (!Array.isArray(given)) {
    report({ path: 'auth.keys', message: 'must be a list' });
    return [];
  }
  const keys = given.flatMap((key: unknown, index) => readKey(key, `auth.keys[${index}]`, cwd, readFile, report) ?? []);
  const names = keys.map(({ accessKey }) => accessKey);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) report({ path: 'auth.keys', message: `must not name the access key ${twice} twice` });
  return keys;
}

function readKey(
  given: unknown,
  at: string,
  cwd: string,
  readFile: ReadFile,
  report: Report,
): AccessKeyConfig | undefined {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    report({ path: at, message: 'must be a mapping of keys to values' });
    return undefined;
  }
  const key = new Map<string, unknown>(Object.entries(given));
  for (const name of key.keys())
    if (!KEYS.includes(name))
      report({ path: `${at}.${name}`, message: `is no known key, only ${KEYS.join(', ')} are` });
  const accessKey = key.get('accessKey');
  const projects = key.get('projects');
  const secretKey = readSecret(key, 'secretKey', at, cwd, readFile, report);
  if (!isAccessKey(accessKey)) report({ path: `${at}.accessKey`, message: 'must be 1 to 128 of A-Z a-z 0-9 . _ -' });
  if (!isProjects(projects)) report({ path: `${at}.projects`, message: "must be a list of project ids, or ['*']" });
  if (!isAccessKey(accessKey) || !isProjects(projects) || secretKey === undefined) return undefined;
  return { accessKey, secretKey, projects };
}

const isAccessKey = (value: unknown): value is string => typeof value === 'string' && ACCESS_KEY.test(value);

const isProjects = (value: unknown): value is string[] =>
  Array.isArray(value) && value.length > 0 && value.every((id) => typeof id === 'string' && id !== '');

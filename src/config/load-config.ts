import { readFileSync } from 'node:fs';
import path from 'node:path';
import { plainToInstance } from 'class-transformer';
import { validateSync, type ValidationError } from 'class-validator';
import { parseDocument } from 'yaml';
import { readAccessKeys } from './access-keys.js';
import { readClouds } from './clouds.js';
import type { Config } from './config.js';
import { ConfigError, type ConfigProblem } from './config-error.js';
import { crossChecks } from './cross-checks.js';
import { overridesOf, readMasterKey, unknownVariables, type Environment } from './environment.js';
import { readKafka } from './kafka.js';
import { readNotifications } from './notifications.js';
import type { ReadFile } from './secrets.js';
import { Settings } from './settings.js';

const DEFAULT_FILE = 'openoms.yaml';
/** Keys whose values are not shown: a connection string may hold a password. */
const SECRET = /secret|password|eventStore\.url/i;

export interface ConfigSource {
  /** `--config <file>` or `--config=<file>` goes before `OPENOMS_CONFIG`. */
  readonly argv?: readonly string[];
  readonly env: Environment;
  /** What relative paths are relative to. */
  readonly cwd: string;
  readonly readFile?: ReadFile;
}

/**
 * The effective configuration: the file (if any) over the defaults, the environment over both; checked, absolute, frozen.
 * Throws a `ConfigError` that names everything that is wrong.
 */
export function loadConfig({ argv = [], env, cwd, readFile = readText }: ConfigSource): Config {
  const file = readSettingsFile(argv, env, cwd, readFile);
  const overrides = overridesOf(env);
  const raw = overrides.reduce((tree, { path: key, value }) => withValue(tree, key.split('.'), value), file.tree);
  const problems: ConfigProblem[] = [...unknownVariables(env)];
  const report = (problem: Pick<ConfigProblem, 'path' | 'message'>) => {
    const variable = overrides.find(({ path: key }) => key === problem.path)?.variable;
    problems.push({ source: variable ?? file.name, ...problem });
  };
  const settings = plainToInstance(Settings, withoutNulls(raw));
  const found = validateSync(settings, { whitelist: true, forbidNonWhitelisted: true });
  for (const error of found) for (const problem of problemsOf(error, '')) report(problem);
  const clouds = readClouds(settings.clouds, report);
  const keys = found.length === 0 ? readAccessKeys(settings.auth.keys, cwd, readFile, report) : [];
  const kafka = found.length === 0 ? readKafka(settings.kafka, cwd, readFile, report) : undefined;
  const notifications =
    found.length === 0 ? readNotifications(settings.notifications, cwd, readFile, report) : undefined;
  // Values of the wrong type would only bring more of the same news.
  if (problems.length > 0 || kafka === undefined || notifications === undefined) throw new ConfigError(problems);
  const config: Config = {
    server: settings.server,
    roles: settings.roles,
    dataDir: path.resolve(cwd, settings.dataDir),
    eventStore: settings.eventStore,
    kafka,
    queue: settings.queue,
    syncEvents: settings.syncEvents,
    clouds,
    lists: settings.lists,
    transfer: settings.transfer,
    auth: { mode: settings.auth.mode, keys },
    log: settings.log,
    limits: settings.limits,
    tasks: settings.tasks,
    taskGroups: settings.taskGroups,
    notifications,
    urlSource: settings.urlSource,
    cluster: settings.cluster,
  };
  for (const problem of crossChecks(config, readMasterKey(env))) report(problem);
  if (problems.length > 0) throw new ConfigError(problems);
  return deepFrozen(config);
}

interface SettingsFile {
  readonly name: string;
  readonly tree: object;
}

function readSettingsFile(argv: readonly string[], env: Environment, cwd: string, readFile: ReadFile): SettingsFile {
  const named = configArgument(argv) ?? (env.OPENOMS_CONFIG === '' ? undefined : env.OPENOMS_CONFIG);
  const name = named ?? DEFAULT_FILE;
  try {
    return { name, tree: parseSettings(name, readFile(path.resolve(cwd, name))) };
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    if (named === undefined && isAbsent(error)) return { name: 'defaults', tree: {} };
    const reason = isAbsent(error) ? 'there is no such file' : 'the file cannot be read';
    throw new ConfigError([{ source: name, path: '', message: reason }]);
  }
}

function configArgument(argv: readonly string[]): string | undefined {
  const at = argv.indexOf('--config');
  return at >= 0 ? argv[at + 1] : argv.find((word) => word.startsWith('--config='))?.slice('--config='.length);
}

function parseSettings(name: string, content: string): object {
  const document = parseDocument(content, { prettyErrors: true });
  // The first line only: the parser quotes the lines around the fault, and they may hold a secret.
  const problems = [...document.errors, ...document.warnings].map(({ message }) => message.split('\n', 1)[0] ?? '');
  if (problems.length > 0) throw new ConfigError(problems.map((message) => ({ source: name, path: '', message })));
  const tree: unknown = document.toJS({ maxAliasCount: 100 });
  if (tree === null || tree === undefined) return {};
  if (typeof tree === 'object' && !Array.isArray(tree)) return tree;
  throw new ConfigError([{ source: name, path: '', message: 'must be a mapping of keys to values' }]);
}

function problemsOf(error: ValidationError, parent: string): Pick<ConfigProblem, 'path' | 'message'>[] {
  const at = parent === '' ? error.property : `${parent}.${error.property}`;
  const given = SECRET.test(at) ? '' : `, not ${shown(error.value)}`;
  const own = Object.entries(error.constraints ?? {}).map(([name, message]) => ({
    path: at,
    message: name === 'whitelistValidation' ? 'is no known key' : `${message}${given}`,
  }));
  return [...own, ...(error.children ?? []).flatMap((child) => problemsOf(child, at))];
}

const MAX_SHOWN = 80;
function shown(value: unknown): string {
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'this list' : 'a mapping';
  const text = JSON.stringify(value) as string | undefined;
  return (text ?? String(value)).slice(0, MAX_SHOWN);
}

/** A key without a value, as when all below it is commented out, is a key not given. */
function withoutNulls(tree: unknown): unknown {
  if (typeof tree !== 'object' || tree === null || Array.isArray(tree)) return tree;
  const given = Object.entries(tree).filter(([, value]) => value !== null);
  return Object.fromEntries(given.map(([key, value]) => [key, withoutNulls(value)]));
}

function withValue(tree: object, [key = '', ...rest]: readonly string[], value: unknown): object {
  if (rest.length === 0) return { ...tree, [key]: value };
  const inner: unknown = new Map<string, unknown>(Object.entries(tree)).get(key);
  return { ...tree, [key]: withValue(typeof inner === 'object' && inner !== null ? inner : {}, rest, value) };
}

function deepFrozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const inner of Object.values(value)) deepFrozen(inner);
    Object.freeze(value);
  }
  return value;
}

const readText: ReadFile = (file) => readFileSync(file, 'utf8');

const isAbsent = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT';

import { readFileSync } from 'node:fs';

export interface Node {
  readonly host: string;
  readonly port: number;
}

export type NodePreference = 'leader' | 'follower' | 'readonlyreplica' | 'random';

/** What a connection string says, with the defaults for what it leaves open. */
export interface ConnectionSettings {
  readonly nodes: readonly Node[];
  /** The nodes are asked which members their cluster has; otherwise there is one node, and it is talked to. */
  readonly discover: boolean;
  readonly nodePreference: NodePreference;
  readonly tls: boolean;
  readonly verifyCertificate: boolean;
  /** Paths of PEM files. */
  readonly caFile?: string;
  readonly userCertFile?: string;
  readonly userKeyFile?: string;
  readonly user?: { readonly name: string; readonly password: string };
  readonly connectionName: string;
  readonly keepAliveIntervalMs: number;
  readonly keepAliveTimeoutMs: number;
  readonly gossipTimeoutMs: number;
  /** Per call; undefined when the string does not say. */
  readonly deadlineMs?: number;
}

type Draft = { -readonly [K in keyof ConnectionSettings]: ConnectionSettings[K] };

const SCHEME = /^(?:esdb|kurrentdb)(\+discover)?:\/\//i;
const DEFAULT_PORT = 2113;

/** A vanished server is noticed after the two together. */
const KEEP_ALIVE_MS = 5_000;

const DEFAULTS: Draft = {
  nodes: [],
  discover: false,
  nodePreference: 'leader',
  tls: true,
  verifyCertificate: true,
  connectionName: 'openoms',
  keepAliveIntervalMs: KEEP_ALIVE_MS,
  keepAliveTimeoutMs: KEEP_ALIVE_MS,
  gossipTimeoutMs: 5_000,
};

/**
 * Reads a connection string, such as `esdb://admin:secret@host:2113?tls=false`, or `esdb+discover://` for a cluster;
 * `kurrentdb` is another word for `esdb`. Throws an error that names what is wrong and never holds the credentials.
 */
export function parseConnectionString(url: string): ConnectionSettings {
  const scheme = SCHEME.exec(url.trim());
  if (!scheme) throw new Error('it does not start with esdb:// or kurrentdb:// (or, for a cluster, esdb+discover://)');
  const rest = url.trim().slice(scheme[0].length);
  const query = rest.indexOf('?');
  if (query >= 0 && rest.includes('@', query))
    throw new Error('a @, ? or / in the credentials is written as %40, %3F or %2F; a @ in an option as %40');
  const authority = (query < 0 ? rest : rest.slice(0, query)).replace(/\/+$/, '');
  const at = authority.lastIndexOf('@');
  const settings = {
    ...DEFAULTS,
    nodes: authority
      .slice(at + 1)
      .split(',')
      .map(parseNode),
  };
  settings.discover = scheme[1] !== undefined || settings.nodes.length > 1;
  if (at >= 0) settings.user = parseUser(authority.slice(0, at));
  for (const option of query < 0 ? [] : rest.slice(query + 1).split('&'))
    if (option !== '') readOption(option, settings);
  if ((settings.userCertFile === undefined) !== (settings.userKeyFile === undefined))
    throw new Error('userCertFile and userKeyFile go together');
  return settings;
}

/** Why a string cannot be used, in words for whoever wrote the configuration; undefined when it can. Opens no file. */
export function connectionStringProblem(url: string): string | undefined {
  try {
    parseConnectionString(url);
    return undefined;
  } catch (error) {
    return `The connection string of the event store is wrong: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** The string with its credentials masked, fit to be printed; also when it is not well formed. */
export function redactConnectionString(url: string): string {
  const start = /^[a-z+]*:\/\//i.exec(url.trim())?.[0] ?? '';
  const rest = url.trim().slice(start.length);
  const at = rest.lastIndexOf('@');
  return at < 0 ? url.trim() : `${start}***@${rest.slice(at + 1)}`;
}

/** host:port of all nodes, for errors. */
export const nodeNames = ({ nodes }: Pick<ConnectionSettings, 'nodes'>): string => nodes.map(nodeName).join(', ');

export const nodeName = ({ host, port }: Node): string => `${host}:${port}`;

/** A file that a connection string names. Throws an error that says which one. */
export function readPem(option: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : 'unreadable';
    throw new Error(`${option} ${path} cannot be read: ${code}`, { cause: error });
  }
}

function parseNode(text: string): Node {
  const match = /^(\[[0-9a-f:.]+\]|[^\s:[\]@/?#]+)(?::(\d{1,5}))?$/i.exec(text.trim());
  const port = Number(match?.[2] ?? DEFAULT_PORT);
  if (!match?.[1] || port < 1 || port > 65_535) throw new Error('a node is given as host or host:port');
  return { host: match[1], port };
}

function parseUser(text: string): { name: string; password: string } {
  const colon = text.indexOf(':');
  if (colon < 1) throw new Error('credentials are given as user:password@');
  try {
    return { name: decodeURIComponent(text.slice(0, colon)), password: decodeURIComponent(text.slice(colon + 1)) };
  } catch {
    throw new Error('a % in the credentials is written as %25');
  }
}

type Reader = (value: string, settings: Draft, name: string) => void;

const flag = (value: string, name: string): boolean => {
  if (value !== 'true' && value !== 'false') throw new Error(`${name} is true or false`);
  return value === 'true';
};
const whole = (value: string, name: string, least: number): number => {
  if (!/^-?\d{1,9}$/.test(value) || Number(value) < least) throw new Error(`${name} is a whole number from ${least}`);
  return Number(value);
};
/** -1 turns the pings off. */
const keepAlive = (value: string, name: string): number => whole(value, name, -1);

const PREFERENCES: readonly NodePreference[] = ['leader', 'follower', 'readonlyreplica', 'random'];

/** By the name in small letters; those that have no meaning here are known, so that a string may serve other clients too. */
const OPTIONS: Readonly<Record<string, Reader>> = {
  tls: (value, settings, name) => (settings.tls = flag(value, name)),
  tlsverifycert: (value, settings, name) => (settings.verifyCertificate = flag(value, name)),
  tlscafile: (value, settings) => (settings.caFile = value),
  usercertfile: (value, settings) => (settings.userCertFile = value),
  userkeyfile: (value, settings) => (settings.userKeyFile = value),
  connectionname: (value, settings) => (settings.connectionName = value),
  defaultdeadline: (value, settings, name) => (settings.deadlineMs = whole(value, name, 1)),
  keepaliveinterval: (value, settings, name) => (settings.keepAliveIntervalMs = keepAlive(value, name)),
  keepalivetimeout: (value, settings, name) => (settings.keepAliveTimeoutMs = keepAlive(value, name)),
  // In seconds, as the clients of EventStoreDB have it.
  gossiptimeout: (value, settings, name) => (settings.gossipTimeoutMs = whole(value, name, 1) * 1000),
  nodepreference: (value, settings, name) => {
    const preference = PREFERENCES.find((known) => known === value.toLowerCase().replace(/[-_]/g, ''));
    if (!preference) throw new Error(`${name} is leader, follower, readOnlyReplica or random`);
    settings.nodePreference = preference;
  },
  maxdiscoverattempts: (value, _settings, name) => void whole(value, name, -1),
  discoveryinterval: (value, _settings, name) => void whole(value, name, 0),
  throwonappendfailure: (value, _settings, name) => void flag(value, name),
};

function readOption(option: string, settings: Draft): void {
  const equals = option.indexOf('=');
  const name = equals < 0 ? option : option.slice(0, equals);
  const read = Object.entries(OPTIONS).find(([known]) => known === name.trim().toLowerCase())?.[1];
  if (!read) throw new Error(`it has no option ${name}`);
  if (equals < 0 || option.length === equals + 1) throw new Error(`${name} has no value`);
  let value: string;
  try {
    value = decodeURIComponent(option.slice(equals + 1).trim());
  } catch {
    throw new Error(`a % in ${name} is written as %25`);
  }
  read(value, settings, name);
}

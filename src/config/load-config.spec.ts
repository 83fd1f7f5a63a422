import path from 'node:path';
import { parse } from 'yaml';
import { ConfigError } from './config-error.js';
import { readMasterKey, type Environment } from './environment.js';
import { loadConfig } from './load-config.js';
import { printConfig } from './print-config.js';

const absent = (): never => {
  throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
};
/** Files by absolute path; the configuration is `/srv/openoms.yaml`. */
const load = (yaml?: string, env: Environment = {}, files: Record<string, string> = {}, argv: string[] = []) =>
  loadConfig({
    argv,
    env,
    cwd: '/srv',
    readFile: (file) => files[file] ?? (file === '/srv/openoms.yaml' && yaml !== undefined ? yaml : absent()),
  });

const problems = (run: () => unknown): string[] => {
  try {
    run();
  } catch (error) {
    if (error instanceof ConfigError)
      return error.problems.map(({ source, path: at, message }) => `${source}|${at}|${message}`);
    throw error;
  }
  return [];
};
const problem = (yaml: string, env: Environment = {}) => problems(() => load(yaml, env)).join('\n');

describe('the defaults', () => {
  it('are those of the example file', () => {
    const example = loadConfig({ env: { OPENOMS_CONFIG: 'docs/openoms.example.yaml' }, cwd: process.cwd() });
    const defaults = loadConfig({ env: {}, cwd: process.cwd() + '/docs' });
    expect({ ...example, clouds: {}, dataDir: '' }).toEqual({ ...defaults, clouds: {}, dataDir: '' });
    expect(example.clouds.AWS?.regions['local-a']?.endpoint).toBe('http://127.0.0.1:9101');
  });

  it('listen on the loopback interface only', () =>
    expect(load()).toMatchObject({
      server: { host: '127.0.0.1', port: 8080 },
      roles: ['api', 'worker'],
      dataDir: '/srv/data',
      auth: { mode: 'none' },
    }));

  it('fill in what a file does not say', () =>
    expect(load('server:\nqueue: { maxInFlight: 7 }\nlog:\n  level:')).toMatchObject({
      server: { port: 8080 },
      queue: { maxInFlight: 7, maxUnsettledKeys: 100_000 },
      log: { level: 'info' },
    }));
});

describe('the environment', () => {
  it('overrides the file', () =>
    expect(
      load('server: { port: 1 }\nroles: [api]', {
        OPENOMS_PORT: '0',
        OPENOMS_ROLES: 'worker, api',
        OPENOMS_DATA_DIR: '/var/oms',
        OPENOMS_LOG_LEVEL: 'debug',
        OPENOMS_TRANSFER_ATTEMPTS: '2',
      }),
    ).toMatchObject({
      server: { port: 0 },
      roles: ['worker', 'api'],
      dataDir: '/var/oms',
      log: { level: 'debug' },
      transfer: { attempts: 2 },
    }));

  it('counts an empty variable as not set', () => expect(load(undefined, { OPENOMS_PORT: '' }).server.port).toBe(8080));

  it('is blamed by the name of the variable', () =>
    expect(problem('', { OPENOMS_PORT: '80a' })).toBe(
      'OPENOMS_PORT|server.port|must be a whole number from 0 to 65535, not "80a"',
    ));

  it.each(['1e3', '0x10', ' 1', '-1', '65536', '1.5'])('does not take %j for a port', (value) =>
    expect(problem('', { OPENOMS_PORT: value })).toContain('server.port'),
  );

  it('must not hold variables of ours that nothing reads', () =>
    expect(problems(() => load('', { OPENOMS_LEVEL: 'debug', OPENOMS_TEST_X: '1', OPENOMS_MASTER_KEY: 'k' }))).toEqual([
      'OPENOMS_LEVEL||is no known environment variable; did you mean OPENOMS_LOG_LEVEL?',
    ]));

  it('alone holds the master key', () => {
    const env = { OPENOMS_MASTER_KEY: 'hunter2' };
    expect(readMasterKey(env)).toBe('hunter2');
    expect(JSON.stringify(load('', env))).not.toContain('hunter2');
  });
});

describe('a cluster', () => {
  const engines = `
eventStore: { url: "esdb://admin:hunter2@a:2113?tls=false" }
kafka:
  brokers: [b:9092, c:9093]
  tls: { enabled: true, caFile: ca.pem }
  sasl: { mechanism: scram-sha-512, username: u, passwordFile: password }`;
  const files = { '/srv/ca.pem': 'PEM', '/srv/password': 'hunter3\n' };
  const env = { OPENOMS_MASTER_KEY: 'k', OPENOMS_ROLES: 'worker', OPENOMS_KAFKA_OUTCOMES_ENABLED: 'true' };

  it('is both engines and any of the roles, with what is kept in files', () =>
    expect(load(engines, env, files)).toMatchObject({
      roles: ['worker'],
      kafka: {
        brokers: ['b:9092', 'c:9093'],
        tls: { enabled: true, ca: 'PEM' },
        sasl: { username: 'u', password: 'hunter3' },
        outcomes: { enabled: true, topic: 'openoms.sync-outcomes' },
      },
    }));

  it('has its passwords neither printed nor in the words of a problem', () => {
    expect(printConfig(load(engines, env, files))).not.toMatch(/hunter/);
    const wrong = ['[hunter2]', '"esdb:/hunter2"'].map((url) => problem(`eventStore: { url: ${url} }`));
    expect(wrong.join()).toContain('eventStore.url|must be');
    expect(wrong.join()).not.toMatch(/hunter/);
  });
});

describe('the file', () => {
  it('is named by --config, then by OPENOMS_CONFIG, then by its default', () => {
    const files = { '/srv/a.yaml': 'dataDir: /a', '/etc/b.yaml': 'dataDir: /b' };
    const env = { OPENOMS_CONFIG: '/etc/b.yaml' };
    expect(load('', env, files, ['--config', 'a.yaml']).dataDir).toBe('/a');
    expect(load('', env, files, ['--config=a.yaml']).dataDir).toBe('/a');
    expect(load('', env, files).dataDir).toBe('/b');
    expect(load('dataDir: /c').dataDir).toBe('/c');
  });

  it('must be there when it is named', () =>
    expect(problem('', { OPENOMS_CONFIG: 'gone.yaml' })).toBe('gone.yaml||there is no such file'));

  it.each([
    ['server: { prot: 1 }', 'server.prot|is no known key'],
    ['sever: {}', 'sever|is no known key'],
    ['transfer: { partBytes: 1 }', 'transfer.partBytes|must be a whole number from 5242880 to 5368709120, not 1'],
    ['transfer: { partBytes: 16MB }', 'transfer.partBytes|must be a whole number'],
    ['server: 7', 'server|must be a mapping'],
    ['roles: []', 'roles|must have at least 1'],
    ['roles: [api, cook]', 'roles|has a wrong element at 1'],
    ['roles: [api, api]', 'roles|must not name anything twice'],
    ['log: { level: loud }', 'log.level|must be one of trace, debug'],
    ['transfer: { baseDelayMs: 500, maxDelayMs: 100 }', 'transfer.maxDelayMs|must not be below'],
    ['server: { host: 0.0.0.0 }', 'auth.mode|can be none only on a loopback host'],
    ['server: { host: 127.evil.example }', 'auth.mode|can be none only on a loopback host'],
    ['auth: { mode: required }', 'auth.keys|must hold at least one key'],
    ['kafka: { brokers: ["[::1]:9092"] }', 'kafka.brokers|has a wrong element at 0: it must be host:port'],
    ['kafka: { brokers: [a] }', 'kafka.brokers|has a wrong element at 0: it must be host:port'],
    ['kafka: { topic: "a b" }', 'kafka.topic|must be 1 to 230 of'],
    ['kafka: { replicationFactor: 0 }', 'kafka.replicationFactor|must be -1'],
    ['kafka: { tls: { enabled: "yes" } }', 'kafka.tls.enabled|must be true or false'],
    ['kafka: { tls: { caFile: ca.pem } }', 'kafka.tls.caFile|must name a file that can be read'],
    ['kafka: { sasl: { mechanism: plain, username: u } }', 'kafka.sasl|needs username and password for plain'],
    ['kafka: { outcomes: { enabled: true } }', 'kafka.outcomes.enabled|needs kafka.brokers'],
    ['roles: [worker]', 'roles|must be api and worker in one process'],
    ['eventStore: { url: "esdb://a:2113" }', 'kafka.brokers|must name a broker'],
    ['eventStore: { url: "kurrentdb+discover://a" }', 'eventStore.url|as an EventStoreDB needs OPENOMS_MASTER_KEY'],
    ['eventStore: { url: postgres }', 'eventStore.url|must be sqlite'],
    ['- a', '|must be a mapping'],
    ['a: 1\na: 2', '|Map keys must be unique'],
    ['a: [', '|Flow sequence'],
  ])('%j is refused', (yaml, expected) => expect(problem(yaml)).toContain(expected));

  it.each(['127.0.0.1', '127.8.8.8', '::1', 'localhost'])('may leave %s without authentication', (host) =>
    expect(load(`server: { host: "${host}" }`).server.host).toBe(host),
  );

  it('has all its faults told at once', () =>
    expect(problems(() => load('server: { port: -1, x: 1 }\nclouds: 7', { OPENOMS_X: '1' }))).toHaveLength(4));
});

describe('clouds', () => {
  const region = (settings: string, cloud = 'AWS') => `clouds: { ${cloud}: { regions: { r: { ${settings} } } } }`;

  it('take regions with all they may say', () => {
    const yaml = region(
      'endpoint: "https://s3.example.com:9000", addressing: virtual, signingRegion: x, description: y',
    );
    expect(load(yaml).clouds).toEqual({
      AWS: {
        regions: {
          r: { endpoint: 'https://s3.example.com:9000', addressing: 'virtual', signingRegion: 'x', description: 'y' },
        },
      },
    });
  });

  it.each([
    ['ftp://a', 'http:// or https://'],
    ['a.example.com', 'http:// or https://'],
    ['http://a/b', 'without path'],
    ['http://a?x=1', 'without path'],
    ['http://a/#x', 'without path'],
    ['http://u:p@a', 'credentials'],
  ])('refuse the endpoint %s', (endpoint, expected) => {
    const told = problem(region(`endpoint: "${endpoint}"`));
    expect(told).toMatch(/clouds\.AWS\.regions\.r\.endpoint/);
    expect(told).toContain(expected);
  });

  it.each([
    [region('root: srv', 'Local'), 'r.root|must be an absolute path'],
    [region('description: x', 'Local'), 'r.root|is missing'],
    [region('endpoint: "http://a"', 'Local'), 'r.endpoint|is not for the cloud Local'],
    [region('root: /srv'), 'r.root|is only for the cloud Local'],
    [region('adressing: path'), 'r.adressing|is no known key'],
    [region('addressing: both'), 'r.addressing|must be one of path, virtual'],
    [region('endpoint: 7'), 'r.endpoint|must be a string'],
    ['clouds: { AWS: { region: {} } }', 'clouds.AWS.region|is no known key'],
    ['clouds: { AWS: [] }', 'clouds.AWS|must be a mapping'],
    ['clouds: { AWS: { regions: { "a b": {} } } }', 'regions.a b|is no name of a region'],
  ])('refuse %s', (yaml, expected) => expect(problem(yaml)).toContain(expected));
});

describe('access keys', () => {
  const keys = (entry: string) => `auth: { mode: required, keys: [{ ${entry} }] }`;

  it('may be in the file or in files of their own', () => {
    expect(load(keys('accessKey: A, secretKey: hunter2, projects: ["*"]')).auth.keys).toEqual([
      { accessKey: 'A', secretKey: 'hunter2', projects: ['*'] },
    ]);
    const files = { '/srv/sk': 'hunter3\n' };
    expect(load(keys('accessKey: A, secretKeyFile: sk, projects: [p]'), {}, files).auth.keys).toEqual([
      { accessKey: 'A', secretKey: 'hunter3', projects: ['p'] },
    ]);
  });

  it.each([
    ['accessKey: A, projects: [p]', 'needs either secretKey or secretKeyFile'],
    ['accessKey: A, secretKey: x, secretKeyFile: y, projects: [p]', 'needs either'],
    ['accessKey: A, secretKeyFile: gone, projects: [p]', 'must name a readable file'],
    ['accessKey: "A B", secretKey: hunter2, projects: [p]', 'accessKey|must be 1 to 128'],
    ['accessKey: A, secretKey: hunter2, projects: []', 'projects|must be a list'],
    ['accessKey: A, secretKey: [hunter2], projects: [p]', 'secretKey|must be 1 to 256'],
    ['accessKey: A, secretKey: hunter2, project: p', 'project|is no known key'],
  ])('refuse %s', (entry, expected) => {
    const told = problem(keys(entry));
    expect(told).toContain(expected);
    expect(told).not.toContain('hunter2');
  });

  it('must differ', () => {
    const key = '{ accessKey: A, secretKey: x, projects: [p] }';
    expect(problem(`auth: { mode: required, keys: [${key}, ${key}] }`)).toContain(
      'must not name the access key A twice',
    );
  });
});

describe('a loaded configuration', () => {
  const config = load('clouds: { Local: { regions: { n: { root: /srv } } } }');

  it('cannot be changed, however deep', () => {
    const attempts = [config, config.server, config.roles, config.clouds.Local?.regions.n];
    for (const part of attempts) expect(Object.isFrozen(part)).toBe(true);
  });

  it('is printed as YAML that loads to the same, but for secrets', () => {
    const again = load(printConfig(config));
    expect(again).toEqual(config);
    const secret = load('auth: { mode: required, keys: [{ accessKey: A, secretKey: hunter2, projects: [p] }] }');
    expect(printConfig(secret)).not.toContain('hunter2');
    expect(parse(printConfig(secret))).toMatchObject({ auth: { keys: [{ accessKey: 'A' }] } });
  });

  it('has absolute paths', () => expect(path.isAbsolute(config.dataDir)).toBe(true));
});

import {
  connectionStringProblem,
  nodeNames,
  parseConnectionString,
  redactConnectionString,
} from './connection-string.js';

describe('a connection string', () => {
  it('names one node, with port 2113 and TLS unless it says otherwise', () => {
    const settings = parseConnectionString('esdb://store');
    expect(settings).toMatchObject({ nodes: [{ host: 'store', port: 2113 }], discover: false, tls: true });
    expect(settings.user).toBeUndefined();
    expect(parseConnectionString('esdb://[::1]:2114/?tls=false')).toMatchObject({
      nodes: [{ host: '[::1]', port: 2114 }],
      tls: false,
    });
  });

  it.each(['esdb', 'kurrentdb', 'KurrentDB'])('may begin with %s', (scheme) => {
    expect(parseConnectionString(`${scheme}://a:1`).discover).toBe(false);
    expect(parseConnectionString(`${scheme}+discover://a:1`).discover).toBe(true);
  });

  it('finds the cluster behind several nodes', () => {
    const settings = parseConnectionString('esdb://a:1,b,c:3?nodePreference=read-only-replica');
    expect([nodeNames(settings), settings.discover]).toEqual(['a:1, b:2113, c:3', true]);
    expect(settings.nodePreference).toBe('readonlyreplica');
  });

  it('takes escaped credentials, whatever is in them', () => {
    const [name, password] = ['user@corp', 'a:b/c?d@e%f#g'];
    const url = `esdb://${encodeURIComponent(name)}:${encodeURIComponent(password)}@host`;
    expect(parseConnectionString(url).user).toEqual({ name, password });
    expect(parseConnectionString('esdb://u:a:b@host').user).toEqual({ name: 'u', password: 'a:b' });
  });

  it('takes all options of the clients of EventStoreDB, in any case', () => {
    const url =
      'esdb://h?TLS=true&tlsVerifyCert=false&tlsCAFile=%2Fca.pem&userCertFile=c&userKeyFile=k&connectionName=n&defaultDeadline=7' +
      '&keepAliveInterval=-1&keepAliveTimeout=8&gossipTimeout=2&maxDiscoverAttempts=3&discoveryInterval=4&throwOnAppendFailure=true';
    expect(parseConnectionString(url)).toMatchObject({
      ...{ tls: true, verifyCertificate: false, caFile: '/ca.pem', userCertFile: 'c', userKeyFile: 'k' },
      ...{ connectionName: 'n', deadlineMs: 7, keepAliveIntervalMs: -1, keepAliveTimeoutMs: 8, gossipTimeoutMs: 2000 },
    });
    expect(connectionStringProblem(url)).toBeUndefined();
  });

  it.each([
    ['http://user:s3cret@host', 'does not start with esdb://'],
    ['esdb://', 'host or host:port'],
    ['esdb://user:s3cret@', 'host or host:port'],
    ['esdb://user:s3cret@host:port', 'host or host:port'],
    ['esdb://user:s3cret@host:99999', 'host or host:port'],
    ['esdb://s3cret@host', 'user:password@'],
    ['esdb://user:s3cret%@host', '%25'],
    ['esdb://user:1?s3cret@host', '%3F'],
    ['esdb://user:s3cret@host?colour=red', 'no option colour'],
    ['esdb://user:s3cret@host?tls', 'tls has no value'],
    ['esdb://user:s3cret@host?tls=maybe', 'tls is true or false'],
    ['esdb://user:s3cret@host?defaultDeadline=0', 'defaultDeadline is a whole number'],
    ['esdb://user:s3cret@host?nodePreference=boss', 'nodePreference is leader'],
    ['esdb://user:s3cret@host?userCertFile=a', 'go together'],
  ])('%s is refused without a word of its credentials', (url, complaint) => {
    const problem = connectionStringProblem(url);
    expect(problem).toContain(complaint);
    expect(problem).not.toContain('s3cret');
    expect(redactConnectionString(url)).not.toContain('s3cret');
  });

  it('is printed without its credentials', () => {
    expect(redactConnectionString('esdb://user:s3cret@host:1,b?tls=false')).toBe('esdb://***@host:1,b?tls=false');
    expect(redactConnectionString('esdb://host:1?tls=false')).toBe('esdb://host:1?tls=false');
    expect(redactConnectionString('user:s3c@ret@host')).toBe('***@host');
  });
});

import { ConfigError } from './config-error.js';
import { loadConfig } from './load-config.js';
import { printConfig } from './print-config.js';

const FILES: Readonly<Record<string, string>> = { '/run/hook': 'from a file\n' };
const load = (yaml: string) =>
  loadConfig({
    env: {},
    cwd: '/srv',
    readFile: (file) => {
      const content = file === '/srv/openoms.yaml' ? yaml : FILES[file];
      if (content === undefined) throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
      return content;
    },
  });
const problem = (yaml: string): string => {
  try {
    load(yaml);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map(({ path, message }) => `${path} ${message}`).join('\n');
    throw error;
  }
  return '';
};
const topic = (fields: string) => problem(`notifications: { topics: { 'urn:t': { ${fields} } } }`);

describe('topics', () => {
  it('are URLs with a secret, inline or in a file', () =>
    expect(
      load(`
notifications:
  topics:
    urn:smn:a: { url: 'https://hooks.example.com/a', secret: s1 }
    urn:smn:b: { url: 'http://127.0.0.1:9/b', secretFile: /run/hook }`).notifications.topics,
    ).toEqual({
      'urn:smn:a': { url: 'https://hooks.example.com/a', secret: 's1' },
      'urn:smn:b': { url: 'http://127.0.0.1:9/b', secret: 'from a file' },
    }));

  it.each([
    ['secret: s', 'notifications.topics.urn:t.url must be an http:// or https:// URL without credentials'],
    ['url: "ftp://a", secret: s', 'notifications.topics.urn:t.url must be'],
    ['url: "https://u:p@a", secret: s', 'notifications.topics.urn:t.url must be'],
    ['url: "https://a"', 'notifications.topics.urn:t needs either secret or secretFile'],
    ['url: "https://a", secret: ""', 'notifications.topics.urn:t.secret must be 1 to 256 characters'],
    ['url: "https://a", secretFile: /gone', 'notifications.topics.urn:t.secretFile must name a readable file'],
    ['url: "https://a", secret: s, topic: t', 'notifications.topics.urn:t.topic is no known key'],
  ])('refuse %s', (fields, message) => expect(topic(fields)).toContain(message));

  it('never show their secrets', () => {
    const shown = printConfig(load(`notifications: { topics: { t: { url: 'https://a', secret: hunter2 } } }`));
    expect(shown).toContain('https://a');
    expect(shown).not.toContain('hunter2');
    expect(topic('url: "https://a", secret: [hunter2]')).not.toContain('hunter2');
  });
});

describe('templates', () => {
  it('are texts by name', () =>
    expect(load('notifications: { templates: { short: "{Task_Name}" } }').notifications.templates).toEqual({
      short: '{Task_Name}',
    }));

  it.each(['""', '7', '[a]'])('refuse %s', (value) =>
    expect(problem(`notifications: { templates: { t: ${value} } }`)).toContain(
      'notifications.templates.t must be a text of 1 to 10000 characters',
    ),
  );

  it('refuse a list instead of names', () =>
    expect(problem('notifications: { templates: [a] }')).toContain('notifications.templates must be a mapping'));
});

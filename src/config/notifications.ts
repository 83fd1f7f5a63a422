import type { NotificationsConfig } from './config.js';
import { readSecret, type ReadFile, type Report } from './secrets.js';
import type { NotificationsSettings } from './settings.js';

const TOPIC_KEYS = ['url', 'secret', 'secretFile'];
const MAX_URN_LENGTH = 1024;
const MAX_TEMPLATE_LENGTH = 10_000;

/** The section `notifications`: topics by their URN, each a URL with the secret that signs what goes there. */
export function readNotifications(
  settings: NotificationsSettings,
  cwd: string,
  readFile: ReadFile,
  report: Report,
): NotificationsConfig {
  const { attempts, timeoutMs } = settings;
  const topics: Record<string, { readonly url: string; readonly secret: string }> = {};
  for (const [urn, given] of entriesOf(settings.topics, 'notifications.topics', report)) {
    const topic = readTopic(urn, given, cwd, readFile, report);
    if (topic !== undefined) topics[urn] = topic;
  }
  const templates: Record<string, string> = {};
  for (const [name, given] of entriesOf(settings.templates, 'notifications.templates', report)) {
    if (typeof given === 'string' && given !== '' && given.length <= MAX_TEMPLATE_LENGTH) templates[name] = given;
    else {
      const message = `must be a text of 1 to ${MAX_TEMPLATE_LENGTH} characters`;
      report({ path: `notifications.templates.${name}`, message });
    }
  }
  return { topics, templates, attempts, timeoutMs };
}

function readTopic(urn: string, given: unknown, cwd: string, readFile: ReadFile, report: Report) {
  const at = `notifications.topics.${urn}`;
  if (urn === '' || urn.length > MAX_URN_LENGTH)
    report({ path: at, message: `must have a name of 1 to ${MAX_URN_LENGTH} characters` });
  const topic = new Map(entriesOf(given, at, report));
  for (const key of topic.keys())
    if (!TOPIC_KEYS.includes(key))
      report({ path: `${at}.${key}`, message: `is no known key, only ${TOPIC_KEYS.join(', ')} are` });
  const url = topic.get('url');
  const secret = readSecret(topic, 'secret', at, cwd, readFile, report);
  if (!isWebAddress(url))
    report({ path: `${at}.url`, message: 'must be an http:// or https:// URL without credentials' });
  return isWebAddress(url) && secret !== undefined ? { url, secret } : undefined;
}

function isWebAddress(value: unknown): value is string {
  if (typeof value !== 'string' || !URL.canParse(value)) return false;
  const { protocol, username, password } = new URL(value);
  return ['http:', 'https:'].includes(protocol) && username === '' && password === '';
}

function entriesOf(given: unknown, at: string, report: Report): readonly (readonly [string, unknown])[] {
  if (given === null || given === undefined) return [];
  if (typeof given === 'object' && !Array.isArray(given)) return Object.entries(given);
  report({ path: at, message: 'must be a mapping of names to values' });
  return [];
}

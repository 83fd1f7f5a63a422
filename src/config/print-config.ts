import { stringify } from 'yaml';
import type { Config } from './config.js';

/** The effective values as YAML, for people. Secrets are not in it. */
export const printConfig = (config: Config): string =>
  stringify({
    ...config,
    eventStore: { url: withoutPassword(config.eventStore.url) },
    auth: { ...config.auth, keys: (config.auth.keys ?? []).map((key) => ({ ...key, secretKey: '(not shown)' })) },
  });

const withoutPassword = (url: string): string => url.replace(/\/\/[^@/]*@/, '//(not shown)@');

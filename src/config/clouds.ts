import path from 'node:path';
import { CLOUD_TYPES } from '../kernel/cloud-types.js';
import type { Config, RegionConfig } from './config.js';
import type { ConfigProblem } from './config-error.js';

type Problem = Pick<ConfigProblem, 'path' | 'message'>;
type Mapping = Readonly<Record<string, unknown>>;

const REGION_KEYS = ['endpoint', 'addressing', 'signingRegion', 'root', 'description'];
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

const known: readonly string[] = CLOUD_TYPES;

/** Checks the `clouds` section, whose keys are names and so no fields of a class. */
export function readClouds(given: unknown, report: (problem: Problem) => void): Config['clouds'] {
  const clouds: Record<string, { regions: Record<string, RegionConfig> }> = {};
  for (const [cloud, value] of entries(given, 'clouds', report)) {
    const at = `clouds.${cloud}`;
    if (!known.includes(cloud)) report({ path: at, message: `is no cloud; known are ${known.join(', ')}` });
    const regions: Record<string, RegionConfig> = {};
    for (const [key, inner] of entries(value, at, report)) {
      if (key !== 'regions') report({ path: `${at}.${key}`, message: 'is no known key, only regions is' });
      else
        for (const [region, settings] of entries(inner, `${at}.regions`, report))
          regions[region] = readRegion(cloud, region, settings, report);
    }
    clouds[cloud] = { regions };
  }
  return clouds;
}

function readRegion(cloud: string, name: string, given: unknown, report: (problem: Problem) => void): RegionConfig {
  const at = `clouds.${cloud}.regions.${name}`;
  if (!NAME.test(name)) report({ path: at, message: 'is no name of a region' });
  const region: Record<string, string> = {};
  for (const [key, value] of entries(given, at, report)) {
    const problem = regionProblem(cloud, key, value);
    if (problem !== undefined) report({ path: `${at}.${key}`, message: problem });
    else if (typeof value === 'string') region[key] = value;
  }
  const needed = cloud === 'Local' ? 'root' : 'endpoint';
  if (cloud === 'Local' && typeof given === 'object' && given !== null && !('root' in given))
    report({ path: `${at}.${needed}`, message: 'is missing: a region of Local is a folder' });
  return region;
}

function regionProblem(cloud: string, key: string, value: unknown): string | undefined {
  if (!REGION_KEYS.includes(key)) return `is no known key, only ${REGION_KEYS.join(', ')} are`;
  if (typeof value !== 'string' || value === '') return 'must be a string that is not empty';
  const isLocal = cloud === 'Local';
  switch (key) {
    case 'root':
      if (!isLocal) return 'is only for the cloud Local';
      return path.isAbsolute(value) ? undefined : 'must be an absolute path';
    case 'endpoint':
      return isLocal ? 'is not for the cloud Local, which needs root' : endpointProblem(value);
    case 'addressing':
      return value === 'path' || value === 'virtual' ? undefined : 'must be one of path, virtual';
    default:
      return value.length <= 255 ? undefined : 'must be at most 255 characters long';
  }
}

function endpointProblem(value: string): string | undefined {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol)) return 'must be an http:// or https:// URL';
  if (url.username !== '' || url.password !== '') return 'must not hold credentials';
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '' || /[?#]$/.test(value))
    return 'must be scheme, host and port only, without path and query';
  return undefined;
}

function entries(
  given: unknown,
  at: string,
  report: (problem: Problem) => void,
): readonly (readonly [string, unknown])[] {
  if (given === null || given === undefined) return [];
  if (typeof given === 'object' && !Array.isArray(given)) return Object.entries(given satisfies object as Mapping);
  report({ path: at, message: 'must be a mapping of names to values' });
  return [];
}

import path from 'node:path';
import type { ConfigProblem } from './config-error.js';

export type Report = (problem: Pick<ConfigProblem, 'path' | 'message'>) => void;

/** Reads a text file; throws when it cannot. */
export type ReadFile = (file: string) => string;

const MAX_SECRET_LENGTH = 256;

/** A secret that is given as `<name>`, or in the file that `<name>File` names. No message holds it. */
export function readSecret(
  given: ReadonlyMap<string, unknown>,
  name: string,
  at: string,
  cwd: string,
  readFile: ReadFile,
  report: Report,
): string | undefined {
  const inFile = `${name}File`;
  const [inline, file] = [given.get(name), given.get(inFile)];
  if ((inline === undefined) === (file === undefined)) {
    report({ path: at, message: `needs either ${name} or ${inFile}` });
    return undefined;
  }
  const secret = inline ?? (typeof file === 'string' ? readTrimmed(path.resolve(cwd, file), readFile) : undefined);
  if (typeof secret === 'string' && secret.length > 0 && secret.length <= MAX_SECRET_LENGTH) return secret;
  const [key, problem] = inline === undefined ? [inFile, 'must name a readable file of'] : [name, 'must be'];
  report({ path: `${at}.${key}`, message: `${problem} 1 to ${MAX_SECRET_LENGTH} characters` });
  return undefined;
}

function readTrimmed(file: string, readFile: ReadFile): string | undefined {
  try {
    return readFile(file).trim();
  } catch {
    return undefined;
  }
}

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { install, SERVER_CACHE } from './s3-server.js';

/** A Python with some packages, or why there is none. */
export type PythonVenv = { readonly python: string } | { readonly missing: string };

/** Makes a virtual environment of its own with the packages, on first use; `module` proves that they are there. */
export async function pythonVenv(name: string, packages: readonly string[], module: string): Promise<PythonVenv> {
  const folder = join(SERVER_CACHE, name);
  const python = join(folder, 'bin/python');
  const works = () =>
    install(python, ['-c', `import ${module}`]).then(
      () => true,
      () => false,
    );
  try {
    if (existsSync(python) && (await works())) return { python };
    await install('python3', ['-m', 'venv', folder]);
    await install(python, ['-m', 'pip', 'install', '--quiet', ...packages]);
    await install(python, ['-c', `import ${module}`]);
    return { python };
  } catch (error) {
    return { missing: error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error) };
  }
}

/** Runs a script and answers what it printed as JSON. Rejects with its standard error when it fails or takes too long. */
export async function runPython(python: string, script: string, input: object, timeoutMs = 60_000): Promise<unknown> {
  const options = { timeout: timeoutMs, maxBuffer: 16 * 1024 * 1024 };
  const { stdout } = await promisify(execFile)(python, [script, JSON.stringify(input)], options);
  return JSON.parse(stdout);
}

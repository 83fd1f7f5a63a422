/**
 * Generates src/wire/generated from the schemas of this folder. Does nothing when they are what the last run saw. Any number of
 * processes may run it at once: files appear complete, and all processes write the same.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';

const proto = import.meta.dirname;
const target = path.resolve(proto, '../src/wire/generated');
const stampFile = path.join(target, '.stamp.json');
const require = createRequire(import.meta.url);

const filesUnder = (folder, extension) =>
  readdirSync(folder, { recursive: true })
    .filter((file) => file.endsWith(extension))
    .sort();
const sha256 = (...parts) => createHash('sha256').update(JSON.stringify(parts)).digest('hex');
const textOf = (folder, file) => readFileSync(path.join(folder, file), 'utf8');

/** All that the generated code depends on. */
function inputs() {
  const schemas = filesUnder(proto, '.proto').map((file) => [file, textOf(proto, file)]);
  const settings = ['buf.yaml', 'buf.gen.yaml', 'generate.mjs'].map((file) => textOf(proto, file));
  const versions = ['buf', 'protoc-gen-es'].map((name) => require(`@bufbuild/${name}/package.json`).version);
  return sha256(schemas, settings, versions);
}

/** True when the folder holds exactly what a run over the same inputs left there. */
function isCurrent(wanted) {
  try {
    const { inputs: seen, outputs } = JSON.parse(readFileSync(stampFile, 'utf8'));
    return seen === wanted && outputs === sha256(filesUnder(target, '.ts').map((file) => [file, textOf(target, file)]));
  } catch {
    return false;
  }
}

function writeWhole(file, text) {
  mkdirSync(path.dirname(file), { recursive: true });
  const draft = `${file}.${process.pid}.draft`;
  writeFileSync(draft, text);
  renameSync(draft, file);
}

function generate(wanted) {
  const scratch = mkdtempSync(path.join(tmpdir(), 'openoms-proto-'));
  try {
    const buf = require.resolve('@bufbuild/buf/bin/buf');
    // A cache of its own: nothing is fetched, and processes that run at once do not meet in the home folder.
    const env = { ...process.env, BUF_CACHE_DIR: path.join(scratch, 'cache') };
    const out = path.join(scratch, 'out');
    execFileSync(process.execPath, [buf, 'generate', '--output', out], { cwd: proto, env, stdio: 'inherit' });
    const files = filesUnder(out, '.ts');
    for (const file of files) writeWhole(path.join(target, file), textOf(out, file));
    for (const file of filesUnder(target, '.ts'))
      if (!files.includes(file)) rmSync(path.join(target, file), { force: true });
    const outputs = sha256(files.map((file) => [file, textOf(out, file)]));
    writeWhole(stampFile, JSON.stringify({ inputs: wanted, outputs }));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

const wanted = inputs();
if (!isCurrent(wanted)) generate(wanted);

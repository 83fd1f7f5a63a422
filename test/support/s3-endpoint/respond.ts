import { setTimeout as sleep } from 'node:timers/promises';
import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import type { Reply } from './call.js';
import type { Fault, Faults } from './faults.js';

const reset = (response: ServerResponse): void => {
  response.socket?.resetAndDestroy();
};

const writeHead = (response: ServerResponse, { status, headers, length }: Reply, delta = 0): void => {
  response.writeHead(status, { ...headers, ...(length !== undefined && { 'content-length': String(length + delta) }) });
};

const written = async (response: ServerResponse, chunk: Buffer): Promise<boolean> => {
  if (response.destroyed) return false;
  if (response.write(chunk)) return true;
  await new Promise<void>((resolve) => {
    const done = () => {
      response.off('drain', done).off('close', done);
      resolve();
    };
    response.on('drain', done).on('close', done);
  });
  return !response.destroyed;
};

const chunksOf = async function* (body: Buffer | Readable, limit: number): AsyncGenerator<Buffer> {
  for await (const piece of Buffer.isBuffer(body) ? [body] : body) {
    const bytes = piece as Buffer;
    for (let at = 0; at < bytes.length; at += limit) yield bytes.subarray(at, at + limit);
  }
};

/** Sends a reply as it is. */
export async function send(response: ServerResponse, reply: Reply): Promise<void> {
  writeHead(response, reply);
  const { body } = reply;
  if (body === undefined || Buffer.isBuffer(body)) response.end(body);
  else {
    for await (const chunk of body) if (!(await written(response, chunk as Buffer))) return;
    response.end();
  }
}

/** Sends a reply, with everything that `fault` does to it on its way. */
export async function sendFaulty(
  response: ServerResponse,
  reply: Reply,
  fault: Fault,
  hooks: { readonly faults: Faults; readonly change: () => void },
): Promise<void> {
  const stall = () => hooks.faults.stall((gone) => response.once('close', gone));
  if (fault.kind === 'lose-response') {
    reset(response);
    return;
  }
  if (fault.kind === 'stall' && fault.when === 'before-headers') await stall();
  if (response.destroyed) return;
  writeHead(response, reply, fault.kind === 'wrong-length' ? fault.delta : 0);
  if (fault.kind === 'reset' && fault.when === 'after-headers') {
    response.flushHeaders();
    await sleep(5); // the headers must have left before the reset, which discards what has not
    reset(response);
    return;
  }
  const length = reply.length ?? 0;
  const cut = fault.kind === 'truncate' ? Math.max(length - (fault.bytes ?? 1), 0) : length;
  const middle = Math.floor(length / 2);
  let position = 0;
  for await (const piece of chunksOf(reply.body ?? Buffer.alloc(0), pieceBytes(fault, middle))) {
    const chunk = corrupted(piece, position, fault, middle).subarray(0, cut - position);
    if (!(await written(response, chunk))) return;
    const before = position;
    position += chunk.length;
    if (fault.kind === 'drip') await sleep(fault.everyMs);
    if (before < middle && position >= middle) {
      if (fault.kind === 'change-object') hooks.change();
      if (fault.kind === 'stall' && fault.when === 'mid-body') await stall();
      if (fault.kind === 'reset' && fault.when === 'mid-body') {
        await sleep(5);
        reset(response);
        return;
      }
    }
    if (position >= cut) break;
  }
  if (fault.kind === 'truncate' || fault.kind === 'wrong-length') response.socket?.end();
  else response.end();
}

/** Small enough that "in the middle" is one. */
const pieceBytes = (fault: Fault, middle: number): number =>
  fault.kind === 'drip' ? fault.bytes : Math.max(1, Math.min(middle, 64 * 1024));

const corrupted = (chunk: Buffer, position: number, fault: Fault, middle: number): Buffer => {
  if (fault.kind !== 'corrupt') return chunk;
  const at = (fault.offset ?? middle) - position;
  if (at < 0 || at >= chunk.length) return chunk;
  const copy = Buffer.from(chunk);
  copy[at] = copy[at]! ^ 0xff;
  return copy;
};

import type { Socket } from 'node:net';
import { requestHead } from './request-head.js';
import { SmallMemory } from './small-memory.js';
import type { SocketExchange } from './socket-exchange.js';

const MEMORY_BYTES = 1024 * 1024;
/** What goes out at once, until the kernel has it. */
const outgoing = new SmallMemory(MEMORY_BYTES);

/**
 * Hands all requests to the socket in one piece, with copies of their bodies. Those that cannot be sent fail by themselves;
 * the others are returned.
 */
export function writeTogether(socket: Socket, exchanges: readonly SocketExchange[]): SocketExchange[] {
  const written: SocketExchange[] = [];
  const heads: string[] = [];
  let bytes = 0;
  let bodyBytes = 0;
  for (const exchange of exchanges) {
    try {
      const head = requestHead(exchange.request);
      heads.push(head);
      written.push(exchange);
      bytes += head.length;
      bodyBytes += bodyOf(exchange)?.length ?? 0;
    } catch (error) {
      exchange.fail(error);
    }
  }
  if (bodyBytes > 0) writeWithBodies(socket, written, heads, bytes + bodyBytes);
  else if (bytes > 0) socket.write(heads.length === 1 ? (heads[0] ?? '') : heads.join(''), 'latin1');
  return written;
}

function writeWithBodies(
  socket: Socket,
  exchanges: readonly SocketExchange[],
  heads: readonly string[],
  bytes: number,
): void {
  const whole = bytes <= MEMORY_BYTES ? outgoing.take(bytes) : Buffer.allocUnsafeSlow(bytes);
  let at = 0;
  for (const [index, exchange] of exchanges.entries()) {
    at += whole.write(heads[index] ?? '', at, 'latin1');
    at += bodyOf(exchange)?.copy(whole, at) ?? 0;
  }
  socket.write(whole);
  if (socket.writableLength === 0) outgoing.untake(whole);
}

const bodyOf = ({ request: { body } }: SocketExchange): Buffer | undefined =>
  Buffer.isBuffer(body) ? body : undefined;

import type { Socket } from 'node:net';
import type { S3WireRequest } from '../../src/object-store/s3/transport.js';
import { ByteServer } from './byte-server.js';

/** A request as it came. */
export interface ReceivedRequest {
  readonly method: string;
  readonly target: string;
  readonly body: string;
  readonly socket: Socket;
}

/** A server that takes requests apart and tells which of them came in one piece; answers are up to the test, byte for byte. */
export class RequestServer extends ByteServer {
  /** The targets of each piece that was read. */
  readonly pieces: string[][] = [];
  readonly requests: ReceivedRequest[] = [];
  answer: (request: ReceivedRequest) => void = () => undefined;
  private readonly unread = new WeakMap<Socket, string>();

  /** How often a target was asked for. */
  times(target: string): number {
    return this.requests.filter((request) => request.target === target).length;
  }

  protected received(data: Buffer, socket: Socket): void {
    let unread = (this.unread.get(socket) ?? '') + data.toString('latin1');
    const piece: string[] = [];
    this.pieces.push(piece);
    for (let length = requestLength(unread); length <= unread.length; length = requestLength(unread)) {
      const request = readRequest(unread.slice(0, length), socket);
      unread = unread.slice(length);
      piece.push(request.target);
      this.requests.push(request);
      this.answer(request);
    }
    this.unread.set(socket, unread);
  }
}

/** A request that may share a connection with others. */
export const smallGet = (target: string): S3WireRequest => ({
  method: 'GET',
  target,
  headers: ['host', 'here'],
  body: undefined,
  streamed: true,
  collectUpTo: 1000,
});

const HEAD_END = '\r\n\r\n';

/** Of the first request in the text; endless while its head is not whole. */
function requestLength(text: string): number {
  const end = text.indexOf(HEAD_END);
  if (end < 0) return Infinity;
  const length = /\r\ncontent-length: (\d+)/.exec(text.slice(0, end))?.[1] ?? '0';
  return end + HEAD_END.length + Number(length);
}

function readRequest(text: string, socket: Socket): ReceivedRequest {
  const [method = '', target = ''] = text.split(' ', 2);
  return { method, target, body: text.slice(text.indexOf(HEAD_END) + HEAD_END.length), socket };
}

import type { Socket } from 'node:net';
import { ByteServer } from './byte-server.js';

/** A server that records what comes and answers each request's head with `answer`, byte for byte. */
export class RawServer extends ByteServer {
  readonly texts: string[] = [];
  answer: (socket: Socket) => void = () => undefined;

  /** Answers every request with this, then calls `then`. */
  answering(text: string | Buffer, then: (socket: Socket) => void = () => undefined): void {
    this.answer = (socket) => {
      socket.write(text);
      then(socket);
    };
  }

  protected received(data: Buffer, socket: Socket): void {
    this.texts.push(data.toString('latin1'));
    if (data.includes('HTTP/1.1')) this.answer(socket);
  }
}

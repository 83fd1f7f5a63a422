import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls, type SecureContext } from 'node:tls';

const WRITE_AHEAD_BYTES = 512 * 1024;
const TCP_KEEPALIVE_MS = 60_000;

/** Where connections go to, and what they share. */
export interface SocketTarget {
  readonly origin: URL;
  /** For https: making one reads all certificates that are trusted, so one serves all connections. */
  readonly secureContext: SecureContext | undefined;
  /** The last one that the server gave; spares the next connection half of the handshake. */
  tlsSession: Buffer | undefined;
}

/** Where a socket reads to, in place of memory of its own for every read. */
export interface ReadInto {
  /** Asked before each read. */
  buffer(): Buffer;
  /** So many bytes are in the buffer; false pauses. */
  callback(bytes: number, buffer: Uint8Array): boolean;
}

/** A connection in the making; what is written to it waits until it is there. `onOpen` is called then. */
export function openSocket(target: SocketTarget, onread: ReadInto, onOpen: () => void): Socket {
  const { protocol, hostname, port } = target.origin;
  const secure = protocol === 'https:';
  const host = hostname.replace(/^\[|\]$/g, '');
  const options = {
    host,
    port: port === '' ? (secure ? 443 : 80) : Number(port),
    onread,
    writableHighWaterMark: WRITE_AHEAD_BYTES,
  };
  const socket = secure ? openTls(target, host, options) : connectTcp(options);
  return socket
    .setNoDelay(true)
    .setKeepAlive(true, TCP_KEEPALIVE_MS)
    .once(secure ? 'secureConnect' : 'connect', onOpen);
}

function openTls(
  target: SocketTarget,
  host: string,
  options: { readonly port: number; readonly onread: ReadInto },
): Socket {
  const { tlsSession, secureContext } = target;
  const socket = connectTls({
    ...options,
    host,
    ALPNProtocols: ['http/1.1'],
    ...(isIP(host) === 0 && { servername: host }),
    ...(tlsSession !== undefined && { session: tlsSession }),
    ...(secureContext !== undefined && { secureContext }),
  });
  return socket.on('session', (session) => (target.tlsSession = session));
}

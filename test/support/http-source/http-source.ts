import { createServer as createPlainServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { answerWith, type HttpResource } from './resource.js';

/** What came in. */
export interface SeenRequest {
  readonly method: string;
  /** Path and query as they were on the wire. */
  readonly target: string;
  readonly headers: IncomingMessage['headers'];
}

/** Says what a request is really for: a path on this server, or a status that refuses it. */
export type Gate = (request: SeenRequest, origin: string) => { readonly path: string } | { readonly status: number };

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

export interface HttpSourceOptions {
  /** Serves https with this certificate. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** Stands before everything, as the signature check of a CDN does. */
  readonly gate?: Gate;
}

/** A web server on this machine with objects to download, well-behaved or not. */
export class HttpSource {
  readonly requests: SeenRequest[] = [];
  /** Connections since the start. */
  connections = 0;
  private readonly resources = new Map<string, HttpResource>();
  private readonly handlers = new Map<string, Handler>();

  private constructor(
    private readonly server: Server,
    private readonly scheme: 'http' | 'https',
    private readonly gate: Gate | undefined,
  ) {}

  static async start({ tls, gate }: HttpSourceOptions = {}): Promise<HttpSource> {
    const server = tls === undefined ? createPlainServer() : createTlsServer(tls);
    const source = new HttpSource(server, tls === undefined ? 'http' : 'https', gate);
    server.on('connection', () => source.connections++);
    server.on('request', (request: IncomingMessage, response: ServerResponse) => source.take(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return source;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get origin(): string {
    return `${this.scheme}://127.0.0.1:${this.port}`;
  }

  /** Puts an object under a path, not encoded, that begins with a slash. Answers its URL. */
  serve(path: string, resource: HttpResource | string): string {
    this.resources.set(path, typeof resource === 'string' ? { content: resource } : resource);
    return this.urlOf(path);
  }

  /** Leaves the requests for a path to a function. Answers its URL. */
  handle(path: string, handler: Handler): string {
    this.handlers.set(path, handler);
    return this.urlOf(path);
  }

  /** Answers the path with a redirect. */
  redirect(path: string, location: string, status = 302): string {
    return this.handle(path, (_request, response) => response.writeHead(status, { location }).end('over there'));
  }

  /** Answers the path with a status. */
  refuse(path: string, status: number, headers: Readonly<Record<string, string>> = {}): string {
    return this.handle(path, (_request, response) => response.writeHead(status, headers).end('<html>no</html>'));
  }

  remove(path: string): void {
    this.resources.delete(path);
    this.handlers.delete(path);
  }

  urlOf(path: string): string {
    return this.origin + encodeURIComponent(path).replaceAll('%2F', '/');
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private take(request: IncomingMessage, response: ServerResponse): void {
    const seen: SeenRequest = {
      method: request.method ?? '',
      target: request.url ?? '',
      headers: request.headers,
    };
    this.requests.push(seen);
    response.on('error', () => undefined);
    const verdict = this.gate?.(seen, this.origin) ?? { path: seen.target.split('?', 1)[0] ?? '' };
    if ('status' in verdict) {
      response.writeHead(verdict.status).end('<html>refused</html>');
      return;
    }
    const path = decoded(verdict.path);
    const handler = this.handlers.get(path);
    const resource = this.resources.get(path);
    if (handler !== undefined) handler(request, response);
    else if (resource === undefined) response.writeHead(404).end('<html>nothing here</html>');
    else answerWith(resource, request, response);
  }
}

/** A path that is not well-formed names nothing. */
function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

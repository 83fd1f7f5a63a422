import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type grpc from '@grpc/grpc-js';
import type { EventStoreDBServer } from './eventstoredb-server.js';
import type { Leader, Method } from './faults.js';
import { HOST } from './listener.js';

/** What another process can ask of the server: one JSON object per POST. Each is answered with JSON. */
export type ControlCommand =
  | { readonly do: 'dropConnections' | 'refuseConnections' | 'acceptConnections' | 'scavenge' | 'statistics' }
  | { readonly do: 'release' | 'clear' }
  | { readonly do: 'delay'; readonly ms: number; readonly methods?: readonly Method[] }
  | { readonly do: 'stall'; readonly methods?: readonly Method[] }
  | { readonly do: 'loseAnswers'; readonly count: number; readonly methods?: readonly Method[] }
  | {
      readonly do: 'failNext';
      readonly method: Method;
      readonly code: grpc.status;
      readonly times?: number;
      readonly details?: string;
    }
  | { readonly do: 'failSubscriptions'; readonly code: grpc.status; readonly details?: string }
  | { readonly do: 'notLeader'; readonly leader?: Leader }
  | { readonly do: 'advanceTime'; readonly ms: number };

/** Carries out one command; what it answers is what the method of the same name does. */
export const carryOut = async (server: EventStoreDBServer, command: ControlCommand): Promise<unknown> => {
  const { faults } = server;
  switch (command.do) {
    case 'dropConnections':
      return server.dropConnections();
    case 'refuseConnections':
      return server.refuseConnections();
    case 'acceptConnections':
      return server.acceptConnections();
    case 'scavenge':
      return server.scavenge();
    case 'statistics':
      return server.statistics;
    case 'release':
      faults.release();
      return;
    case 'clear':
      faults.clear();
      return;
    case 'delay':
      faults.delay(command.ms, command.methods);
      return;
    case 'stall':
      faults.stall(command.methods);
      return;
    case 'loseAnswers':
      faults.loseAnswers(command.count, command.methods);
      return;
    case 'failNext':
      faults.failNext(command.method, command.code, command);
      return;
    case 'failSubscriptions':
      return server.failSubscriptions(command.code, command.details);
    case 'notLeader':
      faults.notLeader(command.leader);
      return;
    case 'advanceTime':
      server.advanceTime(command.ms);
      return;
  }
};

const readCommand = async (message: IncomingMessage): Promise<ControlCommand> => {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString('utf8')) as ControlCommand;
};

/** Takes commands over HTTP on a port of its own. A bad one is answered with status 400 and the reason. */
export const startControlServer = async (
  server: EventStoreDBServer,
): Promise<{ readonly port: number; readonly http: Server }> => {
  const http = createServer((message, response) => {
    const answer = (code: number, body: unknown) =>
      response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(body ?? null));
    void readCommand(message)
      .then((command) => carryOut(server, command))
      .then(
        (result) => answer(200, result),
        (error: unknown) => answer(400, { error: String(error) }),
      );
  });
  http.listen(0, HOST);
  await once(http, 'listening');
  return { port: (http.address() as AddressInfo).port, http };
};

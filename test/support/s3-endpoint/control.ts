import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Fault, FaultHandle, FaultMatcher, FaultSchedule } from './faults.js';
import type { Seed } from './inspector.js';
import type { S3Endpoint } from './endpoint.js';

/** What another process can ask of `POST /__control`, as JSON. */
export type ControlCommand =
  /** Answers `{ id }`. */
  | { readonly do: 'fault'; readonly matcher: FaultMatcher; readonly fault: Fault; readonly schedule?: FaultSchedule }
  | { readonly do: 'removeFault'; readonly id: number }
  | { readonly do: 'clearFaults' }
  | { readonly do: 'release' }
  /** Answers the counters by operation. */
  | { readonly do: 'requests' }
  /** Answers the objects without their content. */
  | { readonly do: 'objects'; readonly bucket: string }
  | { readonly do: 'uploads'; readonly bucket: string }
  | { readonly do: 'createBucket'; readonly bucket: string }
  | {
      readonly do: 'seed';
      readonly bucket: string;
      readonly key: string;
      readonly base64: string;
      readonly seed?: Seed;
    }
  | { readonly do: 'remove'; readonly bucket: string; readonly key: string }
  | { readonly do: 'setLastModified'; readonly bucket: string; readonly key: string; readonly at: string }
  | { readonly do: 'finishRestores'; readonly bucket: string };

const faultHandles = new WeakMap<S3Endpoint, Map<number, FaultHandle>>();

const handlesOf = (endpoint: S3Endpoint): Map<number, FaultHandle> => {
  const handles = faultHandles.get(endpoint) ?? new Map<number, FaultHandle>();
  faultHandles.set(endpoint, handles);
  return handles;
};

const run = async (endpoint: S3Endpoint, command: ControlCommand): Promise<unknown> => {
  switch (command.do) {
    case 'fault': {
      const handle = endpoint.faults.always(command.matcher, command.fault, command.schedule);
      handlesOf(endpoint).set(handle.id, handle);
      return { id: handle.id };
    }
    case 'removeFault':
      return handlesOf(endpoint).get(command.id)?.remove();
    case 'clearFaults': {
      endpoint.faults.clear();
      return;
    }
    case 'release': {
      endpoint.faults.release();
      return;
    }
    case 'requests':
      return endpoint.requests;
    case 'objects':
      return endpoint.objects(command.bucket);
    case 'uploads':
      return endpoint.uploads(command.bucket);
    case 'createBucket': {
      endpoint.createBucket(command.bucket);
      return;
    }
    case 'seed': {
      const seed = command.seed && {
        ...command.seed,
        ...(command.seed.lastModified && { lastModified: new Date(command.seed.lastModified) }),
      };
      return endpoint.seed(command.bucket, command.key, Buffer.from(command.base64, 'base64'), seed);
    }
    case 'remove': {
      endpoint.remove(command.bucket, command.key);
      return;
    }
    case 'setLastModified': {
      endpoint.setLastModified(command.bucket, command.key, new Date(command.at));
      return;
    }
    case 'finishRestores':
      return { finished: endpoint.finishRestores(command.bucket) };
  }
};

/** Carries out one command; a bad one is answered with status 400 and its reason. */
export async function handleControl(
  endpoint: S3Endpoint,
  message: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  try {
    const answer = await run(endpoint, JSON.parse(Buffer.concat(chunks).toString('utf8')) as ControlCommand);
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer ?? {}));
  } catch (error) {
    response.writeHead(400, { 'content-type': 'application/json' }).end(JSON.stringify({ error: String(error) }));
  }
}

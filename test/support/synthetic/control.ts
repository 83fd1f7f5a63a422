import type { IncomingMessage, ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';
import type { GeneratedBucket } from './generated-bucket.js';
import type { SyntheticCommand } from './plan.js';
import type { SinkBucket } from './sink-bucket.js';
import type { SyntheticEndpoint } from './synthetic-endpoint.js';

function generatedIn(endpoint: SyntheticEndpoint, name: string): GeneratedBucket {
  const { generated } = endpoint.bucket(name);
  if (generated === undefined) throw new Error(`The objects of ${name} are not generated`);
  return generated;
}

function preset(from: GeneratedBucket, to: SinkBucket, every: number, modifiedMs: number): number {
  let objects = 0;
  for (let index = 0; index < from.count; index += every) {
    to.put(from.key(index), { size: from.size(index), md5: from.md5(index), content: undefined }, modifiedMs);
    objects++;
  }
  return objects;
}

function wrongCopies(from: GeneratedBucket, to: SinkBucket, partBytes: number): readonly string[] {
  const wrong: string[] = [];
  for (let index = 0; index < from.count; index++) {
    const key = from.key(index);
    const copy = to.find(key);
    const inParts = copy?.etag.includes('-') === true;
    const etag = () => (inParts ? from.etagInParts(index, partBytes) : from.md5(index));
    const right = from.isDenied(index) ? copy === undefined : copy?.size === from.size(index) && copy.etag === etag();
    if (!right) wrong.push(key);
  }
  return wrong;
}

function run(endpoint: SyntheticEndpoint, command: SyntheticCommand): unknown {
  switch (command.do) {
    case 'traffic':
      return endpoint.traffic.snapshot();
    case 'written':
      return endpoint.bucket(command.bucket).sink.written;
    case 'objects':
      return [...endpoint.bucket(command.bucket).sink.under(command.prefix)].map((kept) => ({
        ...kept,
        content: null,
      }));
    case 'texts':
      return Object.fromEntries(
        [...endpoint.bucket(command.bucket).sink.under(command.prefix)].map(({ key, content }) => [
          key,
          content?.toString(),
        ]),
      );
    case 'preset':
      return preset(
        generatedIn(endpoint, command.from),
        endpoint.bucket(command.to).sink,
        command.every,
        command.modifiedMs,
      );
    case 'compare':
      return wrongCopies(generatedIn(endpoint, command.from), endpoint.bucket(command.to).sink, command.partBytes);
    case 'uploads':
      return endpoint.bucket(command.bucket).sink.openUploads();
  }
}

/** Carries out one command; a bad one is answered with status 400 and its reason. */
export async function handleControl(
  endpoint: SyntheticEndpoint,
  message: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const type = { 'content-type': 'application/json' };
  try {
    const answer = run(endpoint, (await json(message)) as SyntheticCommand);
    response.writeHead(200, type).end(JSON.stringify(answer ?? null));
  } catch (error) {
    response.writeHead(400, type).end(JSON.stringify({ error: String(error) }));
  }
}

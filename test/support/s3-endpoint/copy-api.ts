import { createHash } from 'node:crypto';
import { attributesOf, checkConditions, checkWriteConditions } from './attributes.js';
import { MAX_PUT_BYTES } from './body.js';
import { allow, xmlReply, type Call, type Reply } from './call.js';
import type { Content } from './content.js';
import { header } from './request.js';
import { S3Error } from './s3-error.js';
import { isFrozen, type State, type StoredObject } from './state.js';
import { element } from './xml.js';

/** `/bucket/key` or `bucket/key`, URL-encoded; S3 reads a bare plus sign as a space here. */
const parseSource = (text: string): { bucket: string; key: string } => {
  const [path = '', query] = text.split('?', 2);
  if (query !== undefined && query !== 'versionId=null')
    throw new S3Error('NotImplemented', 'There are no versions here');
  let decoded: string;
  try {
    decoded = decodeURIComponent(path.replaceAll('+', ' '));
  } catch {
    throw new S3Error('InvalidArgument', 'Copy Source must be URL-encoded');
  }
  const plain = decoded.startsWith('/') ? decoded.slice(1) : decoded;
  const slash = plain.indexOf('/');
  if (slash < 1 || slash === plain.length - 1)
    throw new S3Error('InvalidArgument', 'Copy Source must mention the source bucket and key: sourcebucket/sourcekey');
  return { bucket: plain.slice(0, slash), key: plain.slice(slash + 1) };
};

export interface CopySource {
  readonly bucket: string;
  readonly key: string;
  readonly object: StoredObject;
}

/** The object that x-amz-copy-source names, once its conditions hold. */
export const sourceOf = ({ request, state, who }: Call): CopySource => {
  const source = parseSource(header(request.headers, 'x-amz-copy-source') ?? '');
  allow(who, source.bucket);
  const object = state.object(source.bucket, source.key);
  if (checkConditions(request, object, 'x-amz-copy-source-')) throw new S3Error('PreconditionFailed');
  if (isFrozen(object)) throw new S3Error('InvalidObjectState');
  return { ...source, object };
};

export const md5Of = async (state: State, content: Content): Promise<string> => {
  const hash = createHash('md5');
  const body = state.content.read(content);
  if (Buffer.isBuffer(body)) hash.update(body);
  else for await (const chunk of body) hash.update(chunk as Buffer);
  return hash.digest('hex');
};

const directive = ({ request }: Call, name: string): 'COPY' | 'REPLACE' => {
  const value = header(request.headers, name) ?? 'COPY';
  if (value !== 'COPY' && value !== 'REPLACE') throw new S3Error('InvalidArgument', `Unknown directive in ${name}`);
  return value;
};

export async function copyObject(call: Call): Promise<Reply> {
  const { request, state, now } = call;
  const bucket = state.bucket(request.bucket);
  const source = sourceOf(call);
  const { object } = source;
  if (object.content.size > MAX_PUT_BYTES)
    throw new S3Error('InvalidRequest', 'The source is larger than the maximum allowable size');
  const given = attributesOf(request);
  const metadata = directive(call, 'x-amz-metadata-directive');
  const tagging = directive(call, 'x-amz-tagging-directive');
  const toItself = source.bucket === request.bucket && source.key === request.key;
  if (toItself && metadata === 'COPY' && request.headers['x-amz-storage-class'] === undefined)
    throw new S3Error(
      'InvalidRequest',
      'This copy request is illegal because it is trying to copy an object to itself',
    );
  const etag = object.etag.includes('-') ? await md5Of(state, object.content) : object.etag;
  checkWriteConditions(request, bucket.objects.get(request.key));
  const lastModified = now();
  state.put(bucket, request.key, {
    ...given,
    headers: metadata === 'COPY' ? object.headers : given.headers,
    tags: tagging === 'COPY' ? object.tags : given.tags,
    content: object.content,
    etag,
    lastModified,
  });
  return xmlReply(
    'CopyObjectResult',
    element('LastModified', lastModified.toISOString()) + element('ETag', `"${etag}"`),
  );
}

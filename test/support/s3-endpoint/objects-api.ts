import { attributesOf, checkConditions, checkTags, checkWriteConditions, headersOf } from './attributes.js';
import { receive, receiveText } from './body.js';
import { emptyReply, xmlReply, type Call, type Reply } from './call.js';
import { S3Error } from './s3-error.js';
import { isArchived, isFrozen, type StoredObject } from './state.js';
import { element, elements, requireRoot, textOf } from './xml.js';

export async function putObject({ request, payload, state, now }: Call): Promise<Reply> {
  const bucket = state.bucket(request.bucket);
  const attributes = attributesOf(request);
  checkWriteConditions(request, bucket.objects.get(request.key));
  const { content, md5Hex } = await receive(request, payload, state.content);
  try {
    checkWriteConditions(request, bucket.objects.get(request.key)); // again: another one may have come meanwhile
  } catch (error) {
    state.content.drop(content);
    throw error;
  }
  state.put(bucket, request.key, { ...attributes, content, etag: md5Hex, lastModified: now() });
  const { encryption } = attributes;
  return emptyReply(200, {
    etag: `"${md5Hex}"`,
    ...(encryption !== undefined && { 'x-amz-server-side-encryption': encryption }),
  });
}

interface Range {
  readonly start: number;
  readonly end: number;
}

/** Undefined when there is no range, or one that S3 passes over; anything after the end is refused. */
export const parseRange = (text: string | undefined, size: number): Range | undefined => {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(text ?? '') ?? [];
  if (first === '' && last === '') return undefined;
  const start = first === '' ? Math.max(size - Number(last), 0) : Number(first);
  const end = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (first !== '' && last !== '' && Number(last) < start) return undefined;
  if (start >= size || (first === '' && last === '0')) throw new S3Error('InvalidRange');
  return { start, end };
};

const readObject = ({ request, state }: Call, withBody: boolean): Reply => {
  const object = state.object(request.bucket, request.key);
  const headers = headersOf(object);
  if (checkConditions(request, object)) return { status: 304, headers: { etag: headers['etag'] ?? '' } };
  if (withBody && isFrozen(object)) throw new S3Error('InvalidObjectState');
  const { size } = object.content;
  const range = parseRange(request.headers.range, size);
  const content = range === undefined ? object.content : state.content.slice(object.content, range.start, range.end);
  return {
    status: range === undefined ? 200 : 206,
    headers:
      range === undefined ? headers : { ...headers, 'content-range': `bytes ${range.start}-${range.end}/${size}` },
    length: content.size,
    ...(withBody && { body: state.content.read(content) }),
  };
};

export const getObject = (call: Call): Reply => readObject(call, true);
export const headObject = (call: Call): Reply => readObject(call, false);

export function deleteObject({ request, state }: Call): Reply {
  state.delete(state.bucket(request.bucket), request.key);
  return emptyReply(204);
}

export async function deleteObjects({ request, payload, state }: Call): Promise<Reply> {
  const { headers } = request;
  if (headers['content-md5'] === undefined && !Object.keys(headers).some((name) => name.startsWith('x-amz-checksum-')))
    throw new S3Error('InvalidRequest', 'Missing required header for this request: Content-MD5');
  const bucket = state.bucket(request.bucket);
  const xml = requireRoot(await receiveText(request, payload, state.content), 'Delete');
  const keys = elements(xml, 'Object').map((each) => textOf(each, 'Key'));
  if (keys.length === 0 || keys.length > 1000) throw new S3Error('MalformedXML');
  const quiet = textOf(xml, 'Quiet') === 'true';
  const results = keys.map((key) => {
    if (key === undefined) throw new S3Error('MalformedXML');
    state.delete(bucket, key);
    return quiet ? '' : `<Deleted>${element('Key', key)}</Deleted>`;
  });
  return xmlReply('DeleteResult', results.join(''));
}

export function getTagging({ request, state }: Call): Reply {
  const { tags } = state.object(request.bucket, request.key);
  const list = Object.entries(tags).map(
    ([name, value]) => `<Tag>${element('Key', name)}${element('Value', value)}</Tag>`,
  );
  return xmlReply('Tagging', `<TagSet>${list.join('')}</TagSet>`);
}

export async function putTagging({ request, payload, state }: Call): Promise<Reply> {
  state.object(request.bucket, request.key);
  const xml = requireRoot(await receiveText(request, payload, state.content), 'Tagging');
  const tags = checkTags(elements(xml, 'Tag').map((tag) => [textOf(tag, 'Key') ?? '', textOf(tag, 'Value') ?? '']));
  replace({ request, state }, { ...state.object(request.bucket, request.key), tags });
  return emptyReply(200);
}

export function deleteTagging({ request, state }: Call): Reply {
  replace({ request, state }, { ...state.object(request.bucket, request.key), tags: {} });
  return emptyReply(204);
}

const replace = ({ request, state }: Pick<Call, 'request' | 'state'>, object: StoredObject): void =>
  state.put(state.bucket(request.bucket), request.key, object);

/** 202 for the first request, 200 when restored already, 409 in between. */
export async function restoreObject({ request, payload, state, now }: Call): Promise<Reply> {
  const xml = requireRoot(await receiveText(request, payload, state.content), 'RestoreRequest');
  const object = state.object(request.bucket, request.key);
  if (!isArchived(object))
    throw new S3Error('InvalidObjectState', 'Restore is not allowed for the object’s current storage class');
  if (object.restore?.state === 'ongoing') throw new S3Error('RestoreAlreadyInProgress');
  const days = Number(textOf(xml, 'Days'));
  if (!(Number.isInteger(days) && days > 0)) throw new S3Error('MalformedXML');
  const expiry = new Date(now().getTime() + days * 86_400_000);
  const progress = object.restore === undefined ? 'ongoing' : 'done';
  replace({ request, state }, { ...object, restore: { state: progress, expiry } });
  return emptyReply(progress === 'ongoing' ? 202 : 200);
}

import { createHash, randomUUID } from 'node:crypto';
import { attributesOf, checkWriteConditions } from './attributes.js';
import { MAX_PUT_BYTES, receive, receiveText } from './body.js';
import { emptyReply, xmlReply, type Call, type Reply } from './call.js';
import { contentOf } from './content.js';
import { md5Of, sourceOf } from './copy-api.js';
import { parseRange } from './objects-api.js';
import { header } from './request.js';
import { S3Error } from './s3-error.js';
import type { Part, Upload } from './state.js';
import { element, elements, requireRoot, textOf } from './xml.js';

const uploadOf = ({ request, state }: Call): Upload => {
  const upload = state.bucket(request.bucket).uploads.get(request.query.get('uploadId') ?? '');
  if (upload?.key !== request.key) throw new S3Error('NoSuchUpload');
  return upload;
};

export function createUpload({ request, state, now }: Call): Reply {
  const bucket = state.bucket(request.bucket);
  const id = randomUUID().replaceAll('-', '');
  bucket.uploads.set(id, {
    id,
    key: request.key,
    attributes: attributesOf(request),
    initiated: now(),
    parts: new Map(),
  });
  return xmlReply(
    'InitiateMultipartUploadResult',
    element('Bucket', request.bucket) + element('Key', request.key) + element('UploadId', id),
  );
}

const partNumberOf = ({ request }: Call): number => {
  const text = request.query.get('partNumber') ?? '';
  const partNumber = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (partNumber < 1 || partNumber > 10_000)
    throw new S3Error('InvalidArgument', 'Part number must be an integer between 1 and 10000, inclusive');
  return partNumber;
};

const keepPart = (call: Call, partNumber: number, part: Part): void => {
  const { state } = call;
  let upload: Upload;
  try {
    upload = uploadOf(call); // again: it may have ended while the part came
  } catch (error) {
    state.content.drop(part.content);
    throw error;
  }
  const before = upload.parts.get(partNumber);
  state.content.retain(part.content);
  upload.parts.set(partNumber, part);
  if (before !== undefined) state.content.release(before.content);
};

export async function uploadPart(call: Call): Promise<Reply> {
  const partNumber = partNumberOf(call);
  uploadOf(call);
  const { content, md5Hex } = await receive(call.request, call.payload, call.state.content);
  keepPart(call, partNumber, { content, etag: md5Hex, lastModified: call.now() });
  return emptyReply(200, { etag: `"${md5Hex}"` });
}

export async function uploadPartCopy(call: Call): Promise<Reply> {
  const { request, state } = call;
  const partNumber = partNumberOf(call);
  uploadOf(call);
  const { object } = sourceOf(call);
  const text = header(request.headers, 'x-amz-copy-source-range');
  const range = parseRange(text, object.content.size);
  if (
    text !== undefined &&
    (range === undefined || !/^bytes=\d+-\d+$/.test(text) || Number(text.split('-')[1]) !== range.end)
  )
    throw new S3Error('InvalidArgument', 'Range specified is not valid for source object');
  const content = range === undefined ? object.content : state.content.slice(object.content, range.start, range.end);
  if (content.size > MAX_PUT_BYTES) throw new S3Error('EntityTooLarge');
  const part = { content, etag: await md5Of(state, content), lastModified: call.now() };
  keepPart(call, partNumber, part);
  return xmlReply(
    'CopyPartResult',
    element('LastModified', part.lastModified.toISOString()) + element('ETag', `"${part.etag}"`),
  );
}

export function listParts(call: Call): Reply {
  const { request } = call;
  const upload = uploadOf(call);
  const marker = Number(request.query.get('part-number-marker') ?? 0);
  const maxParts = Math.min(Number(request.query.get('max-parts') ?? 1000), 1000);
  const all = [...upload.parts].filter(([partNumber]) => partNumber > marker).sort(([a], [b]) => a - b);
  const page = all.slice(0, maxParts);
  const parts = page.map(
    ([partNumber, { etag, content, lastModified }]) =>
      `<Part>${element('PartNumber', partNumber)}${element('LastModified', lastModified.toISOString())}` +
      `${element('ETag', `"${etag}"`)}${element('Size', content.size)}</Part>`,
  );
  return xmlReply(
    'ListPartsResult',
    [
      element('Bucket', request.bucket),
      element('Key', request.key),
      element('UploadId', upload.id),
      element('PartNumberMarker', marker),
      element('NextPartNumberMarker', page.at(-1)?.[0] ?? marker),
      element('MaxParts', maxParts),
      element('IsTruncated', all.length > page.length),
      ...parts,
    ].join(''),
  );
}

const chosenParts = (xml: string, upload: Upload, minPartBytes: number): Part[] => {
  const chosen = elements(requireRoot(xml, 'CompleteMultipartUpload'), 'Part').map((part) => ({
    partNumber: Number(textOf(part, 'PartNumber')),
    etag: textOf(part, 'ETag')?.replace(/^"|"$/g, ''),
  }));
  if (chosen.length === 0) throw new S3Error('MalformedXML');
  return chosen.map(({ partNumber, etag }, at) => {
    if (at > 0 && partNumber <= chosen[at - 1]!.partNumber) throw new S3Error('InvalidPartOrder');
    const part = upload.parts.get(partNumber);
    if (part === undefined || part.etag !== etag) throw new S3Error('InvalidPart');
    if (at < chosen.length - 1 && part.content.size < minPartBytes) throw new S3Error('EntityTooSmall');
    return part;
  });
};

export async function completeUpload(call: Call): Promise<Reply> {
  const { request, payload, state, now } = call;
  const xml = await receiveText(request, payload, state.content);
  const upload = uploadOf(call);
  const bucket = state.bucket(request.bucket);
  const parts = chosenParts(xml, upload, call.minPartBytes);
  checkWriteConditions(request, bucket.objects.get(request.key));
  const hash = createHash('md5');
  for (const { etag } of parts) hash.update(etag, 'hex');
  const etag = `${hash.digest('hex')}-${parts.length}`;
  const content = contentOf(parts.flatMap((part) => part.content.segments));
  state.put(bucket, request.key, { ...upload.attributes, content, etag, lastModified: now() });
  endUpload(call, upload);
  return xmlReply(
    'CompleteMultipartUploadResult',
    [
      element('Location', `http://${request.headers.host ?? ''}${request.rawPath}`),
      element('Bucket', request.bucket),
      element('Key', request.key),
      element('ETag', `"${etag}"`),
    ].join(''),
  );
}

export function abortUpload(call: Call): Reply {
  endUpload(call, uploadOf(call));
  return emptyReply(204);
}

const endUpload = ({ request, state }: Call, upload: Upload): void => {
  state.bucket(request.bucket).uploads.delete(upload.id);
  for (const part of upload.parts.values()) state.content.release(part.content);
};

export function listUploads({ request, state }: Call): Reply {
  const prefix = request.query.get('prefix') ?? '';
  const uploads = [...state.bucket(request.bucket).uploads.values()].filter(({ key }) => key.startsWith(prefix));
  const list = uploads.map(
    ({ id, key, initiated, attributes }) =>
      `<Upload>${element('Key', key)}${element('UploadId', id)}${element('StorageClass', attributes.storageClass)}` +
      `${element('Initiated', initiated.toISOString())}</Upload>`,
  );
  return xmlReply(
    'ListMultipartUploadsResult',
    [
      element('Bucket', request.bucket),
      element('Prefix', prefix),
      element('MaxUploads', 1000),
      element('IsTruncated', false),
      ...list,
    ].join(''),
  );
}

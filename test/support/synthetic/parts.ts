import { text } from 'node:stream/consumers';
import type { S3Request } from '../s3-endpoint/request.js';
import { S3Error } from '../s3-endpoint/s3-error.js';
import { document, element, elements, requireRoot, textOf } from '../s3-endpoint/xml.js';
import type { SinkBucket } from './sink-bucket.js';

const MAX_PARTS = 1000;

export function listParts(sink: SinkBucket, { key, query }: S3Request, uploadId: string): string {
  const marker = Number(query.get('part-number-marker') ?? 0);
  const maxParts = Math.min(Number(query.get('max-parts') ?? MAX_PARTS), MAX_PARTS);
  const left = [...sink.upload(key, uploadId).parts]
    .filter(([partNumber]) => partNumber > marker)
    .sort(([a], [b]) => a - b);
  const page = left.slice(0, maxParts);
  const parts = page.map(
    ([partNumber, { etag, size }]) =>
      `<Part>${element('PartNumber', partNumber)}${element('ETag', `"${etag}"`)}${element('Size', size)}</Part>`,
  );
  return document(
    'ListPartsResult',
    [
      element('UploadId', uploadId),
      element('NextPartNumberMarker', page.at(-1)?.[0] ?? marker),
      element('IsTruncated', left.length > page.length),
      ...parts,
    ].join(''),
  );
}

export async function completeUpload(sink: SinkBucket, request: S3Request, uploadId: string): Promise<string> {
  const xml = await text(request.message);
  const named = elements(requireRoot(xml, 'CompleteMultipartUpload'), 'Part').map((part) => ({
    partNumber: Number(textOf(part, 'PartNumber')),
    etag: (textOf(part, 'ETag') ?? '').replaceAll('"', ''),
  }));
  if (named.length === 0) throw new S3Error('MalformedXML');
  const etag = sink.complete(request.key, uploadId, named);
  return document('CompleteMultipartUploadResult', element('Key', request.key) + element('ETag', `"${etag}"`));
}

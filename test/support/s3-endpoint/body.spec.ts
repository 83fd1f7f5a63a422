import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { ChecksumAlgorithm, CopyObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { Bucket, describeEndpoint, refusal } from './endpoint-under-test.js';

describeEndpoint('checking', (subject) => {
  it.each(Object.values(ChecksumAlgorithm).filter((each) => ['CRC32', 'CRC32C', 'SHA1', 'SHA256'].includes(each)))(
    'checks %s, of buffers and of chunked streams',
    async (ChecksumAlgorithm) => {
      const bytes = randomBytes(200_000);
      await subject.put('buffer', bytes, { ChecksumAlgorithm });
      await subject.client.send(
        new PutObjectCommand({
          Bucket,
          Key: 'stream',
          Body: Readable.from([bytes]),
          ContentLength: bytes.length,
          ChecksumAlgorithm,
        }),
      );
      expect(await subject.endpoint.object(Bucket, 'stream')!.content()).toEqual(bytes);
      expect(subject.endpoint.object(Bucket, 'stream')!.headers['content-encoding']).toBeUndefined();
      const wrong = {
        [`Checksum${ChecksumAlgorithm}`]: ChecksumAlgorithm.startsWith('CRC')
          ? 'AAAAAA=='
          : createHash(ChecksumAlgorithm.toLowerCase()).digest('base64'),
      };
      await expect(subject.put('wrong', bytes, wrong)).rejects.toEqual(refusal('BadDigest', 400));
      expect(subject.endpoint.object(Bucket, 'wrong')).toBeUndefined();
    },
  );

  it('checks Content-MD5 and the length', async () => {
    const ContentMD5 = createHash('md5').update('other').digest('base64');
    await expect(subject.put('k', 'content', { ContentMD5 })).rejects.toEqual(refusal('BadDigest', 400));
    await expect(subject.put('k', 'content', { ContentMD5: 'nonsense' })).rejects.toEqual(
      refusal('InvalidDigest', 400),
    );
    await subject.put('k', 'other', { ContentMD5 });
    expect(await subject.get('k')).toBe('other');
  });

  it('reads ranges and honours conditions', async () => {
    const { ETag } = await subject.put('k', '0123456789');
    expect(await subject.get('k', { Range: 'bytes=2-4' })).toBe('234');
    expect(await subject.get('k', { Range: 'bytes=7-' })).toBe('789');
    expect(await subject.get('k', { Range: 'bytes=-2' })).toBe('89');
    expect(await subject.get('k', { Range: 'bytes=8-100' })).toBe('89');
    await expect(subject.get('k', { Range: 'bytes=10-12' })).rejects.toEqual(refusal('InvalidRange', 416));
    expect(await subject.get('k', { IfMatch: ETag })).toHaveLength(10);
    await expect(subject.get('k', { IfMatch: '"other"' })).rejects.toEqual(refusal('PreconditionFailed', 412));
    await expect(subject.get('k', { IfNoneMatch: ETag })).rejects.toMatchObject({ $metadata: { httpStatusCode: 304 } });
    subject.endpoint.setLastModified(Bucket, 'k', new Date('2026-01-02T00:00:00Z'));
    await expect(subject.get('k', { IfModifiedSince: new Date('2026-01-02T00:00:00Z') })).rejects.toMatchObject({
      $metadata: { httpStatusCode: 304 },
    });
    expect(await subject.get('k', { IfModifiedSince: new Date('2026-01-01T23:59:59Z') })).toHaveLength(10);
    await expect(subject.get('k', { IfUnmodifiedSince: new Date('2026-01-01T00:00:00Z') })).rejects.toEqual(
      refusal('PreconditionFailed', 412),
    );
  });

  it('copies with either directive and conditions', async () => {
    const { ETag } = await subject.put('from +é', 'content', {
      Metadata: { a: 'b' },
      ContentType: 'text/a',
      Tagging: 'x=y',
    });
    const CopySource = `/${Bucket}/${encodeURIComponent('from +é')}`;
    const copy = (more = {}) => subject.client.send(new CopyObjectCommand({ Bucket, Key: 'to', CopySource, ...more }));
    expect((await copy({ CopySourceIfMatch: ETag })).CopyObjectResult).toMatchObject({ ETag });
    expect(subject.endpoint.object(Bucket, 'to')).toMatchObject({
      headers: { 'content-type': 'text/a', 'x-amz-meta-a': 'b' },
      tags: { x: 'y' },
    });
    await copy({ MetadataDirective: 'REPLACE', ContentType: 'text/c', TaggingDirective: 'REPLACE', Tagging: 'q=r' });
    expect(subject.endpoint.object(Bucket, 'to')).toMatchObject({
      headers: { 'content-type': 'text/c' },
      tags: { q: 'r' },
    });
    await expect(copy({ CopySourceIfMatch: '"no"' })).rejects.toEqual(refusal('PreconditionFailed', 412));
    await expect(copy({ Key: 'from +é' })).rejects.toEqual(refusal('InvalidRequest', 400));
    await expect(copy({ CopySource: `${Bucket}/nope` })).rejects.toEqual(refusal('NoSuchKey', 404));
    await expect(copy({ CopySource: `missing/k` })).rejects.toEqual(refusal('NoSuchBucket', 404));
  });
});

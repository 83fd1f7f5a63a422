import { createHash } from 'node:crypto';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  ListPartsCommand,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { Bucket, describeEndpoint, refusal } from './endpoint-under-test.js';

describeEndpoint('assembling parts', (subject) => {
  it('assembles parts, and only good ones', async () => {
    const mib5 = Buffer.alloc(5 * 1024 ** 2, 'part ');
    await subject.put('source', Buffer.concat([mib5, Buffer.from('tail')]));
    const { UploadId } = await subject.client.send(
      new CreateMultipartUploadCommand({ Bucket, Key: 'k', ContentType: 'text/big' }),
    );
    const part = async (PartNumber: number, Body: Buffer) => ({
      PartNumber,
      ETag: (await subject.client.send(new UploadPartCommand({ Bucket, Key: 'k', UploadId, PartNumber, Body }))).ETag,
    });
    const complete = (Parts: object[]) =>
      subject.client.send(
        new CompleteMultipartUploadCommand({ Bucket, Key: 'k', UploadId, MultipartUpload: { Parts } }),
      );
    const small = await part(1, Buffer.from('small'));
    const last = await part(3, Buffer.from('last'));
    await expect(complete([small, last])).rejects.toEqual(refusal('EntityTooSmall', 400));
    const first = await part(1, mib5);
    const copied = await subject.client.send(
      new UploadPartCopyCommand({
        Bucket,
        Key: 'k',
        UploadId,
        PartNumber: 2,
        CopySource: `${Bucket}/source`,
        CopySourceRange: `bytes=4-${mib5.length + 3}`,
      }),
    );
    const second = { PartNumber: 2, ETag: copied.CopyPartResult!.ETag };
    await expect(complete([first, small, last])).rejects.toEqual(refusal('InvalidPartOrder', 400));
    await expect(complete([second, first, last])).rejects.toEqual(refusal('InvalidPartOrder', 400));
    await expect(complete([first, { ...second, ETag: '"0"' }])).rejects.toEqual(refusal('InvalidPart', 400));
    expect(subject.endpoint.object(Bucket, 'k')).toBeUndefined();
    const { Parts } = await subject.client.send(new ListPartsCommand({ Bucket, Key: 'k', UploadId }));
    expect(Parts?.map(({ PartNumber, Size }) => [PartNumber, Size])).toEqual([
      [1, mib5.length],
      [2, mib5.length],
      [3, 4],
    ]);
    const { ETag } = await complete([first, second, last]);
    const digests = [first, second, last].map((each) => Buffer.from(each.ETag!.slice(1, -1), 'hex'));
    expect(ETag).toBe(`"${createHash('md5').update(Buffer.concat(digests)).digest('hex')}-3"`);
    const whole = Buffer.concat([mib5, mib5.subarray(4), Buffer.from('tail'), Buffer.from('last')]);
    expect((await subject.endpoint.object(Bucket, 'k')!.content()).equals(whole)).toBe(true);
    expect(await subject.get('k', { Range: `bytes=${mib5.length - 2}-${mib5.length + 1}` })).toBe(
      whole.toString('latin1', mib5.length - 2, mib5.length + 2),
    );
    await expect(complete([first])).rejects.toEqual(refusal('NoSuchUpload', 404));
  });

  it('forgets aborted uploads', async () => {
    const { UploadId } = await subject.client.send(new CreateMultipartUploadCommand({ Bucket, Key: 'k' }));
    await subject.client.send(new UploadPartCommand({ Bucket, Key: 'k', UploadId, PartNumber: 1, Body: 'x' }));
    expect(subject.endpoint.uploads(Bucket)).toEqual([{ key: 'k', uploadId: UploadId, parts: [1] }]);
    await subject.client.send(new AbortMultipartUploadCommand({ Bucket, Key: 'k', UploadId }));
    expect(subject.endpoint.uploads(Bucket)).toEqual([]);
    await expect(subject.client.send(new AbortMultipartUploadCommand({ Bucket, Key: 'k', UploadId }))).rejects.toEqual(
      refusal('NoSuchUpload', 404),
    );
  });
});

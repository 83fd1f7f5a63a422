import {
  CreateBucketCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  type S3ClientConfig,
} from '@aws-sdk/client-s3';
import { Bucket, clientOf, describeEndpoint, KEYS, refusal } from './endpoint-under-test.js';

describeEndpoint('refusing', (subject) => {
  it('checks signatures, keys, dates and rights', async () => {
    await subject.put('k', 'x');
    const ask = async (config: Partial<S3ClientConfig>) => {
      const other = clientOf(subject.endpoint, config);
      try {
        return await other.send(new GetObjectCommand({ Bucket, Key: 'k' }));
      } finally {
        other.destroy();
      }
    };
    const credentials = (accessKeyId: string, secretAccessKey: string) => ({
      credentials: { accessKeyId, secretAccessKey },
    });
    await expect(ask(credentials(KEYS.accessKey, 'wrong'))).rejects.toEqual(refusal('SignatureDoesNotMatch', 403));
    await expect(ask(credentials('UNKNOWN', 'x'))).rejects.toEqual(refusal('InvalidAccessKeyId', 403));
    await expect(ask(credentials('DENIED', 'x'))).rejects.toEqual(refusal('AccessDenied', 403));
    subject.now = new Date(Date.now() + 16 * 60_000);
    await expect(ask({})).rejects.toEqual(refusal('RequestTimeTooSkewed', 403));
    expect((await fetch(`${subject.endpoint.url}/${Bucket}/k`)).status).toBe(403);
  });

  it('notices a request that was changed on its way', async () => {
    subject.client.middlewareStack.add(
      (next) => (call) => {
        Object.assign(call.request as object, { path: `/${Bucket}/other` });
        return next(call);
      },
      { step: 'finalizeRequest', priority: 'low', name: 'tamper' },
    );
    await expect(subject.put('k', 'x')).rejects.toEqual(refusal('SignatureDoesNotMatch', 403));
    expect(subject.endpoint.objects(Bucket)).toEqual([]);
  });

  it('answers errors by their names', async () => {
    await expect(subject.get('nope')).rejects.toEqual(refusal('NoSuchKey', 404));
    await expect(subject.client.send(new HeadObjectCommand({ Bucket, Key: 'nope' }))).rejects.toEqual(
      refusal('NotFound', 404),
    );
    await expect(subject.client.send(new ListObjectsV2Command({ Bucket: 'missing' }))).rejects.toEqual(
      refusal('NoSuchBucket', 404),
    );
    await expect(subject.client.send(new HeadBucketCommand({ Bucket: 'missing' }))).rejects.toEqual(
      refusal('NotFound', 404),
    );
    await expect(subject.put('k'.repeat(1025), 'x')).rejects.toEqual(refusal('KeyTooLongError', 400));
    await expect(subject.put('k', 'x', { StorageClass: 'NOPE' })).rejects.toEqual(refusal('InvalidStorageClass', 400));
    await expect(subject.put('k', 'x', { Metadata: { a: 'x'.repeat(2048) } })).rejects.toEqual(
      refusal('MetadataTooLarge', 400),
    );
    await expect(subject.put('k', 'x', { Tagging: 'a=1&a=2' })).rejects.toEqual(refusal('InvalidTag', 400));
    await expect(subject.client.send(new CreateBucketCommand({ Bucket: 'Bad_Name' }))).rejects.toEqual(
      refusal('InvalidBucketName', 400),
    );
    await expect(subject.client.send(new CreateBucketCommand({ Bucket }))).rejects.toEqual(
      refusal('BucketAlreadyOwnedByYou', 409),
    );
    await expect(subject.client.send(new ListObjectsV2Command({ Bucket, ContinuationToken: '!' }))).rejects.toEqual(
      refusal('InvalidArgument', 400),
    );
    expect(subject.endpoint.objects(Bucket)).toEqual([]);
  });
});

import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import {
  CopyObjectCommand,
  CreateBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketLocationCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  PutObjectTaggingCommand,
  RestoreObjectCommand,
} from '@aws-sdk/client-s3';
import { Bucket, describeEndpoint, refusal } from './endpoint-under-test.js';

describeEndpoint('keeping objects', (subject) => {
  it('keeps what is put, with its attributes', async () => {
    const { ETag } = await subject.put('k', 'content', {
      ContentType: 'text/plain',
      CacheControl: 'no-cache',
      ContentEncoding: 'gzip',
      ContentDisposition: 'inline',
      ContentLanguage: 'de',
      Expires: new Date('2065-10-21T07:28:00Z'),
      Metadata: { Name: 'value' },
      Tagging: 'a=1&b%2Bc=d%20e',
      StorageClass: 'STANDARD_IA',
      ServerSideEncryption: 'aws:kms',
      IfNoneMatch: '*',
    });
    const head = await subject.client.send(new HeadObjectCommand({ Bucket, Key: 'k' }));
    expect(head).toMatchObject({
      ETag,
      ContentLength: 7,
      ContentType: 'text/plain',
      CacheControl: 'no-cache',
      ContentEncoding: 'gzip',
      ContentDisposition: 'inline',
      ContentLanguage: 'de',
      ExpiresString: 'Wed, 21 Oct 2065 07:28:00 GMT',
      Metadata: { name: 'value' },
      StorageClass: 'STANDARD_IA',
      ServerSideEncryption: 'aws:kms',
      AcceptRanges: 'bytes',
    });
    expect(ETag).toBe(`"${createHash('md5').update('content').digest('hex')}"`);
    expect(head.LastModified!.getTime()).toBe(Math.floor(subject.now.getTime() / 1000) * 1000);
    expect((await subject.client.send(new GetObjectTaggingCommand({ Bucket, Key: 'k' }))).TagSet).toEqual([
      { Key: 'a', Value: '1' },
      { Key: 'b+c', Value: 'd e' },
    ]);
    await expect(subject.put('k', 'again', { IfNoneMatch: '*' })).rejects.toEqual(refusal('PreconditionFailed', 412));
  });

  it.each([
    'a b+c%2F?&#',
    '//x/./../y',
    '世界/é',
    'e\u0301/😀',
    'tab\tnew\nline\r',
    "~*'()!;:@=,$",
    '<&">',
    'k'.repeat(1024),
  ])('keeps the key %j', async (Key) => {
    await subject.put(Key, 'odd');
    expect(await subject.get(Key)).toBe('odd');
    const listed = await subject.client.send(new ListObjectsV2Command({ Bucket, Prefix: Key.slice(0, 3) }));
    expect(listed.Contents?.map((each) => each.Key)).toEqual([Key]);
    await subject.client.send(
      new CopyObjectCommand({ Bucket, Key: 'copy', CopySource: `${Bucket}/${encodeURIComponent(Key)}` }),
    );
    expect(await subject.get('copy')).toBe('odd');
    const { Deleted } = await subject.client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key }] } }));
    expect(Deleted).toEqual([{ Key }]);
    expect(subject.endpoint.object(Bucket, Key)).toBeUndefined();
  });

  it('keeps archived objects closed until restored', async () => {
    await subject.put('k', 'cold', { StorageClass: 'GLACIER' });
    const restore = () =>
      subject.client.send(new RestoreObjectCommand({ Bucket, Key: 'k', RestoreRequest: { Days: 2 } }));
    const head = async () => (await subject.client.send(new HeadObjectCommand({ Bucket, Key: 'k' }))).Restore;
    await expect(subject.get('k')).rejects.toEqual(refusal('InvalidObjectState', 403));
    expect(await head()).toBeUndefined();
    expect((await restore()).$metadata.httpStatusCode).toBe(202);
    expect(await head()).toBe('ongoing-request="true"');
    await expect(restore()).rejects.toEqual(refusal('RestoreAlreadyInProgress', 409));
    expect(subject.endpoint.finishRestores(Bucket)).toBe(1);
    expect(await head()).toMatch(/^ongoing-request="false", expiry-date="\w{3}, /);
    expect(await subject.get('k')).toBe('cold');
    expect((await restore()).$metadata.httpStatusCode).toBe(200);
    await subject.put('warm', 'x');
    await expect(
      subject.client.send(new RestoreObjectCommand({ Bucket, Key: 'warm', RestoreRequest: { Days: 2 } })),
    ).rejects.toEqual(refusal('InvalidObjectState', 403));
  });

  it('has buckets and tags to look at', async () => {
    await subject.client.send(new CreateBucketCommand({ Bucket: 'another-one' }));
    expect((await subject.client.send(new ListBucketsCommand({}))).Buckets?.map((each) => each.Name)).toEqual([
      'another-one',
      Bucket,
    ]);
    expect((await subject.client.send(new GetBucketLocationCommand({ Bucket }))).LocationConstraint).toBeUndefined();
    await subject.put('k', 'x');
    await subject.client.send(
      new PutObjectTaggingCommand({ Bucket, Key: 'k', Tagging: { TagSet: [{ Key: 'a&b', Value: '<é>' }] } }),
    );
    expect((await subject.client.send(new GetObjectTaggingCommand({ Bucket, Key: 'k' }))).TagSet).toEqual([
      { Key: 'a&b', Value: '<é>' },
    ]);
    await subject.client.send(new DeleteObjectCommand({ Bucket, Key: 'k' }));
    await subject.client.send(new DeleteObjectCommand({ Bucket, Key: 'k' }));
    expect(subject.endpoint.requests).toMatchObject({ DeleteObject: 2, PutObjectTagging: 1, CreateBucket: 1 });
  });

  it('shows nothing of a body that broke off', async () => {
    const body = new Readable({ read: () => undefined });
    body.push(Buffer.alloc(100_000));
    const stop = new AbortController();
    const command = new PutObjectCommand({ Bucket, Key: 'k', Body: body, ContentLength: 500_000 });
    const broken = subject.client.send(command, { abortSignal: stop.signal });
    setTimeout(() => stop.abort(), 30);
    await expect(broken).rejects.toThrow();
    expect(subject.endpoint.objects(Bucket)).toEqual([]);
  });
});

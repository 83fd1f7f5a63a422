import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  ChecksumAlgorithm,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketLocationCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  ListPartsCommand,
  paginateListObjectsV2,
  PutObjectCommand,
  PutObjectTaggingCommand,
  RestoreObjectCommand,
  S3Client,
  UploadPartCommand,
  UploadPartCopyCommand,
  type S3ClientConfig,
} from '@aws-sdk/client-s3';
import { startS3Endpoint, type S3Endpoint } from './index.js';

const KEYS = { accessKey: 'AKIDENDPOINT', secretKey: 'endpoint secret/+' };
const Bucket = 'test-bucket';

/** The official client is the judge: where it and the endpoint agree, the endpoint speaks S3. */
describe.each(['memory', 'folder'])('the strict S3 endpoint with %s storage', (storage) => {
  let endpoint: S3Endpoint;
  let client: S3Client;
  let folder: string;
  let now = new Date();

  const clientWith = (config: Partial<S3ClientConfig> = {}) =>
    new S3Client({
      endpoint: endpoint.url,
      region: 'us-east-1',
      forcePathStyle: true,
      maxAttempts: 1,
      credentials: { accessKeyId: KEYS.accessKey, secretAccessKey: KEYS.secretKey },
      ...config,
    });
  const put = (Key: string, Body: string | Buffer, more = {}) =>
    client.send(new PutObjectCommand({ Bucket, Key, Body, ...more }));
  const get = async (Key: string, more = {}) => {
    const answer = await client.send(new GetObjectCommand({ Bucket, Key, ...more }));
    return Buffer.from(await answer.Body!.transformToByteArray()).toString();
  };
  const refusal = (name: string, status?: number) =>
    expect.objectContaining({
      name,
      ...(status !== undefined && { $metadata: expect.objectContaining({ httpStatusCode: status }) as unknown }),
    }) as unknown;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 's3-endpoint-'));
    now = new Date();
    endpoint = await startS3Endpoint({
      accessKeys: [KEYS, { accessKey: 'DENIED', secretKey: 'x', denyBuckets: [Bucket] }],
      buckets: [Bucket],
      storage: storage === 'memory' ? 'memory' : folder,
      now: () => now,
    });
    client = clientWith();
  });
  afterEach(async () => {
    client.destroy();
    await endpoint.close();
    rmSync(folder, { recursive: true });
  });

  it('keeps what is put, with its attributes', async () => {
    const { ETag } = await put('k', 'content', {
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
    const head = await client.send(new HeadObjectCommand({ Bucket, Key: 'k' }));
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
    expect(head.LastModified!.getTime()).toBe(Math.floor(now.getTime() / 1000) * 1000);
    expect((await client.send(new GetObjectTaggingCommand({ Bucket, Key: 'k' }))).TagSet).toEqual([
      { Key: 'a', Value: '1' },
      { Key: 'b+c', Value: 'd e' },
    ]);
    await expect(put('k', 'again', { IfNoneMatch: '*' })).rejects.toEqual(refusal('PreconditionFailed', 412));
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
    await put(Key, 'odd');
    expect(await get(Key)).toBe('odd');
    const listed = await client.send(new ListObjectsV2Command({ Bucket, Prefix: Key.slice(0, 3) }));
    expect(listed.Contents?.map((each) => each.Key)).toEqual([Key]);
    await client.send(
      new CopyObjectCommand({ Bucket, Key: 'copy', CopySource: `${Bucket}/${encodeURIComponent(Key)}` }),
    );
    expect(await get('copy')).toBe('odd');
    const { Deleted } = await client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key }] } }));
    expect(Deleted).toEqual([{ Key }]);
    expect(endpoint.object(Bucket, Key)).toBeUndefined();
  });

  it('encodes listed keys as S3 does', async () => {
    await put('a b+c%/é~*', '');
    const answer = await client.send(new ListObjectsV2Command({ Bucket, EncodingType: 'url', StartAfter: 'a ' }));
    expect(answer.Contents?.[0]?.Key).toBe('a+b%2Bc%25/%C3%A9%7E*');
    expect(answer.StartAfter).toBe('a+');
  });

  it('lists 2,500 keys in the order of UTF-8 bytes, in pages', async () => {
    const keys = Array.from({ length: 2495 }, (_, at) => `k${(at * 7) % 2495}/é`);
    for (const key of [...keys, '😀', '～', 'é', 'z', 'a']) await endpoint.seed(Bucket, key, 'x');
    const listed: string[] = [];
    let pages = 0;
    for await (const page of paginateListObjectsV2({ client }, { Bucket })) {
      pages++;
      listed.push(...page.Contents!.map((each) => each.Key!));
    }
    expect(pages).toBe(3);
    expect(listed).toEqual(
      [...keys, '😀', '～', 'é', 'z', 'a'].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
    );
    const tooMany = await client.send(new ListObjectsV2Command({ Bucket, MaxKeys: 5000 }));
    expect(tooMany).toMatchObject({ KeyCount: 1000, MaxKeys: 1000, IsTruncated: true });
  });

  it('groups by delimiter, across pages', async () => {
    for (const key of ['a/1', 'a/2', 'b', 'c/1', 'c/2/3', 'd']) await endpoint.seed(Bucket, key, 'x');
    const seen: string[] = [];
    for await (const page of paginateListObjectsV2({ client, pageSize: 1 }, { Bucket, Delimiter: '/' }))
      seen.push(
        ...(page.Contents ?? []).map((each) => each.Key!),
        ...(page.CommonPrefixes ?? []).map((each) => each.Prefix!),
      );
    expect(seen).toEqual(['a/', 'b', 'c/', 'd']);
    const inner = await client.send(
      new ListObjectsV2Command({ Bucket, Delimiter: '/', Prefix: 'c/', StartAfter: 'c/1' }),
    );
    expect(inner.CommonPrefixes).toEqual([{ Prefix: 'c/2/' }]);
    expect(inner.Contents).toBeUndefined();
  });

  it('checks signatures, keys, dates and rights', async () => {
    await put('k', 'x');
    const ask = async (config: Partial<S3ClientConfig>) => {
      const other = clientWith(config);
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
    now = new Date(Date.now() + 16 * 60_000);
    await expect(ask({})).rejects.toEqual(refusal('RequestTimeTooSkewed', 403));
    expect((await fetch(`${endpoint.url}/${Bucket}/k`)).status).toBe(403);
  });

  it('notices a request that was changed on its way', async () => {
    client.middlewareStack.add(
      (next) => (call) => {
        Object.assign(call.request as object, { path: `/${Bucket}/other` });
        return next(call);
      },
      { step: 'finalizeRequest', priority: 'low', name: 'tamper' },
    );
    await expect(put('k', 'x')).rejects.toEqual(refusal('SignatureDoesNotMatch', 403));
    expect(endpoint.objects(Bucket)).toEqual([]);
  });

  it('answers errors by their names', async () => {
    await expect(get('nope')).rejects.toEqual(refusal('NoSuchKey', 404));
    await expect(client.send(new HeadObjectCommand({ Bucket, Key: 'nope' }))).rejects.toEqual(refusal('NotFound', 404));
    await expect(client.send(new ListObjectsV2Command({ Bucket: 'missing' }))).rejects.toEqual(
      refusal('NoSuchBucket', 404),
    );
    await expect(client.send(new HeadBucketCommand({ Bucket: 'missing' }))).rejects.toEqual(refusal('NotFound', 404));
    await expect(put('k'.repeat(1025), 'x')).rejects.toEqual(refusal('KeyTooLongError', 400));
    await expect(put('k', 'x', { StorageClass: 'NOPE' })).rejects.toEqual(refusal('InvalidStorageClass', 400));
    await expect(put('k', 'x', { Metadata: { a: 'x'.repeat(2048) } })).rejects.toEqual(
      refusal('MetadataTooLarge', 400),
    );
    await expect(put('k', 'x', { Tagging: 'a=1&a=2' })).rejects.toEqual(refusal('InvalidTag', 400));
    await expect(client.send(new CreateBucketCommand({ Bucket: 'Bad_Name' }))).rejects.toEqual(
      refusal('InvalidBucketName', 400),
    );
    await expect(client.send(new CreateBucketCommand({ Bucket }))).rejects.toEqual(
      refusal('BucketAlreadyOwnedByYou', 409),
    );
    await expect(client.send(new ListObjectsV2Command({ Bucket, ContinuationToken: '!' }))).rejects.toEqual(
      refusal('InvalidArgument', 400),
    );
    expect(endpoint.objects(Bucket)).toEqual([]);
  });

  it.each(Object.values(ChecksumAlgorithm).filter((each) => ['CRC32', 'CRC32C', 'SHA1', 'SHA256'].includes(each)))(
    'checks %s, of buffers and of chunked streams',
    async (ChecksumAlgorithm) => {
      const bytes = randomBytes(200_000);
      await put('buffer', bytes, { ChecksumAlgorithm });
      await client.send(
        new PutObjectCommand({
          Bucket,
          Key: 'stream',
          Body: Readable.from([bytes]),
          ContentLength: bytes.length,
          ChecksumAlgorithm,
        }),
      );
      expect(await endpoint.object(Bucket, 'stream')!.content()).toEqual(bytes);
      expect(endpoint.object(Bucket, 'stream')!.headers['content-encoding']).toBeUndefined();
      const wrong = {
        [`Checksum${ChecksumAlgorithm}`]: ChecksumAlgorithm.startsWith('CRC')
          ? 'AAAAAA=='
          : createHash(ChecksumAlgorithm.toLowerCase()).digest('base64'),
      };
      await expect(put('wrong', bytes, wrong)).rejects.toEqual(refusal('BadDigest', 400));
      expect(endpoint.object(Bucket, 'wrong')).toBeUndefined();
    },
  );

  it('checks Content-MD5 and the length', async () => {
    const ContentMD5 = createHash('md5').update('other').digest('base64');
    await expect(put('k', 'content', { ContentMD5 })).rejects.toEqual(refusal('BadDigest', 400));
    await expect(put('k', 'content', { ContentMD5: 'nonsense' })).rejects.toEqual(refusal('InvalidDigest', 400));
    await put('k', 'other', { ContentMD5 });
    expect(await get('k')).toBe('other');
  });

  it('reads ranges and honours conditions', async () => {
    const { ETag } = await put('k', '0123456789');
    expect(await get('k', { Range: 'bytes=2-4' })).toBe('234');
    expect(await get('k', { Range: 'bytes=7-' })).toBe('789');
    expect(await get('k', { Range: 'bytes=-2' })).toBe('89');
    expect(await get('k', { Range: 'bytes=8-100' })).toBe('89');
    await expect(get('k', { Range: 'bytes=10-12' })).rejects.toEqual(refusal('InvalidRange', 416));
    expect(await get('k', { IfMatch: ETag })).toHaveLength(10);
    await expect(get('k', { IfMatch: '"other"' })).rejects.toEqual(refusal('PreconditionFailed', 412));
    await expect(get('k', { IfNoneMatch: ETag })).rejects.toMatchObject({ $metadata: { httpStatusCode: 304 } });
    endpoint.setLastModified(Bucket, 'k', new Date('2026-01-02T00:00:00Z'));
    await expect(get('k', { IfModifiedSince: new Date('2026-01-02T00:00:00Z') })).rejects.toMatchObject({
      $metadata: { httpStatusCode: 304 },
    });
    expect(await get('k', { IfModifiedSince: new Date('2026-01-01T23:59:59Z') })).toHaveLength(10);
    await expect(get('k', { IfUnmodifiedSince: new Date('2026-01-01T00:00:00Z') })).rejects.toEqual(
      refusal('PreconditionFailed', 412),
    );
  });

  it('copies with either directive and conditions', async () => {
    const { ETag } = await put('from +é', 'content', { Metadata: { a: 'b' }, ContentType: 'text/a', Tagging: 'x=y' });
    const CopySource = `/${Bucket}/${encodeURIComponent('from +é')}`;
    const copy = (more = {}) => client.send(new CopyObjectCommand({ Bucket, Key: 'to', CopySource, ...more }));
    expect((await copy({ CopySourceIfMatch: ETag })).CopyObjectResult).toMatchObject({ ETag });
    expect(endpoint.object(Bucket, 'to')).toMatchObject({
      headers: { 'content-type': 'text/a', 'x-amz-meta-a': 'b' },
      tags: { x: 'y' },
    });
    await copy({ MetadataDirective: 'REPLACE', ContentType: 'text/c', TaggingDirective: 'REPLACE', Tagging: 'q=r' });
    expect(endpoint.object(Bucket, 'to')).toMatchObject({ headers: { 'content-type': 'text/c' }, tags: { q: 'r' } });
    await expect(copy({ CopySourceIfMatch: '"no"' })).rejects.toEqual(refusal('PreconditionFailed', 412));
    await expect(copy({ Key: 'from +é' })).rejects.toEqual(refusal('InvalidRequest', 400));
    await expect(copy({ CopySource: `${Bucket}/nope` })).rejects.toEqual(refusal('NoSuchKey', 404));
    await expect(copy({ CopySource: `missing/k` })).rejects.toEqual(refusal('NoSuchBucket', 404));
  });

  it('assembles parts, and only good ones', async () => {
    const mib5 = Buffer.alloc(5 * 1024 ** 2, 'part ');
    await put('source', Buffer.concat([mib5, Buffer.from('tail')]));
    const { UploadId } = await client.send(
      new CreateMultipartUploadCommand({ Bucket, Key: 'k', ContentType: 'text/big' }),
    );
    const part = async (PartNumber: number, Body: Buffer) => ({
      PartNumber,
      ETag: (await client.send(new UploadPartCommand({ Bucket, Key: 'k', UploadId, PartNumber, Body }))).ETag,
    });
    const complete = (Parts: object[]) =>
      client.send(new CompleteMultipartUploadCommand({ Bucket, Key: 'k', UploadId, MultipartUpload: { Parts } }));
    const small = await part(1, Buffer.from('small'));
    const last = await part(3, Buffer.from('last'));
    await expect(complete([small, last])).rejects.toEqual(refusal('EntityTooSmall', 400));
    const first = await part(1, mib5);
    const copied = await client.send(
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
    expect(endpoint.object(Bucket, 'k')).toBeUndefined();
    const { Parts } = await client.send(new ListPartsCommand({ Bucket, Key: 'k', UploadId }));
    expect(Parts?.map(({ PartNumber, Size }) => [PartNumber, Size])).toEqual([
      [1, mib5.length],
      [2, mib5.length],
      [3, 4],
    ]);
    const { ETag } = await complete([first, second, last]);
    const digests = [first, second, last].map((each) => Buffer.from(each.ETag!.slice(1, -1), 'hex'));
    expect(ETag).toBe(`"${createHash('md5').update(Buffer.concat(digests)).digest('hex')}-3"`);
    const whole = Buffer.concat([mib5, mib5.subarray(4), Buffer.from('tail'), Buffer.from('last')]);
    expect((await endpoint.object(Bucket, 'k')!.content()).equals(whole)).toBe(true);
    expect(await get('k', { Range: `bytes=${mib5.length - 2}-${mib5.length + 1}` })).toBe(
      whole.toString('latin1', mib5.length - 2, mib5.length + 2),
    );
    await expect(complete([first])).rejects.toEqual(refusal('NoSuchUpload', 404));
  });

  it('forgets aborted uploads', async () => {
    const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key: 'k' }));
    await client.send(new UploadPartCommand({ Bucket, Key: 'k', UploadId, PartNumber: 1, Body: 'x' }));
    expect(endpoint.uploads(Bucket)).toEqual([{ key: 'k', uploadId: UploadId, parts: [1] }]);
    await client.send(new AbortMultipartUploadCommand({ Bucket, Key: 'k', UploadId }));
    expect(endpoint.uploads(Bucket)).toEqual([]);
    await expect(client.send(new AbortMultipartUploadCommand({ Bucket, Key: 'k', UploadId }))).rejects.toEqual(
      refusal('NoSuchUpload', 404),
    );
  });

  it('keeps archived objects closed until restored', async () => {
    await put('k', 'cold', { StorageClass: 'GLACIER' });
    const restore = () => client.send(new RestoreObjectCommand({ Bucket, Key: 'k', RestoreRequest: { Days: 2 } }));
    const head = async () => (await client.send(new HeadObjectCommand({ Bucket, Key: 'k' }))).Restore;
    await expect(get('k')).rejects.toEqual(refusal('InvalidObjectState', 403));
    expect(await head()).toBeUndefined();
    expect((await restore()).$metadata.httpStatusCode).toBe(202);
    expect(await head()).toBe('ongoing-request="true"');
    await expect(restore()).rejects.toEqual(refusal('RestoreAlreadyInProgress', 409));
    expect(endpoint.finishRestores(Bucket)).toBe(1);
    expect(await head()).toMatch(/^ongoing-request="false", expiry-date="\w{3}, /);
    expect(await get('k')).toBe('cold');
    expect((await restore()).$metadata.httpStatusCode).toBe(200);
    await put('warm', 'x');
    await expect(
      client.send(new RestoreObjectCommand({ Bucket, Key: 'warm', RestoreRequest: { Days: 2 } })),
    ).rejects.toEqual(refusal('InvalidObjectState', 403));
  });

  it('has buckets and tags to look at', async () => {
    await client.send(new CreateBucketCommand({ Bucket: 'another-one' }));
    expect((await client.send(new ListBucketsCommand({}))).Buckets?.map((each) => each.Name)).toEqual([
      'another-one',
      Bucket,
    ]);
    expect((await client.send(new GetBucketLocationCommand({ Bucket }))).LocationConstraint).toBeUndefined();
    await put('k', 'x');
    await client.send(
      new PutObjectTaggingCommand({ Bucket, Key: 'k', Tagging: { TagSet: [{ Key: 'a&b', Value: '<é>' }] } }),
    );
    expect((await client.send(new GetObjectTaggingCommand({ Bucket, Key: 'k' }))).TagSet).toEqual([
      { Key: 'a&b', Value: '<é>' },
    ]);
    await client.send(new DeleteObjectCommand({ Bucket, Key: 'k' }));
    await client.send(new DeleteObjectCommand({ Bucket, Key: 'k' }));
    expect(endpoint.requests).toMatchObject({ DeleteObject: 2, PutObjectTagging: 1, CreateBucket: 1 });
  });

  it('shows nothing of a body that broke off', async () => {
    const body = new Readable({ read: () => undefined });
    body.push(Buffer.alloc(100_000));
    const broken = client.send(new PutObjectCommand({ Bucket, Key: 'k', Body: body, ContentLength: 500_000 }));
    setTimeout(() => body.destroy(new Error('broken')), 30);
    await expect(broken).rejects.toThrow();
    expect(endpoint.objects(Bucket)).toEqual([]);
  });
});

import { ListObjectsV2Command, paginateListObjectsV2 } from '@aws-sdk/client-s3';
import { Bucket, describeEndpoint } from './endpoint-under-test.js';

describeEndpoint('listing', (subject) => {
  it('encodes listed keys as S3 does', async () => {
    await subject.put('a b+c%/é~*', '');
    const answer = await subject.client.send(
      new ListObjectsV2Command({ Bucket, EncodingType: 'url', StartAfter: 'a ' }),
    );
    expect(answer.Contents?.[0]?.Key).toBe('a+b%2Bc%25/%C3%A9%7E*');
    expect(answer.StartAfter).toBe('a+');
  });

  it('lists 2,500 keys in the order of UTF-8 bytes, in pages', async () => {
    const keys = Array.from({ length: 2495 }, (_, at) => `k${(at * 7) % 2495}/é`);
    for (const key of [...keys, '😀', '～', 'é', 'z', 'a']) await subject.endpoint.seed(Bucket, key, 'x');
    const listed: string[] = [];
    let pages = 0;
    for await (const page of paginateListObjectsV2({ client: subject.client }, { Bucket })) {
      pages++;
      listed.push(...page.Contents!.map((each) => each.Key!));
    }
    expect(pages).toBe(3);
    expect(listed).toEqual(
      [...keys, '😀', '～', 'é', 'z', 'a'].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
    );
    const tooMany = await subject.client.send(new ListObjectsV2Command({ Bucket, MaxKeys: 5000 }));
    expect(tooMany).toMatchObject({ KeyCount: 1000, MaxKeys: 1000, IsTruncated: true });
  });

  it('groups by delimiter, across pages', async () => {
    for (const key of ['a/1', 'a/2', 'b', 'c/1', 'c/2/3', 'd']) await subject.endpoint.seed(Bucket, key, 'x');
    const seen: string[] = [];
    for await (const page of paginateListObjectsV2({ client: subject.client, pageSize: 1 }, { Bucket, Delimiter: '/' }))
      seen.push(
        ...(page.Contents ?? []).map((each) => each.Key!),
        ...(page.CommonPrefixes ?? []).map((each) => each.Prefix!),
      );
    expect(seen).toEqual(['a/', 'b', 'c/', 'd']);
    const inner = await subject.client.send(
      new ListObjectsV2Command({ Bucket, Delimiter: '/', Prefix: 'c/', StartAfter: 'c/1' }),
    );
    expect(inner.CommonPrefixes).toEqual([{ Prefix: 'c/2/' }]);
    expect(inner.Contents).toBeUndefined();
  });
});

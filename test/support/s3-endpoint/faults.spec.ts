import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { CompleteMultipartUploadCommand, HeadObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import type { ControlCommand } from './control.js';
import { Bucket, describeEndpoint, KEYS, refusal } from './endpoint-under-test.js';
import { startS3Endpoint } from './index.js';

describeEndpoint('failing on command', (subject) => {
  const control = async (command: ControlCommand): Promise<unknown> => {
    const answer = await fetch(`${subject.endpoint.url}/__control`, { method: 'POST', body: JSON.stringify(command) });
    expect(answer.status).toBe(200);
    return answer.json();
  };
  const content = 'x'.repeat(300_000);

  it('refuses as told, once, and says when to come back', async () => {
    await subject.put('k', 'x');
    const fault = subject.endpoint.faults.next(
      { operation: 'GetObject' },
      { kind: 'error', code: 'SlowDown', retryAfterSeconds: 7 },
    );
    await expect(subject.get('k')).rejects.toMatchObject({
      name: 'SlowDown',
      $response: { headers: { 'retry-after': '7' } },
    });
    expect(await subject.get('k')).toBe('x');
    expect(fault.hits).toBe(1);
  });

  it('passes over requests that do not match, and as many as it is told to', async () => {
    await subject.put('a', 'x');
    await subject.put('b', 'x');
    const { faults } = subject.endpoint;
    faults.next(
      { operation: ['GetObject', 'HeadObject'], keyPrefix: 'b' },
      { kind: 'error', code: 'InternalError' },
      { skip: 1 },
    );
    expect(await subject.get('a')).toBe('x');
    expect(await subject.get('b')).toBe('x');
    await expect(subject.client.send(new HeadObjectCommand({ Bucket, Key: 'b' }))).rejects.toMatchObject({
      $metadata: { httpStatusCode: 500 },
    });
  });

  it('fails by chance, the same way for the same seed', async () => {
    await subject.put('k', 'x');
    const run = async () => {
      const fault = subject.endpoint.faults.sometimes(
        { operation: 'GetObject' },
        { kind: 'error', code: 'InternalError' },
        0.5,
        42,
      );
      const outcomes: boolean[] = [];
      for (let at = 0; at < 20; at++)
        outcomes.push(
          await subject.get('k').then(
            () => true,
            () => false,
          ),
        );
      fault.remove();
      return outcomes;
    };
    const first = await run();
    expect(new Set(first)).toEqual(new Set([true, false]));
    expect(await run()).toEqual(first);
  });

  it.each([
    { kind: 'reset', when: 'before-headers' },
    { kind: 'reset', when: 'after-headers' },
    { kind: 'reset', when: 'mid-body' },
    { kind: 'truncate' },
    { kind: 'wrong-length', delta: 3 },
    { kind: 'lose-response' },
  ] as const)('breaks a download by %j', async (fault) => {
    await subject.put('k', content);
    subject.endpoint.faults.next({ operation: 'GetObject' }, fault);
    await expect(subject.get('k')).rejects.toThrow();
    expect(await subject.get('k')).toBe(content);
  });

  it('does all the work of a put whose answer is lost', async () => {
    subject.endpoint.faults.next({ operation: 'PutObject' }, { kind: 'lose-response' });
    await expect(subject.put('k', 'x')).rejects.toThrow();
    expect(await subject.get('k')).toBe('x');
  });

  it('flips one byte, drips, and changes an object under its reader', async () => {
    await subject.put('k', content);
    const { faults } = subject.endpoint;
    faults.next({ operation: 'GetObject' }, { kind: 'corrupt', offset: 299_999 });
    const corrupted = await subject.get('k');
    expect(corrupted.slice(0, 299_999)).toBe(content.slice(0, 299_999));
    expect(corrupted).not.toBe(content);
    faults.next({ operation: 'GetObject' }, { kind: 'drip', bytes: 100_000, everyMs: 1 });
    expect(await subject.get('k')).toBe(content);
    faults.next({ operation: 'GetObject' }, { kind: 'change-object' });
    expect(await subject.get('k')).toBe(content);
    expect(await subject.get('k')).toBe('changed '.repeat(300_000 / 8));
  });

  it('stands still until released', async () => {
    await subject.put('k', content);
    subject.endpoint.faults.next({ operation: 'GetObject' }, { kind: 'stall', when: 'mid-body' });
    const read = subject.get('k');
    while (subject.endpoint.faults.stalledCount === 0) await new Promise((resolve) => setImmediate(resolve));
    subject.endpoint.faults.release();
    expect(await read).toBe(content);
  });

  it('says 200 and means an error', async () => {
    subject.endpoint.faults.next({}, { kind: 'error-in-200', code: 'InternalError' });
    const MultipartUpload = { Parts: [{ PartNumber: 1, ETag: 'x' }] };
    const complete = new CompleteMultipartUploadCommand({ Bucket, Key: 'k', UploadId: 'u', MultipartUpload });
    await expect(subject.client.send(complete)).rejects.toMatchObject({ name: 'InternalError' });
  });

  it('gives pages that lead nowhere or are out of order', async () => {
    for (const key of ['a', 'b', 'c']) await subject.put(key, 'x');
    const page = (token?: string) =>
      subject.client.send(new ListObjectsV2Command({ Bucket, MaxKeys: 1, ContinuationToken: token }));
    const { NextContinuationToken } = await page();
    subject.endpoint.faults.next({}, { kind: 'repeat-token' });
    expect((await page(NextContinuationToken)).NextContinuationToken).toBe(NextContinuationToken);
    subject.endpoint.faults.next({}, { kind: 'unsorted' });
    const { Contents } = await subject.client.send(new ListObjectsV2Command({ Bucket }));
    expect(Contents?.map(({ Key }) => Key)).toEqual(['c', 'b', 'a']);
  });

  it('is driven by another process through its control path', async () => {
    await control({
      do: 'seed',
      bucket: Bucket,
      key: 'k',
      base64: Buffer.from('seeded').toString('base64'),
      seed: { contentType: 'text/x' },
    });
    await control({ do: 'setLastModified', bucket: Bucket, key: 'k', at: '2026-01-02T03:04:05.678Z' });
    expect(await control({ do: 'objects', bucket: Bucket })).toMatchObject([
      { key: 'k', size: 6, lastModified: '2026-01-02T03:04:05.678Z' },
    ]);
    const { id } = (await control({
      do: 'fault',
      matcher: { key: 'k' },
      fault: { kind: 'error', code: 'AccessDenied' },
    })) as { id: number };
    await expect(subject.get('k')).rejects.toEqual(refusal('AccessDenied', 403));
    await control({ do: 'removeFault', id });
    expect(await subject.get('k')).toBe('seeded');
    expect(await control({ do: 'requests' })).toEqual({ GetObject: 2 });
    expect((await fetch(`${subject.endpoint.url}/__control`, { method: 'POST', body: 'no JSON' })).status).toBe(400);
  });

  it('answers a document as it is told, to the requests it is told', async () => {
    await subject.put('k', 'x');
    const text = '<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>';
    const list = (Prefix: string) => subject.client.send(new ListObjectsV2Command({ Bucket, Prefix }));
    subject.endpoint.faults.always(
      { operation: 'ListObjectsV2', when: ({ query }) => query.get('prefix') === 'k' },
      { kind: 'document', text: () => text },
    );
    expect((await list('k')).IsTruncated).toBe(true);
    expect((await list('')).IsTruncated).toBe(false);
  });

  it('lets something happen between the work and its answer', async () => {
    await subject.put('k', 'x');
    const { endpoint } = subject;
    endpoint.faults.next(
      { operation: 'ListObjectsV2' },
      { kind: 'meanwhile', happen: () => endpoint.remove(Bucket, 'k') },
    );
    const listed = await subject.client.send(new ListObjectsV2Command({ Bucket }));
    expect(listed.Contents?.map(({ Key }) => Key)).toEqual(['k']);
    expect(endpoint.object(Bucket, 'k')).toBeUndefined();
  });

  it('keeps its objects over a restart, and no files of lost ones, when it has a folder', async () => {
    if (subject.endpoint.state.content.inMemory) return;
    await subject.put('odd//é\n', content, { Metadata: { a: 'b' } });
    await subject.put('gone', 'x');
    subject.endpoint.remove(Bucket, 'gone');
    await subject.put('odd//é\n', 'y'.repeat(300_000));
    expect(readdirSync(join(subject.folder, 'content'))).toHaveLength(1);
    const again = await startS3Endpoint({ accessKeys: [KEYS], buckets: [Bucket], storage: subject.folder });
    try {
      expect(again.objects(Bucket)).toMatchObject([
        { key: 'odd//é\n', size: 300_000, etag: subject.endpoint.objects(Bucket)[0]!.etag },
      ]);
      expect((await again.objects(Bucket)[0]!.content()).toString()).toBe('y'.repeat(300_000));
    } finally {
      await again.close();
    }
  });
});

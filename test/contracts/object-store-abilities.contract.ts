import {
  UNKNOWN_SIZE,
  type DestinationStore,
  type MultipartUploads,
} from '../../src/object-store/object-store.port.js';
import {
  breaking,
  bytesOf,
  closing,
  contentOf,
  failure,
  keysOf,
  promises,
  signal,
  streamOf,
  type DestinationCase,
} from './object-store-support.js';

/** Streams that tell no size, where the backend takes them. */
export const describeUnknownSizes = (subject: DestinationCase) => {
  const { seed } = closing(subject);
  promises(subject)('takes a stream of unknown size to its end, and nothing of one that breaks', async () => {
    const store = await seed();
    const put = store.put('k', streamOf('what', 'ever ', 'comes'), { size: UNKNOWN_SIZE }, signal);
    if (subject.traits.takesUnknownSizes !== true) {
      await expect(put).rejects.toThrow();
      expect(await keysOf(store)).toEqual([]);
      return;
    }
    await put;
    await expect(store.put('k', breaking('half'), { size: UNKNOWN_SIZE }, signal)).rejects.toThrow();
    expect(await contentOf(store, 'k')).toBe('whatever comes');
  });
};

/** Large objects in parts, where the backend has them. */
export const describeMultipart = (subject: DestinationCase) => {
  const { seed } = closing(subject);
  const uploading = (name: string, check: (store: DestinationStore, multipart: MultipartUploads) => Promise<void>) =>
    promises(subject)(name, async () => {
      const store = await seed();
      if (store.multipart !== undefined) await check(store, store.multipart);
      else expect(store.traits.maxPutBytes).toBe(Infinity); // whoever has no parts takes any size at once
    });

  uploading('makes one object of parts that came in any order', async (store, multipart) => {
    const first = Buffer.alloc(multipart.minPartBytes, 'first ');
    const second = Buffer.alloc(multipart.minPartBytes + 1, 'second ');
    const last = Buffer.from('last');
    const size = first.length + second.length + last.length;
    const uploadId = await multipart.create(
      'k é',
      { size, contentType: 'text/plain', metadata: { user: { a: 'b' } } },
      signal,
    );
    const upload = (partNumber: number, body: Buffer) =>
      multipart.uploadPart(
        'k é',
        uploadId,
        partNumber,
        partNumber === 2 ? streamOf(body) : body,
        { size: body.length },
        signal,
      );
    const parts = [await upload(3, last), await upload(1, first), await upload(2, second)];
    expect(parts.map(({ partNumber }) => partNumber)).toEqual([3, 1, 2]);
    expect(await keysOf(store)).toEqual([]);
    await multipart.complete(
      'k é',
      uploadId,
      parts.sort((a, b) => a.partNumber - b.partNumber),
      signal,
    );
    const { info, body } = await store.open('k é', {}, signal);
    expect(info).toMatchObject({ size, contentType: 'text/plain', metadata: { user: { a: 'b' } } });
    expect((await bytesOf(body)).equals(Buffer.concat([first, second, last]))).toBe(true);
  });

  uploading('takes a part again, the last one wins', async (store, multipart) => {
    const uploadId = await multipart.create('k', { size: 4 }, signal);
    await multipart.uploadPart('k', uploadId, 1, Buffer.from('once'), { size: 4 }, signal);
    const part = await multipart.uploadPart('k', uploadId, 1, Buffer.from('more'), { size: 4 }, signal);
    await multipart.complete('k', uploadId, [part], signal);
    expect(await contentOf(store, 'k')).toBe('more');
  });

  uploading('fails a part whose body breaks or is short, and takes it again', async (store, multipart) => {
    const uploadId = await multipart.create('k', { size: 4 }, signal);
    await expect(multipart.uploadPart('k', uploadId, 1, breaking('ab'), { size: 4 }, signal)).rejects.toThrow();
    await expect(multipart.uploadPart('k', uploadId, 1, streamOf('abc'), { size: 4 }, signal)).rejects.toThrow();
    const part = await multipart.uploadPart('k', uploadId, 1, streamOf('abcd'), { size: 4 }, signal);
    await multipart.complete('k', uploadId, [part], signal);
    expect(await contentOf(store, 'k')).toBe('abcd');
  });

  uploading('keeps the old object until the new one is complete', async (store, multipart) => {
    await store.put('k', Buffer.from('old'), { size: 3 }, signal);
    const uploadId = await multipart.create('k', { size: 3 }, signal);
    const part = await multipart.uploadPart('k', uploadId, 1, Buffer.from('new'), { size: 3 }, signal);
    expect(await contentOf(store, 'k')).toBe('old');
    await multipart.complete('k', uploadId, [part], signal);
    expect(await contentOf(store, 'k')).toBe('new');
  });

  uploading('forgets an aborted upload; aborting again succeeds', async (store, multipart) => {
    const uploadId = await multipart.create('k', { size: 3 }, signal);
    const part = await multipart.uploadPart('k', uploadId, 1, Buffer.from('abc'), { size: 3 }, signal);
    await multipart.abort('k', uploadId, signal);
    await multipart.abort('k', uploadId, signal);
    await expect(multipart.complete('k', uploadId, [part], signal)).rejects.toEqual(failure('not-found'));
    expect(await keysOf(store)).toEqual([]);
  });

  uploading('lists the parts that are up, by number, the last one of each', async (store, multipart) => {
    const uploadId = await multipart.create('k é', { size: 9 }, signal);
    expect(await multipart.listParts('k é', uploadId, signal)).toEqual([]);
    const upload = (partNumber: number, content: string) =>
      multipart.uploadPart('k é', uploadId, partNumber, Buffer.from(content), { size: content.length }, signal);
    await upload(3, 'old');
    const [third, first] = [await upload(3, 'third'), await upload(1, 'one')];
    expect(await multipart.listParts('k é', uploadId, signal)).toEqual([
      expect.objectContaining({ partNumber: 1, size: 3, etag: first.etag }),
      expect.objectContaining({ partNumber: 3, size: 5, etag: third.etag }),
    ]);
    await multipart.abort('k é', uploadId, signal);
    expect(await keysOf(store)).toEqual([]);
  });

  uploading('lists more parts than one answer holds', async (_store, multipart) => {
    const uploadId = await multipart.create('k', { size: 1 }, signal);
    const numbers = Array.from({ length: subject.manyParts ?? 1_100 }, (_, at) => at + 1);
    for (let at = 0; at < numbers.length; at += 50)
      await Promise.all(
        numbers
          .slice(at, at + 50)
          .map((partNumber) => multipart.uploadPart('k', uploadId, partNumber, Buffer.from('x'), { size: 1 }, signal)),
      );
    const listed = await multipart.listParts('k', uploadId, signal);
    expect(listed.map(({ partNumber }) => partNumber)).toEqual(numbers);
    await multipart.abort('k', uploadId, signal);
  });

  uploading('says that an upload is gone when its parts are asked for', async (_store, multipart) => {
    const uploadId = await multipart.create('k', { size: 3 }, signal);
    await multipart.abort('k', uploadId, signal);
    await expect(multipart.listParts('k', uploadId, signal)).rejects.toMatchObject({
      kind: 'not-found',
      backendCode: 'NoSuchUpload',
    });
  });

  uploading('refuses to complete with a part it does not have', async (store, multipart) => {
    const uploadId = await multipart.create('k', { size: 3 }, signal);
    await multipart.uploadPart('k', uploadId, 1, Buffer.from('abc'), { size: 3 }, signal);
    const wrong = { partNumber: 1, etag: 'ffffffffffffffffffffffffffffffff' };
    await expect(multipart.complete('k', uploadId, [wrong], signal)).rejects.toEqual(failure('invalid'));
    expect(await keysOf(store)).toEqual([]);
    await multipart.abort('k', uploadId, signal);
  });

  uploading('makes a part of a range of another object', async (store, multipart) => {
    if (multipart.copyPart === undefined) return;
    await store.put('from +%', Buffer.from('0123456789'), { size: 10 }, signal);
    const uploadId = await multipart.create('k', { size: 4 }, signal);
    const from = { bucket: store.bucket, key: 'from +%', range: { start: 2, end: 5 } };
    const part = await multipart.copyPart('k', uploadId, 1, from, signal);
    await multipart.complete('k', uploadId, [part], signal);
    expect(await contentOf(store, 'k')).toBe('2345');
  });
};

/** Copies within one endpoint, where the backend has them. */
export const describeCopies = (subject: DestinationCase) => {
  const { seed } = closing(subject);
  const promise = promises(subject);

  promise('copies an object with new attributes', async () => {
    const store = await seed({ 'dir/a b+%é': 'content' });
    if (store.copyFrom === undefined) return;
    const options = { size: 7, contentType: 'text/x-copy', metadata: { user: { copied: 'yes' } } };
    await store.copyFrom('copy of 世', { bucket: store.bucket, key: 'dir/a b+%é' }, options, signal);
    expect(await contentOf(store, 'copy of 世')).toBe('content');
    const info = await store.head('copy of 世', signal);
    expect(info).toMatchObject({ size: 7, contentType: 'text/x-copy', metadata: { user: { copied: 'yes' } } });
  });

  promise('copies only the object that was meant', async () => {
    const store = await seed({ a: 'content' });
    if (store.copyFrom === undefined) return;
    const from = { bucket: store.bucket, key: 'a' };
    const { etag } = await store.head('a', signal);
    await store.copyFrom('b', { ...from, ifMatch: etag! }, { size: 7 }, signal);
    expect(await contentOf(store, 'b')).toBe('content');
    const other = { ...from, ifMatch: 'ffffffffffffffffffffffffffffffff' };
    await expect(store.copyFrom('c', other, { size: 7 }, signal)).rejects.toEqual(failure('changed'));
    await expect(store.copyFrom('c', { ...from, key: 'nope' }, { size: 7 }, signal)).rejects.toEqual(
      failure('not-found'),
    );
    expect(await keysOf(store)).toEqual(['a', 'b']);
  });
};

/** Objects that must be restored before they can be read, where the backend has them. */
export const describeArchive = (subject: DestinationCase) => {
  const { seed } = closing(subject);
  const { finishRestores } = subject;
  if (finishRestores === undefined) {
    it('never archives', async () => expect((await (await seed({ a: '' })).head('a', signal)).archive).toBeUndefined());
    return;
  }
  promises(subject)('reads an archived object once it is restored', async () => {
    const store = await seed();
    await store.put('k', Buffer.from('cold'), { size: 4, storageClass: 'ARCHIVE' }, signal);
    expect((await store.head('k', signal)).archive).toBe('archived');
    await expect(store.open('k', {}, signal)).rejects.toEqual(failure('archived'));
    await store.restore!('k', 1, signal);
    await store.restore!('k', 1, signal);
    expect((await store.head('k', signal)).archive).toBe('restoring');
    finishRestores(store.bucket);
    expect((await store.head('k', signal)).archive).toBeUndefined();
    expect(await contentOf(store, 'k')).toBe('cold');
    await store.restore!('k', 1, signal);
  });
};

import { HttpSource } from '../support/http-source/index.js';
import { dstNode, srcNode, type TaskAnswer } from '../support/migration-api.js';
import { namesIn } from '../support/migration-lists.js';
import { bytesOf, MigrationScene } from '../support/migration-scene.js';

const MIB = 1024 * 1024;
const PLAIN = ['a/1.txt', 'a/2.txt', 'a/b/3.txt', 'b.txt', 'ab/4.txt'];
const ODD = ['odd/ü +%2F.bin', 'odd/tab\there', 'odd/line\nbreak', 'odd/back\\slash', 'odd/😀', 'odd//double', 'odd/'];
const ALL = [...PLAIN, ...ODD];

let scene: MigrationScene;
let urls: HttpSource;

beforeAll(async () => {
  scene = await MigrationScene.build({
    urlSource: { allowPrivateNetworks: true },
    transfer: { multipartThresholdBytes: 5 * MIB, partBytes: 5 * MIB },
  });
  await scene.seed(...ALL);
  urls = await HttpSource.start();
}, 60_000);

afterAll(async () => {
  await urls.close();
  await scene.strike();
});

/** Everything that is to be seen of a task that copied these objects and did nothing else. */
async function expectCopied(task: TaskAnswer, keys: readonly string[], prefix: string): Promise<void> {
  expect(task).toMatchObject({
    status: 5,
    total_num: keys.length,
    successful_num: keys.length,
    skipped_num: 0,
    failed_num: 0,
    total_size: bytesOf(keys),
    complete_size: bytesOf(keys),
    real_size: bytesOf(keys),
    progress: 1,
    left_time: 0,
    migrate_speed: 0,
    is_query_over: true,
  });
  expect([...scene.copies(prefix)].sort()).toEqual([...keys].sort());
  expect(await scene.wrongCopies(keys, prefix)).toEqual([]);
  const lists = await scene.lists(task.id);
  expect(namesIn(lists)).toEqual([...keys].sort());
  for (const { name, size, proof, check } of lists.succeeded)
    expect([name, size, proof, check]).toEqual([name, bytesOf([name]), 'md5', 'size_last_modified']);
}

const migrate = async (save_prefix: string, more: object) => {
  const id = await scene.api.create({ dst_node: dstNode({ save_prefix }), ...more });
  return scene.api.ended(id);
};

describe('a migration task', () => {
  it('of prefix "" copies the whole bucket, odd names and all', async () => {
    await expectCopied(await migrate('whole/', { src_node: srcNode({ object_key: [''] }) }), ALL, 'whole/');
  });

  it('of prefixes copies each object once, also where they overlap', async () => {
    const src_node = srcNode({ object_key: ['odd/', 'a', 'a/b/', 'none/'] });
    const keys = ALL.filter((key) => key !== 'b.txt');
    await expectCopied(await migrate('prefixes/', { src_node }), keys, 'prefixes/');
  });

  it('of objects copies names and folders', async () => {
    const src_node = srcNode({ object_key: ['b.txt', 'a/', 'odd/😀'] });
    const keys = ['a/1.txt', 'a/2.txt', 'a/b/3.txt', 'b.txt', 'odd/😀'];
    await expectCopied(await migrate('objects/', { task_type: 'object', src_node }), keys, 'objects/');
  });

  it('of objects fails those that are not there', async () => {
    const src_node = srcNode({ object_key: ['b.txt', 'not there'] });
    const task = await migrate('absent/', { task_type: 'object', src_node });
    expect(task).toMatchObject({ status: 4, successful_num: 1, failed_num: 1, total_num: 2 });
    expect(task.error_reason?.error_code).toBe('TRF.0062');
    expect((await scene.lists(task.id)).failed).toMatchObject([
      { encoded: 'not%20there', name: 'not there', storeCode: 'NoSuchKey', code: 'TRF.0156' },
    ]);
  });

  it('of a list copies the URL-encoded names of its file, whatever ends its lines', async () => {
    await scene.list('lists/names.txt', `${ODD.map(encodeURIComponent).join('\r\n')}\r\n\r\nb.txt\na/1.txt`);
    const src_node = srcNode({ list_file: { obs_bucket: 'to', list_file_key: 'lists/names.txt' } });
    const task = await migrate('listed/', { task_type: 'list', src_node });
    await expectCopied(task, [...ODD, 'b.txt', 'a/1.txt'], 'listed/');
  });

  it('of a list that is no .txt file fails as a whole', async () => {
    await scene.list('lists/names.csv', 'b.txt');
    const src_node = srcNode({ list_file: { obs_bucket: 'to', list_file_key: 'lists/names.csv' } });
    const task = await migrate('csv/', { task_type: 'list', src_node });
    expect([task.status, task.error_reason?.error_code]).toEqual([4, 'TRF.0014']);
    expect(scene.copies('csv/')).toEqual([]);
  });

  it('of a list that is not there fails as a whole', async () => {
    const src_node = srcNode({ list_file: { obs_bucket: 'to', list_file_key: 'lists/none.txt' } });
    const answer = await scene.api.tasks<{ id: number }>('POST', '', {
      task_type: 'list',
      src_node,
      dst_node: dstNode({ save_prefix: 'unlisted/' }),
    });
    // Either the creation is refused, or the task fails with the code of its cause.
    if (answer.status === 200) {
      const task = await scene.api.ended(answer.body.id);
      expect([task.status, task.error_reason?.error_code]).toEqual([4, 'TRF.0013']);
    } else expect([answer.status, answer.body]).toMatchObject([400, { error_code: 'OMS.0101' }]);
    expect(scene.copies('unlisted/')).toEqual([]);
  });
});

describe('a migration task of a URL list', () => {
  const start = async (name: string, lines: readonly string[]) => {
    await scene.list(`lists/${name}.txt`, lines.join('\n'));
    const src_node = {
      cloud_type: 'URLSource',
      list_file: { obs_bucket: 'to', list_file_key: `lists/${name}.txt` },
    };
    return migrate(`${name}/`, { task_type: 'url_list', src_node });
  };
  const textOf = async (key: string) => (await scene.destination.object('to', key)?.content())?.toString();

  it('copies with and without Content-Length, under the names of the list', async () => {
    const task = await start('urls', [
      `${urls.serve('/sized ü', 'one')}?x=1\tfirst%20one.txt`,
      `${urls.serve('/chunked', { content: 'number two', tellsLength: false })}\tdir/second.txt`,
      `${urls.serve('/third', '')}\t${encodeURIComponent('drei/ü.txt')}`,
    ]);
    expect(task).toMatchObject({ status: 5, total_num: 3, successful_num: 3, failed_num: 0 });
    expect([...scene.copies('urls/')].sort()).toEqual(['dir/second.txt', 'drei/ü.txt', 'first one.txt']);
    expect(await textOf('urls/first one.txt')).toBe('one');
    expect(await textOf('urls/dir/second.txt')).toBe('number two');
    expect(await textOf('urls/drei/ü.txt')).toBe('');
    expect([task.total_size, task.complete_size, task.real_size]).toEqual([13, 13, 13]);
    const { succeeded } = await scene.lists(task.id);
    expect(succeeded.map(({ name, size }) => [name, size])).toEqual([
      ['first one.txt', 3],
      ['dir/second.txt', 10],
      ['drei/ü.txt', 0],
    ]);
  });

  it('copies a large object of a server without ranges, part after part', async () => {
    const content = Buffer.from(Array.from({ length: 12 * MIB }, (_, at) => (at * 31) & 255));
    const task = await start('large', [`${urls.serve('/large', { content, takesRanges: false })}\tlarge`]);
    expect(task).toMatchObject({ status: 5, successful_num: 1, total_size: content.length, real_size: content.length });
    const copy = scene.destination.object('to', 'large/large');
    expect((await copy?.content())?.equals(content)).toBe(true);
    expect(copy?.etag).toMatch(/-3"?$/);
  });

  it('does lines with one name in their order', async () => {
    const slow = urls.handle('/slow', (_request, response) => setTimeout(() => response.end('slow'), 300));
    const task = await start('same', [`${slow}\tone`, `${urls.serve('/fast', 'faster')}\tone`]);
    expect(task).toMatchObject({ status: 5, successful_num: 2 });
    expect(await textOf('same/one')).toBe('faster');
  });

  it('fails the URLs that fail, in a list that is a URL list again', async () => {
    const gone = urls.refuse('/gone', 404);
    const task = await start('gone', [`${gone}\tone`, `${urls.serve('/there', 'x')}\ttwo`]);
    expect(task).toMatchObject({ status: 4, successful_num: 1, failed_num: 1 });
    expect((await scene.lists(task.id)).failed).toMatchObject([{ encoded: gone, name: 'one', code: 'TRF.0156' }]);
    const list_file = { obs_bucket: 'to', list_file_key: task.failed_object_record?.list_file_key };
    urls.remove('/gone');
    urls.serve('/gone', 'back');
    const again = await migrate('again/', { task_type: 'url_list', src_node: { cloud_type: 'URLSource', list_file } });
    expect(again).toMatchObject({ status: 5, total_num: 1, successful_num: 1 });
    expect(await textOf('again/one')).toBe('back');
  });
});

import { StoreError } from '../object-store.port.js';
import { toStoreError } from './local-errors.js';

describe('errors of the file system', () => {
  it.each([
    ['ENOENT', 'not-found'],
    ['EACCES', 'denied'],
    ['EROFS', 'denied'],
    ['ENAMETOOLONG', 'invalid'],
    ['ELOOP', 'invalid'],
    ['ENOSPC', 'unavailable'],
    ['EMFILE', 'unavailable'],
    ['EIO', 'unavailable'],
  ])('has %s as %s, with the code and the cause', (code, kind) => {
    const cause = Object.assign(new Error('/secret/path'), { code });
    const error = toStoreError(cause, 'Cannot write k');
    expect(error).toMatchObject({
      name: 'StoreError',
      kind,
      backendCode: code,
      cause,
      message: `Cannot write k: ${code}`,
    });
  });

  it('leaves alone what is none of the file system', () => {
    for (const error of [
      new Error('bug'),
      new StoreError('changed', 'x'),
      Object.assign(new Error('x'), { code: 'ERR_STREAM' }),
    ])
      expect(toStoreError(error, 'x')).toBe(error);
  });
});

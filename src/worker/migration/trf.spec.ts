import { StoreError, type StoreErrorKind } from '../../object-store/object-store.port.js';
import type { Side } from '../../transfer/failure-reasons.js';
import { ListFileError, type ListFileProblem } from '../../transfer/migration/list-file-error.js';
import { SideError } from '../../transfer/side-error.js';
import { VaultError } from '../../vault/vault-error.js';
import { trfOfError, trfOfObject } from './trf.js';

const ofStore = (side: Side, kind: StoreErrorKind, backendCode?: string) =>
  trfOfError(new SideError(side, new StoreError(kind, 'why', { backendCode })), 'prefix')?.code;
const ofList = (kind: ListFileProblem, taskType: 'list' | 'url_list' = 'list', failure?: StoreError) =>
  trfOfError(new ListFileError(kind, 'lists/a.txt', failure), taskType)?.code;

describe('the code that a task fails with', () => {
  it.each<[Side, StoreErrorKind, string | undefined, string]>([
    ['source', 'bad-credentials', undefined, 'TRF.0151'],
    ['source', 'denied', undefined, 'TRF.0152'],
    ['source', 'no-such-bucket', undefined, 'TRF.0155'],
    ['source', 'not-found', undefined, 'TRF.0156'],
    ['source', 'unavailable', undefined, 'TRF.0157'],
    ['source', 'timeout', undefined, 'TRF.0157'],
    ['source', 'throttled', 'SlowDown', 'TRF.0159'],
    ['source', 'archived', 'InvalidObjectState', 'TRF.0202'],
    ['source', 'archived', 'RestoreFailed', 'TRF.0201'],
    ['destination', 'bad-credentials', undefined, 'TRF.0057'],
    ['destination', 'denied', undefined, 'TRF.0051'],
    ['destination', 'no-such-bucket', undefined, 'TRF.0058'],
    ['destination', 'invalid', 'KeyTooLongError', 'TRF.0060'],
    ['destination', 'unavailable', 'ENOSPC', 'TRF.0055'],
    ['destination', 'unavailable', undefined, 'TRF.0061'],
    ['destination', 'throttled', undefined, 'TRF.0061'],
    ['destination', 'invalid', 'EntityTooLarge', 'TRF.0061'],
  ])('of the %s, %s (%s): %s', (side, kind, backendCode, code) => {
    expect(ofStore(side, kind, backendCode)).toBe(code);
  });

  it.each<[ListFileProblem, string]>([
    ['missing', 'TRF.0013'],
    ['wrong-name', 'TRF.0014'],
    ['too-large', 'TRF.0014'],
    ['bad-url', 'TRF.0016'],
    ['line-too-long', 'TRF.0018'],
    ['wrong-type', 'TRF.0019'],
    ['encoded', 'TRF.0019'],
    ['empty', 'TRF.0012'],
    ['changed', 'TRF.0301'],
    ['unreadable', 'TRF.0301'],
  ])('of a list file that is %s: %s', (kind, code) => {
    expect(ofList(kind)).toBe(code);
  });

  it('tells a list without URLs, and one that may not be read, from the others', () => {
    expect(ofList('empty', 'url_list')).toBe('TRF.0017');
    expect(ofList('unreadable', 'list', new StoreError('denied', 'no'))).toBe('TRF.0013');
  });

  it('is that of a system error for keys that cannot be opened, and none for a defect', () => {
    expect(trfOfError(new VaultError('not-found', 'gone'), 'prefix')?.code).toBe('TRF.0001');
    expect(trfOfError(new TypeError('defect'), 'prefix')).toBeUndefined();
  });

  it('comes with a line that names the code of the store and holds no signature', () => {
    const error = new StoreError('denied', 'GET https://u:p@h/k?X-Amz-Signature=abc failed', { backendCode: 'NoWay' });
    const message = trfOfError(new SideError('source', error), 'prefix')?.message;
    expect(message).toBe('The source keys lack a permission that is needed (NoWay): GET https://h/k failed');
  });

  it('is also that of a single object, whose time is up on the side it was at', () => {
    const failure = { outcome: 'failed', reason: 'OBJECT_TIMEOUT', code: 'ObjectTimeout', cause: 'late' } as const;
    expect(trfOfObject({ ...failure, side: 'source' })).toBe('TRF.0157');
    expect(trfOfObject({ ...failure, side: 'destination' })).toBe('TRF.0061');
  });
});

import { assertNever } from '../../../kernel/assert-never.js';
import { StoreError, type StoreCredentials } from '../../object-store.port.js';
import { type CdnAuthentication, type CdnSecrets, type CdnSigner, pathOf } from './cdn.js';
import { aliyunA, aliyunB, aliyunC, tencentA, tencentB, tencentC, tencentD } from './keyed-hash.js';
import { ksyun, qiniu } from './keyed-hmac.js';

/** The signer of an authentication type. Throws a `StoreError` of kind `invalid` when it lacks what it needs. */
export function cdnSigner(type: CdnAuthentication, secrets: CdnSecrets): CdnSigner {
  switch (type) {
    case 'NONE':
      return pathOf;
    case 'QINIU_PRIVATE_AUTHENTICATION':
      return qiniu(credentialsOf(type, secrets));
    case 'ALIYUN_OSS_A':
      return aliyunA(keyOf(type, secrets));
    case 'ALIYUN_OSS_B':
      return aliyunB(keyOf(type, secrets));
    case 'ALIYUN_OSS_C':
      return aliyunC(keyOf(type, secrets));
    case 'KSYUN_PRIVATE_AUTHENTICATION':
      return ksyun(credentialsOf(type, secrets));
    case 'AZURE_SAS_TOKEN':
      return sasToken(keyOf(type, secrets));
    case 'TENCENT_COS_A':
      return tencentA(keyOf(type, secrets));
    case 'TENCENT_COS_B':
      return tencentB(keyOf(type, secrets));
    case 'TENCENT_COS_C':
      return tencentC(keyOf(type, secrets));
    case 'TENCENT_COS_D':
      return tencentD(keyOf(type, secrets));
    default:
      return assertNever(type);
  }
}

/** The token is a signature that somebody else made, with or without its question mark. */
function sasToken(token: string): CdnSigner {
  const query = token.trim().replace(/^\?/, '');
  return (request) => `${pathOf(request)}?${query}`;
}

function keyOf(type: CdnAuthentication, { authenticationKey = '' }: CdnSecrets): string {
  if (authenticationKey !== '') return authenticationKey;
  throw new StoreError('invalid', `CDN authentication ${type} needs an authentication key`, {
    backendCode: 'MissingCdnKey',
  });
}

function credentialsOf(type: CdnAuthentication, { credentials }: CdnSecrets): StoreCredentials {
  if (credentials === undefined)
    throw new StoreError('invalid', `CDN authentication ${type} needs the credentials of the bucket`, {
      backendCode: 'MissingCdnKey',
    });
  // Neither vendor documents how its signature would carry one.
  if (credentials.securityToken !== undefined && credentials.securityToken !== '')
    throw new StoreError('invalid', `CDN authentication ${type} knows no temporary credentials`, {
      backendCode: 'TemporaryCredentials',
    });
  return credentials;
}

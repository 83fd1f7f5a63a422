import { type CdnAuthentication, CDN_AUTHENTICATIONS, type CdnRequest } from './cdn.js';
import { aliyunA, aliyunB, aliyunC, tencentA, tencentB, tencentC, tencentD } from './keyed-hash.js';
import { ksyun, qiniu } from './keyed-hmac.js';
import { cdnSigner } from './signers.js';

const request = (name: string, at: string | number, overrides: Partial<CdnRequest> = {}): CdnRequest => ({
  method: 'GET',
  origin: 'http://cdn.example.com',
  basePath: '',
  bucket: 'b',
  name,
  atMs: typeof at === 'number' ? at * 1000 : Date.parse(at),
  ...overrides,
});

describe("the vendors' worked examples", () => {
  // help.aliyun.com/document_detail/85113.html
  it('Alibaba Cloud CDN, type A', () =>
    expect(aliyunA('aliyuncdnexp1234', () => '0')(request('video/standard/1K.html', 1444435200))).toBe(
      '/video/standard/1K.html?auth_key=1444435200-0-0-80cd3862d699b7118eed99103f2a3a4f',
    ));

  // www.alibabacloud.com/help/doc-detail/85114.htm
  it('Alibaba Cloud CDN, type B, in Beijing time', () =>
    expect(
      aliyunB('aliyuncdnexp1234')(request('4/44/44c0909bcfc20a01afaf256ca99a8b8b.mp3', '2015-08-15T08:00:59+08:00')),
    ).toBe('/201508150800/9044548ef1527deadafa49a890a377f0/4/44/44c0909bcfc20a01afaf256ca99a8b8b.mp3'));

  // help.aliyun.com/document_detail/85115.html
  it('Alibaba Cloud CDN, type C', () =>
    expect(aliyunC('aliyuncdnexp1234')(request('test.flv', 0x55ce8100))).toBe(
      '/a37fa50a5fb8f71214b1e7c95ec7a1bd/55CE8100/test.flv',
    ));

  // cloud.tencent.com/document/product/228/41623
  it('Tencent Cloud CDN, type A', () =>
    expect(tencentA('dimtm5evg50ijsx2hvuwyfoiu65', () => 'im1acp76sx9sdqe601v')(request('test.jpg', 1582791032))).toBe(
      '/test.jpg?sign=1582791032-im1acp76sx9sdqe601v-0-3fbb88382c9356b6faaf9d68c7b2ae3a',
    ));

  // tencentcloud.com/document/product/1145/62476: the edge product's type B, which names the time zone and its key
  it('Tencent Cloud, type B, in Beijing time', () =>
    expect(tencentB('DvYmqE81E1F9R791H6lmht')(request('foo.jpg', '2024-07-15T15:33:50+08:00'))).toBe(
      '/202407151533/d1f0b51c6894231fc12e054fcc7f0b3e/foo.jpg',
    ));

  // tencentcloud.com/document/product/1145/62477
  it('Tencent Cloud, type C', () =>
    expect(tencentC('DvYmqE81E1F9R791H6lmht')(request('foo.jpg', 0x6694d30a))).toBe(
      '/6688749e8906a726c12fe1be3aacd016/6694d30a/foo.jpg',
    ));

  // cloud.tencent.com/document/product/228/41625
  it('Tencent Cloud CDN, type D', () =>
    expect(tencentD('dimtm5evg50ijsx2hvuwyfoiu65')(request('test.jpg', 1582791032))).toBe(
      '/test.jpg?sign=900a5049aa8ac1ab144527d9c2be4cea&t=1582791032',
    ));

  // developer.qiniu.com/kodo/1202/download-token
  it('Qiniu, private download', () =>
    expect(
      qiniu({ accessKey: 'MY_ACCESS_KEY', secretKey: 'MY_SECRET_KEY' })(
        request('resource/flower.jpg', 1451491200 - 3600, { origin: 'http://78re52.com1.z0.glb.clouddn.com' }),
      ),
    ).toBe('/resource/flower.jpg?e=1451491200&token=MY_ACCESS_KEY:438dd8pXocjYuF-6dTcKMtETB2g='));

  // Kingsoft publishes the algorithm (docs.ksyun.com/documents/2321) without a worked example. It is that of Amazon's query
  // string authentication, version 2, whose example this is (docs.aws.amazon.com, "Signing and authenticating REST requests").
  it('Kingsoft KS3, query string', () =>
    expect(
      ksyun({ accessKey: 'AKIAIOSFODNN7EXAMPLE', secretKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' })(
        request('photos/puppy.jpg', 1175139620 - 3600, { bucket: 'johnsmith' }),
      ),
    ).toBe(
      '/photos/puppy.jpg?KSSAccessKeyId=AKIAIOSFODNN7EXAMPLE&Expires=1175139620&Signature=NpgCjnDzrM%2BWFzoENXmpNDUsSn8%3D',
    ));
});

const refusalOf = (make: () => unknown): unknown => {
  try {
    return make();
  } catch (error) {
    return error;
  }
};

describe('a signer', () => {
  const credentials = { accessKey: 'AK', secretKey: 'SK' };

  it.each(['sv=2022-11-02&sig=a%2Bb%3D', '?sv=2022-11-02&sig=a%2Bb%3D', ' ?sv=2022-11-02&sig=a%2Bb%3D\n'])(
    'puts the SAS token %j behind the path',
    (authenticationKey) =>
      expect(cdnSigner('AZURE_SAS_TOKEN', { authenticationKey })(request('a%20b', 0))).toBe(
        '/a%20b?sv=2022-11-02&sig=a%2Bb%3D',
      ),
  );

  it('without authentication adds nothing', () =>
    expect(cdnSigner('NONE', {})(request('a/b', 0, { basePath: '/base' }))).toBe('/base/a/b'));

  it('signs the path of the domain along', () =>
    expect(aliyunC('k')(request('b', 1, { basePath: '/a' })).slice(33)).toBe(
      aliyunC('k')(request('a/b', 1)).slice(33),
    ));

  it('of Kingsoft is for one method', () => {
    const sign = ksyun(credentials);
    expect(sign(request('a', 1))).not.toBe(sign(request('a', 1, { method: 'HEAD' })));
  });

  it.each([
    ['a//b', '/a/%2Fb'],
    ['/a', '/%2Fa'],
    ['//a', '/%2F%2Fa'],
    ['a/b', '/a/b'],
  ])('of Kingsoft keeps the slashes of %s apart', (name, path) =>
    expect(ksyun(credentials)(request(name, 1)).split('?')[0]).toBe(path),
  );

  it('of type A never repeats its random part', () => {
    const sign = aliyunA('k');
    expect(sign(request('a', 1))).not.toBe(sign(request('a', 1)));
  });

  const NEEDS_CREDENTIALS: readonly CdnAuthentication[] = [
    'QINIU_PRIVATE_AUTHENTICATION',
    'KSYUN_PRIVATE_AUTHENTICATION',
  ];

  it.each(CDN_AUTHENTICATIONS.filter((type) => type !== 'NONE'))(
    'of %s refuses to be made without its secret',
    (type) => {
      const useless = NEEDS_CREDENTIALS.includes(type) ? { authenticationKey: 'k' } : { credentials };
      for (const secrets of [{}, { authenticationKey: '' }, useless])
        expect(refusalOf(() => cdnSigner(type, secrets))).toMatchObject({
          name: 'StoreError',
          kind: 'invalid',
          backendCode: 'MissingCdnKey',
        });
    },
  );

  it.each(NEEDS_CREDENTIALS)('of %s refuses temporary credentials', (type) =>
    expect(refusalOf(() => cdnSigner(type, { credentials: { ...credentials, securityToken: 't' } }))).toMatchObject({
      kind: 'invalid',
      backendCode: 'TemporaryCredentials',
    }),
  );
});

/** Names of clouds as the OMS API has them, plus Local: a folder of this machine. Stores can be opened for some of them. */
export const CLOUD_TYPES = [
  'AWS',
  'Azure',
  'Aliyun',
  'Tencent',
  'HuaweiCloud',
  'QingCloud',
  'KingsoftCloud',
  'Baidu',
  'Google',
  'Qiniu',
  'UCloud',
  'URLSource',
  'HEC',
  'Local',
] as const;

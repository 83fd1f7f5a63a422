/** A region that needs no configuration. */
export interface BuiltInRegion {
  readonly description: string;
  /** Where the cloud's template does not hold. */
  readonly endpoint?: string;
  /** Where the signature names another region. */
  readonly signingRegion?: string;
}

type Regions = Readonly<Record<string, BuiltInRegion>>;

const named = (table: Readonly<Record<string, string>>): Regions =>
  Object.fromEntries(Object.entries(table).map(([name, description]) => [name, { description }]));

const awsChina = (name: string, description: string): Regions => ({
  [name]: { description, endpoint: `https://s3.${name}.amazonaws.com.cn` },
});

const google = (name: string, description: string): Regions => ({ [name]: { description, signingRegion: 'auto' } });

const qingStor = (name: string, description: string): Regions => ({ [name]: { description, signingRegion: name } });

const aws: Regions = {
  ...named({
    'us-east-1': 'US East (N. Virginia)',
    'us-east-2': 'US East (Ohio)',
    'us-west-1': 'US West (N. California)',
    'us-west-2': 'US West (Oregon)',
    'ca-central-1': 'Canada (Central)',
    'ca-west-1': 'Canada West (Calgary)',
    'mx-central-1': 'Mexico (Central)',
    'sa-east-1': 'South America (Sao Paulo)',
    'eu-central-1': 'Europe (Frankfurt)',
    'eu-central-2': 'Europe (Zurich)',
    'eu-west-1': 'Europe (Ireland)',
    'eu-west-2': 'Europe (London)',
    'eu-west-3': 'Europe (Paris)',
    'eu-south-1': 'Europe (Milan)',
    'eu-south-2': 'Europe (Spain)',
    'eu-north-1': 'Europe (Stockholm)',
    'il-central-1': 'Israel (Tel Aviv)',
    'me-south-1': 'Middle East (Bahrain)',
    'me-central-1': 'Middle East (UAE)',
    'af-south-1': 'Africa (Cape Town)',
    'ap-east-1': 'Asia Pacific (Hong Kong)',
    'ap-northeast-1': 'Asia Pacific (Tokyo)',
    'ap-northeast-2': 'Asia Pacific (Seoul)',
    'ap-northeast-3': 'Asia Pacific (Osaka)',
    'ap-south-1': 'Asia Pacific (Mumbai)',
    'ap-south-2': 'Asia Pacific (Hyderabad)',
    'ap-southeast-1': 'Asia Pacific (Singapore)',
    'ap-southeast-2': 'Asia Pacific (Sydney)',
    'ap-southeast-3': 'Asia Pacific (Jakarta)',
    'ap-southeast-4': 'Asia Pacific (Melbourne)',
    'ap-southeast-5': 'Asia Pacific (Malaysia)',
    'ap-southeast-7': 'Asia Pacific (Thailand)',
  }),
  ...awsChina('cn-north-1', 'China (Beijing)'),
  ...awsChina('cn-northwest-1', 'China (Ningxia)'),
};

const aliyun = named({
  'cn-hangzhou': 'China (Hangzhou)',
  'cn-shanghai': 'China (Shanghai)',
  'cn-nanjing': 'China (Nanjing)',
  'cn-fuzhou': 'China (Fuzhou)',
  'cn-wuhan-lr': 'China (Wuhan)',
  'cn-qingdao': 'China (Qingdao)',
  'cn-beijing': 'China (Beijing)',
  'cn-zhangjiakou': 'China (Zhangjiakou)',
  'cn-huhehaote': 'China (Hohhot)',
  'cn-wulanchabu': 'China (Ulanqab)',
  'cn-shenzhen': 'China (Shenzhen)',
  'cn-heyuan': 'China (Heyuan)',
  'cn-guangzhou': 'China (Guangzhou)',
  'cn-chengdu': 'China (Chengdu)',
  'cn-hongkong': 'China (Hong Kong)',
  'us-west-1': 'US (Silicon Valley)',
  'us-east-1': 'US (Virginia)',
  'ap-northeast-1': 'Japan (Tokyo)',
  'ap-northeast-2': 'South Korea (Seoul)',
  'ap-southeast-1': 'Singapore',
  'ap-southeast-3': 'Malaysia (Kuala Lumpur)',
  'ap-southeast-5': 'Indonesia (Jakarta)',
  'ap-southeast-6': 'Philippines (Manila)',
  'ap-southeast-7': 'Thailand (Bangkok)',
  'eu-central-1': 'Germany (Frankfurt)',
  'eu-west-1': 'UK (London)',
  'me-east-1': 'UAE (Dubai)',
});

const tencent = named({
  'ap-beijing': 'Beijing',
  'ap-nanjing': 'Nanjing',
  'ap-shanghai': 'Shanghai',
  'ap-guangzhou': 'Guangzhou',
  'ap-chengdu': 'Chengdu',
  'ap-chongqing': 'Chongqing',
  'ap-hongkong': 'Hong Kong',
  'ap-singapore': 'Singapore',
  'ap-jakarta': 'Jakarta',
  'ap-seoul': 'Seoul',
  'ap-bangkok': 'Bangkok',
  'ap-tokyo': 'Tokyo',
  'ap-mumbai': 'Mumbai',
  'na-siliconvalley': 'Silicon Valley',
  'na-ashburn': 'Virginia',
  'sa-saopaulo': 'Sao Paulo',
  'eu-frankfurt': 'Frankfurt',
});

const huaweiCloud = named({
  'cn-north-1': 'CN North-Beijing1',
  'cn-north-4': 'CN North-Beijing4',
  'cn-north-9': 'CN North-Ulanqab1',
  'cn-north-12': 'CN North3',
  'cn-east-2': 'CN East-Shanghai2',
  'cn-east-3': 'CN East-Shanghai1',
  'cn-east-4': 'CN East2',
  'cn-east-5': 'CN East-Qingdao',
  'cn-south-1': 'CN South-Guangzhou',
  'cn-south-4': 'CN South-Guangzhou-InvitationOnly',
  'cn-southwest-2': 'CN Southwest-Guiyang1',
  'ap-southeast-1': 'CN-Hong Kong',
  'ap-southeast-2': 'AP-Bangkok',
  'ap-southeast-3': 'AP-Singapore',
  'ap-southeast-4': 'AP-Jakarta',
  'ap-southeast-5': 'AP-Manila',
  'af-south-1': 'AF-Johannesburg',
  'af-north-1': 'AF-Cairo',
  'tr-west-1': 'TR-Istanbul',
  'me-east-1': 'ME-Riyadh',
  'la-north-2': 'LA-Mexico City2',
  'na-mexico-1': 'LA-Mexico City1',
  'sa-brazil-1': 'LA-Sao Paulo1',
  'la-south-2': 'LA-Santiago',
});

/** Built-in regions by cloud; the configuration adds to them. HEC is how task groups call Huawei Cloud as a destination. */
export const REGIONS = {
  AWS: aws,
  Aliyun: aliyun,
  Tencent: tencent,
  HuaweiCloud: huaweiCloud,
  HEC: huaweiCloud,
  QingCloud: {
    ...qingStor('pek3a', 'Beijing 3-A'),
    ...qingStor('pek3b', 'Beijing 3-B'),
    ...qingStor('sh1a', 'Shanghai 1-A'),
    ...qingStor('gd2', 'Guangdong 2'),
    ...qingStor('ap3', 'Jakarta'),
  },
  KingsoftCloud: {
    ...named({
      'cn-beijing': 'Beijing',
      'cn-shanghai': 'Shanghai',
      'cn-guangzhou': 'Guangzhou',
      'cn-qingyang': 'Qingyang',
    }),
    'cn-hk-1': { description: 'Hong Kong' },
    singapore: { description: 'Singapore', endpoint: 'https://ks3-sgp.ksyuncs.com' },
  },
  Baidu: named({
    bj: 'Beijing',
    gz: 'Guangzhou',
    su: 'Suzhou',
    bd: 'Baoding',
    fwh: 'Wuhan (finance)',
    fsh: 'Shanghai (finance)',
    hkg: 'Hong Kong',
    sin: 'Singapore',
  }),
  Google: {
    ...google('auto', 'Any location'),
    ...google('us', 'United States (multi-region)'),
    ...google('eu', 'European Union (multi-region)'),
    ...google('asia', 'Asia (multi-region)'),
    ...google('us-central1', 'Iowa'),
    ...google('us-east1', 'South Carolina'),
    ...google('us-east4', 'Northern Virginia'),
    ...google('us-west1', 'Oregon'),
    ...google('europe-west1', 'Belgium'),
    ...google('europe-west3', 'Frankfurt'),
    ...google('asia-east1', 'Taiwan'),
    ...google('asia-east2', 'Hong Kong'),
    ...google('asia-northeast1', 'Tokyo'),
    ...google('asia-southeast1', 'Singapore'),
  },
  Qiniu: named({
    'cn-east-1': 'East China (Zhejiang)',
    'cn-east-2': 'East China (Zhejiang 2)',
    'cn-north-1': 'North China (Hebei)',
    'cn-south-1': 'South China (Guangdong)',
    'us-north-1': 'North America (Los Angeles)',
    'ap-southeast-1': 'Asia Pacific (Singapore)',
  }),
  UCloud: named({
    'cn-bj': 'Beijing',
    'cn-wlcb': 'Ulanqab',
    'cn-sh2': 'Shanghai 2',
    'cn-gd': 'Guangzhou',
    hk: 'Hong Kong',
    'us-ca': 'Los Angeles',
    sg: 'Singapore',
    'idn-jakarta': 'Jakarta',
    'tw-tp': 'Taipei',
    'afr-nigeria': 'Lagos',
    'bra-saopaulo': 'Sao Paulo',
    'uae-dubai': 'Dubai',
    'vn-sng': 'Ho Chi Minh City',
  }),
} satisfies Record<string, Regions>;

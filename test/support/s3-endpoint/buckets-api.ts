import { emptyReply, xmlReply, type Call, type Reply } from './call.js';
import { S3Error } from './s3-error.js';
import { element } from './xml.js';

export function listBuckets({ state, who }: Call): Reply {
  const list = [...state.buckets.values()]
    .filter(({ name }) => who.denyBuckets?.includes(name) !== true)
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(
      ({ name, created }) =>
        `<Bucket>${element('Name', name)}${element('CreationDate', created.toISOString())}</Bucket>`,
    );
  return xmlReply(
    'ListAllMyBucketsResult',
    `<Owner>${element('ID', 'owner')}</Owner><Buckets>${list.join('')}</Buckets>`,
  );
}

export function createBucket({ request, state }: Call): Reply {
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(request.bucket)) throw new S3Error('InvalidBucketName');
  if (state.buckets.has(request.bucket)) throw new S3Error('BucketAlreadyOwnedByYou');
  state.createBucket(request.bucket);
  return emptyReply(200, { location: `/${request.bucket}` });
}

export function headBucket({ request, state, region }: Call): Reply {
  state.bucket(request.bucket);
  return emptyReply(200, { 'x-amz-bucket-region': region });
}

/** Empty for us-east-1, as S3 has it for historical reasons. */
export function getLocation({ request, state, region }: Call): Reply {
  state.bucket(request.bucket);
  return xmlReply('LocationConstraint', region === 'us-east-1' ? '' : region);
}

import { parseArgs } from 'node:util';
import { startS3Endpoint } from './s3-endpoint.js';

/** Runs the endpoint by itself and prints one line of JSON, `{"url", "port"}`, once it listens. SIGTERM or SIGINT end it. */
const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    folder: { type: 'string' },
    'access-key': { type: 'string', multiple: true },
    'secret-key': { type: 'string', multiple: true },
    bucket: { type: 'string', multiple: true },
    region: { type: 'string' },
    'min-part-bytes': { type: 'string' },
    control: { type: 'boolean', default: false },
  },
});

const secretKeys = values['secret-key'] ?? [];
const accessKeys = (values['access-key'] ?? []).map((accessKey, at) => {
  const secretKey = secretKeys[at];
  if (secretKey === undefined) throw new Error(`There is no --secret-key for --access-key ${accessKey}`);
  return { accessKey, secretKey };
});
if (accessKeys.length === 0) throw new Error('At least one --access-key with its --secret-key is needed');

const minPartBytes = values['min-part-bytes'];
const endpoint = await startS3Endpoint({
  port: Number(values.port),
  accessKeys,
  buckets: values.bucket ?? [],
  control: values.control,
  ...(values.folder !== undefined && { storage: values.folder }),
  ...(values.region !== undefined && { region: values.region }),
  ...(minPartBytes !== undefined && { minPartBytes: Number(minPartBytes) }),
});
process.stdout.write(`${JSON.stringify({ url: endpoint.url, port: endpoint.port })}\n`);

const stop = () => {
  void endpoint.close().then(() => process.exit(0));
};
process.once('SIGTERM', stop).once('SIGINT', stop);

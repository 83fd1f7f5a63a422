/** The settings of a stream that the server itself obeys; the last event of `$$<stream>` holds them as JSON. */
export interface StreamMetadata {
  readonly maxAgeMs?: number;
  readonly maxCount?: number;
  readonly truncateBefore?: number;
}

export const NO_METADATA: StreamMetadata = {};
/** Of a metadata stream only the last event counts. */
export const METASTREAM_METADATA: StreamMetadata = { maxCount: 1 };

/** What a soft delete writes as `$tb`; read back from JSON it is a little more than 2^63 - 1. */
const DELETED_FROM = 9.2e18;

export const isMetastream = (name: string): boolean => name.startsWith('$$');
export const metastreamOf = (name: string): string => `$$${name}`;
export const originalOf = (metastream: string): string => metastream.slice(2);

const parseObject = (json: Uint8Array): Record<string, unknown> | undefined => {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(json).toString('utf8'));
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)
      ? (parsed as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
};

/** Metadata that is no JSON object sets nothing. */
export const parseMetadata = (json: Uint8Array): StreamMetadata => {
  const found = parseObject(json);
  if (found === undefined) return NO_METADATA;
  const { $maxAge: maxAge, $maxCount: maxCount, $tb: truncateBefore } = found;
  return {
    ...(typeof maxAge === 'number' && maxAge > 0 && { maxAgeMs: maxAge * 1000 }),
    ...(typeof maxCount === 'number' && maxCount > 0 && { maxCount }),
    ...(typeof truncateBefore === 'number' && truncateBefore >= 0 && { truncateBefore }),
  };
};

export const isSoftDeleted = ({ truncateBefore }: StreamMetadata): boolean =>
  truncateBefore !== undefined && truncateBefore >= DELETED_FROM;

/** Other settings do not survive a soft delete. */
export const softDeletedJson = (): Buffer => Buffer.from('{"$tb":9223372036854775807}');

/** The same settings, but the stream begins again at `from`; undefined when they are no JSON object. */
export const recreatedJson = (json: Uint8Array, from: number): Buffer | undefined => {
  const found = parseObject(json);
  return found === undefined ? undefined : Buffer.from(JSON.stringify({ ...found, $tb: from }));
};

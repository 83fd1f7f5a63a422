/** What proved a copy: checksums that agree, or only the count of bytes. */
export type Proof = 'md5' | 'etag' | 'crc64' | 'size';

/** Objects that exist by computation alone: their keys, sizes, times and bytes follow from their index. What is put is a sink's. */
export interface GeneratedPlan {
  readonly kind: 'generated';
  /** In front of every key. */
  readonly prefix?: string;
  readonly count: number;
  readonly perFolder?: number;
  readonly minBytes: number;
  /** Sizes go up to this; `minBytes` unless given. */
  readonly maxBytes?: number;
  readonly modifiedMs?: number;
  /**
   * `md5`: of the content, as an object has that was put in one request. `opaque`: such as one in parts has; costs nothing,
   * so it is what huge objects and huge listings take.
   */
  readonly etags?: 'md5' | 'opaque';
  /** Reading every so many-th object, from the one at `deniedFrom` on, is refused. */
  readonly deniedEvery?: number;
  readonly deniedFrom?: number;
  readonly keepLists?: boolean;
}

/** Takes objects and keeps what they were: sizes, checksums, how often they came. Contents only below `oms/`, when asked for. */
export interface SinkPlan {
  readonly kind: 'sink';
  readonly keepLists?: boolean;
}

export interface SyntheticOptions {
  readonly buckets: Readonly<Record<string, GeneratedPlan | SinkPlan>>;
  /** Milliseconds that every GetObject waits before it answers. */
  readonly readDelayMs?: number;
}

/** An object that a sink took. */
export interface SunkObject {
  readonly key: string;
  readonly size: number;
  readonly etag: string;
  readonly modifiedMs: number;
  /** How often it was put whole, or completed. */
  readonly writes: number;
  /** Of a list file. */
  readonly lines?: number;
  readonly firstLine?: string;
  readonly lastLine?: string;
}

/** What went over the wire since the start. */
export interface Traffic {
  readonly requests: Readonly<Record<string, number>>;
  /** Bytes of bodies that were sent out. */
  readonly sentBytes: number;
  /** Objects below `oms/` left out. */
  readonly objectsWritten: number;
  /** GetObject by key, where it came more than once. */
  readonly repeatedReads: Readonly<Record<string, number>>;
  /** UploadPart by key and number, where it came more than once. */
  readonly repeatedParts: Readonly<Record<string, number>>;
  /** Keys, or parts, that were read or written by two requests at once; the first few. */
  readonly overlaps: readonly string[];
}

/** What another process asks of `POST /__control`, as JSON. */
export type SyntheticCommand =
  | { readonly do: 'traffic' }
  /** Answers a number: objects in the sink that are no lists. */
  | { readonly do: 'written'; readonly bucket: string }
  /** Answers `SunkObject[]` of all keys that begin with the prefix. */
  | { readonly do: 'objects'; readonly bucket: string; readonly prefix: string }
  /** Answers texts by key. */
  | { readonly do: 'texts'; readonly bucket: string; readonly prefix: string }
  /** Puts every so many-th generated object into the sink as it would be after a copy at `modifiedMs`. */
  | {
      readonly do: 'preset';
      readonly from: string;
      readonly to: string;
      readonly every: number;
      readonly modifiedMs: number;
    }
  /** Answers keys whose copy is missing or not what was generated; objects that may not be read must be missing. */
  | { readonly do: 'compare'; readonly from: string; readonly to: string; readonly partBytes: number }
  | { readonly do: 'uploads'; readonly bucket: string };

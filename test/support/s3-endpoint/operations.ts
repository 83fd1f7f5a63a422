import { createBucket, getLocation, headBucket, listBuckets } from './buckets-api.js';
import type { Call, Reply } from './call.js';
import { copyObject } from './copy-api.js';
import { listObjectsV1, listObjectsV2 } from './list-api.js';
import {
  abortUpload,
  completeUpload,
  createUpload,
  listParts,
  listUploads,
  uploadPart,
  uploadPartCopy,
} from './multipart-api.js';
import {
  deleteObject,
  deleteObjects,
  deleteTagging,
  getObject,
  getTagging,
  headObject,
  putObject,
  putTagging,
  restoreObject,
} from './objects-api.js';
import type { Operation } from './request.js';

export type Handler = (call: Call) => Reply | Promise<Reply>;

const HANDLERS: Readonly<Record<Operation, Handler>> = {
  ListBuckets: listBuckets,
  CreateBucket: createBucket,
  HeadBucket: headBucket,
  GetBucketLocation: getLocation,
  ListObjects: listObjectsV1,
  ListObjectsV2: listObjectsV2,
  ListMultipartUploads: listUploads,
  DeleteObjects: deleteObjects,
  GetObject: getObject,
  HeadObject: headObject,
  PutObject: putObject,
  CopyObject: copyObject,
  DeleteObject: deleteObject,
  GetObjectTagging: getTagging,
  PutObjectTagging: putTagging,
  DeleteObjectTagging: deleteTagging,
  RestoreObject: restoreObject,
  CreateMultipartUpload: createUpload,
  UploadPart: uploadPart,
  UploadPartCopy: uploadPartCopy,
  ListParts: listParts,
  CompleteMultipartUpload: completeUpload,
  AbortMultipartUpload: abortUpload,
};

export const handlerOf = (operation: Operation): Handler => HANDLERS[operation];

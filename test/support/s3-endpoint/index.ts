export * from './s3-endpoint.js';

import { S3Client } from '@aws-sdk/client-s3';

/** A client of S3 by the credentials and the region of the environment: a local cloud's endpoint has no host of its own for each bucket. */
export const s3Client = () => new S3Client({ forcePathStyle: process.env.AWS_ENDPOINT_URL !== undefined });

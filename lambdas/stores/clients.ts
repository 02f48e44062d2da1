import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { KMSClient } from '@aws-sdk/client-kms';
import { S3Client } from '@aws-sdk/client-s3';
import { SFNClient } from '@aws-sdk/client-sfn';
import { SNSClient } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';

/**
 * Claim writes faster than a new on-demand table takes. Four tries, the SDK's default, would then fail some call of every
 * child; adaptive tries slow down together once the table throttles.
 */
const database = /* @__PURE__ */ new DynamoDBClient({ retryMode: 'adaptive', maxAttempts: 10 });

/**
 * One client per service and function, made when the function is loaded: its connections serve every invocation. Each is marked
 * as pure, so that a function's bundle has only those, and only the SDKs, that the function uses.
 */
export const dynamo = /* @__PURE__ */ DynamoDBDocumentClient.from(database, {
  marshallOptions: { removeUndefinedValues: true },
});
export const kms = /* @__PURE__ */ new KMSClient();
export const s3 = /* @__PURE__ */ new S3Client();
export const sfn = /* @__PURE__ */ new SFNClient();
export const sns = /* @__PURE__ */ new SNSClient();
export const sqs = /* @__PURE__ */ new SQSClient();

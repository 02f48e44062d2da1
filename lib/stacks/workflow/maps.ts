import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import {
  OutputType,
  ResultWriterV2,
  S3JsonLItemReader,
  Transformation,
  WriterConfig,
} from 'aws-cdk-lib/aws-stepfunctions';

/** A Distributed Map's items: a file of JSON lines. The machine may read the files of this pattern, and not all of the bucket. */
export class ItemsFrom extends S3JsonLItemReader {
  readonly #files: string;

  constructor(bucket: IBucket, key: string, pattern: string) {
    super({ bucket, key });
    this.#files = bucket.arnForObjects(pattern);
  }

  override providePolicyStatements(): PolicyStatement[] {
    return [new PolicyStatement({ actions: ['s3:GetObject'], resources: [this.#files] })];
  }
}

/** The results of a Distributed Map's children, one a line, under a prefix; the machine may write there only. */
export class ResultsUnder extends ResultWriterV2 {
  readonly #files: string;

  constructor(bucket: IBucket, prefix: string, pattern: string) {
    super({
      bucket,
      prefix,
      writerConfig: new WriterConfig({ outputType: OutputType.JSONL, transformation: Transformation.FLATTEN }),
    });
    this.#files = bucket.arnForObjects(pattern);
  }

  override providePolicyStatements(): PolicyStatement[] {
    const actions = ['s3:PutObject', 's3:GetObject', 's3:ListMultipartUploadParts', 's3:AbortMultipartUpload'];
    return [new PolicyStatement({ actions, resources: [this.#files] })];
  }
}

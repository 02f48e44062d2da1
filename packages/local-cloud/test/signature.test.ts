import { describe, expect, it } from 'vitest';
import { authorization, signerOf } from '../src/signature.ts';

const NO_QUERY = new URLSearchParams();

describe('who signed a request, and for which service', () => {
  it('is read from the header that SDKs send', () => {
    const header =
      'AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20260601/ap-south-1/s3/aws4_request, SignedHeaders=host;x-amz-date, Signature=fe5f';
    expect(signerOf({ authorization: header }, NO_QUERY)).toEqual({
      accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
      service: 's3',
    });
  });

  it('is read from a presigned URL', () => {
    const query = new URLSearchParams(
      'X-Amz-Credential=x%2F20260601%2Fap-south-1%2Fs3%2Faws4_request&X-Amz-Signature=y',
    );
    expect(signerOf({}, query)).toEqual({ accessKeyId: 'x', service: 's3' });
  });

  it('is read from what the local cloud writes itself', () => {
    expect(signerOf({ authorization: authorization('Screen.7', 'dynamodb', 'ap-south-1') }, NO_QUERY)).toEqual({
      accessKeyId: 'Screen.7',
      service: 'dynamodb',
    });
  });

  it('may hold slashes in the access key id', () => {
    expect(signerOf({ authorization: authorization('a/b', 'sqs', 'ap-south-1') }, NO_QUERY)).toEqual({
      accessKeyId: 'a/b',
      service: 'sqs',
    });
  });

  it.each(['', 'Bearer x', 'AWS4-HMAC-SHA256 Credential=x/s3/aws4_request, Signature=y'])(
    'is nobody in "%s"',
    (header) => {
      expect(signerOf({ authorization: header }, NO_QUERY)).toBeNull();
    },
  );
});

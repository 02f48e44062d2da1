import type { IncomingHttpHeaders } from 'node:http';

/** The signer of a request, and the service that it is for: the local cloud reads signatures, it doesn't check them. */
export interface Signer {
  accessKeyId: string;
  service: string;
}

/** Reads the credential scope of a header or of a presigned URL's query; null where there is none. */
export function signerOf(headers: IncomingHttpHeaders, query: URLSearchParams): Signer | null {
  const credential =
    /Credential=([^,\s]+)/.exec(headers.authorization ?? '')?.[1] ?? query.get('X-Amz-Credential') ?? undefined;
  if (credential === undefined) return null;
  const parts = credential.split('/');
  const service = parts.at(-2);
  if (parts.length < 5 || service === undefined) return null;
  return { accessKeyId: parts.slice(0, -4).join('/'), service };
}

/** An Authorization header as the local cloud's services read it. */
export function authorization(accessKeyId: string, service: string, region: string): string {
  return `AWS4-HMAC-SHA256 Credential=${accessKeyId}/19700101/${region}/${service}/aws4_request, SignedHeaders=host, Signature=0`;
}

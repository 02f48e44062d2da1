/** Physical names by logical ones (the construct's id in the template, without the hash at its end). */
export interface CloudNames {
  /** Physical names. */
  buckets: Record<string, string>;
  /** Physical names. */
  tables: Record<string, string>;
  /** ARNs. */
  machines: Record<string, string>;
  /** Physical names. */
  functions: Record<string, string>;
  /** ARNs. */
  topics: Record<string, string>;
  /** Physical names, which `receive` takes. */
  queues: Record<string, string>;
}

/** The place of a resource of the app in the cloud. */
export interface Placed {
  kind: 'bucket' | 'table' | 'machine' | 'function' | 'topic' | 'queue';
  logical: string;
  physical: string;
  arn: string;
}

/** The logical name of a physical name or an ARN. */
export function logicalName(placed: readonly Placed[], physical: string): string {
  return placed.find((p) => p.physical === physical || p.arn === physical)?.logical ?? physical;
}

/** A logical id without the hash that the CDK adds at its end. */
export function withoutHash(logicalId: string): string {
  return logicalId.replace(/[0-9A-F]{8}$/, '');
}

/** The names of the created resources, by kind. */
export function namesOf(placed: readonly Placed[]): CloudNames {
  const names: CloudNames = { buckets: {}, tables: {}, machines: {}, functions: {}, topics: {}, queues: {} };
  for (const { kind, logical, physical, arn } of placed) {
    names[`${kind}s`][logical] = kind === 'machine' || kind === 'topic' ? arn : physical;
  }
  return names;
}

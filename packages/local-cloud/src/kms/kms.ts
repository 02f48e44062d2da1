import { createHash, createHmac } from 'node:crypto';
import { AwsError } from '../errors.ts';

/** The actions of KMS that are served. Services here don't encrypt, so that no other key, and no other action, is ever used. */
export const KMS_ACTIONS = ['GenerateMac'] as const;

const ALGORITHM = 'HMAC_SHA_256';

/**
 * The MAC that a key of the local cloud makes. Its secret follows from its ARN, so that whoever has a run's files can check the keyed
 * hashes in them; it keeps nothing secret.
 */
export function localMac(keyArn: string, message: Uint8Array): Buffer {
  const secret = createHash('sha256').update(`a key of the local cloud: ${keyArn}`).digest();
  return createHmac('sha256', secret).update(message).digest();
}

/** The keys that make MACs. */
export class Kms {
  readonly #keys = new Map<string, string>();

  /** @param ref another name for the key */
  add(arn: string, ref: string): void {
    this.#keys.set(arn, arn).set(ref, arn);
  }

  /**
   * The ARN of the key that a request names.
   * @throws AwsError where there is no such key
   */
  find(named: unknown): string {
    const arn = this.#keys.get(String(named));
    if (arn === undefined) throw new AwsError('NotFoundException', "the local cloud's KMS has no such key for MACs");
    return arn;
  }

  /**
   * Carries out a request whose JSON body is `body`.
   * @throws AwsError for an action, a key or a field that isn't known
   */
  call(action: string, body: Readonly<Record<string, unknown>>): Record<string, unknown> {
    if (!(KMS_ACTIONS as readonly string[]).includes(action))
      throw new AwsError('UnknownOperationException', `the local cloud's KMS has no ${action}`);
    const { KeyId, MacAlgorithm, Message, ...others } = body;
    const [unknown] = Object.keys(others);
    if (unknown !== undefined) throw new AwsError('ValidationException', `the local cloud's KMS has no ${unknown}`);
    if (MacAlgorithm !== ALGORITHM)
      throw new AwsError('InvalidKeyUsageException', `the local cloud's KMS has no MacAlgorithm ${MacAlgorithm}`);
    const arn = this.find(KeyId);
    const mac = localMac(arn, Buffer.from(String(Message), 'base64'));
    return { KeyId: arn, Mac: mac.toString('base64'), MacAlgorithm };
  }
}

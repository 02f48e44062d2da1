import { expect, test } from 'vitest';
import { sha8, sha256Of } from '../../lambdas/domain/hashes.ts';

test('the SHA-256 of a text is that of its bytes in UTF-8, in hexadecimal digits', () => {
  // FIPS 180-2, B.1, and the hash of nothing.
  expect(sha256Of('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  expect(sha256Of('')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  expect(sha256Of('दिल्ली')).toBe(sha256Of(Buffer.from('दिल्ली')));
});

test('the first eight digits of a SHA-256 tell files apart in names', () => {
  expect(sha8(sha256Of('abc'))).toBe('ba7816bf');
});

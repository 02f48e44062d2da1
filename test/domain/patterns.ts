/** Whether a key fits a pattern, as IAM reads it: `*` stands for any characters, also none and `/`, and `?` for one. */
export function fits(pattern: string, key: string): boolean {
  const parts = pattern
    .split(/([*?])/)
    .map((part) => (part === '*' ? '.*' : part === '?' ? '.' : part.replace(/[^\w/-]/g, '\\$&')));
  return new RegExp(`^${parts.join('')}$`, 's').test(key);
}

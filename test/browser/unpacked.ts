import { browserPath } from '../../tools/pictures/browser.ts';

/** Before any test starts it: of two that unpack it at once, one would start what the other is still writing. */
export default async function unpack(): Promise<void> {
  await browserPath();
}

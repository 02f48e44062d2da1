import { browserPath } from '../../tools/pictures/browser.ts';

/** Unpacks the browser before any test starts: if two tests unpacked it at once, one would start what the other is still writing. */
export default async function unpack(): Promise<void> {
  await browserPath();
}

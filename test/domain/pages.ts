const VOID = ['meta', 'link'];

/** The names of all tags, in their order. */
export function tagsOf(html: string): string[] {
  return [...html.matchAll(/<(\/?[a-z][a-z0-9]*)/g)].map(([, name = '']) => name);
}

/** The tags that are open at the end, or at the first end tag that doesn't close the last opened one. */
export function unclosed(html: string): string[] {
  const open: string[] = [];
  for (const tag of tagsOf(html.replace(/<style>.*?<\/style>/s, ''))) {
    if (VOID.includes(tag)) continue;
    if (!tag.startsWith('/')) open.push(tag);
    else if (open.pop() !== tag.slice(1)) return [...open, tag];
  }
  return open;
}

/** The contrast of two colours, as WCAG 2.2 defines it. */
export function contrast(one: string, other: string): number {
  const luminance = (colour: string) => {
    const [r = 0, g = 0, b = 0] = [1, 3, 5].map((from) => {
      const part = Number.parseInt(colour.slice(from, from + 2), 16) / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

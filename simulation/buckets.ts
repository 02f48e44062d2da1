/** The ids of the data stack's constructs, which are the logical names of the app's buckets. */
const IDS = { inbox: 'Inbox', work: 'Work', outbox: 'Outbox', audit: 'Audit' } as const;

/**
 * The physical names of the app's buckets in a cloud that runs it.
 * @throws an Error where the cloud has no such bucket
 */
export function bucketsOf({
  names: { buckets },
}: {
  readonly names: { readonly buckets: Readonly<Record<string, string>> };
}): Record<keyof typeof IDS, string> {
  const named = Object.entries(IDS).map(([word, id]) => {
    const bucket = buckets[id];
    if (bucket === undefined)
      throw new Error(`the cloud has no bucket ${id}: has the data stack's construct another id?`);
    return [word, bucket];
  });
  return Object.fromEntries(named);
}

import { z } from 'zod';

/** Where a participant is told: an address that SNS can deliver to. */
export const address = z.object({
  protocol: z.enum(['sqs', 'email', 'https']),
  endpoint: z.string().min(1),
});
export type Address = z.infer<typeof address>;

const participant = (id: RegExp, what: string) =>
  z.object({
    id: z.string().regex(id, `must be ${what}`),
    notify: z.array(address),
  });

/** Who reports. The id is the folder under `reports/` and the beginning of every batch id. */
export const agency = participant(/^[a-z0-9-]{1,16}$/, '1 to 16 characters of a-z, 0-9 and -');

/** A telecom service provider. The id is its folder under `usage/` and `responses/` and part of every direction id. */
export const operator = participant(/^[a-z0-9-]{1,10}$/, '1 to 10 characters of a-z, 0-9 and -');

export type Participant = z.infer<typeof agency>;

/** The queue that a participant keeps in its own account, by convention of this system's defaults. */
const ownQueue = (name: string): Address[] => [
  { protocol: 'sqs', endpoint: `arn:aws:sqs:ap-south-1:000000000000:${name}` },
];

export const AGENCIES: Participant[] = ['mha', 'up-police', 'delhi-police', 'i4c'].map((id) => ({
  id,
  notify: ownQueue(`fraud-batches-${id}`),
}));

export const OPERATORS: Participant[] = ['airtel', 'bsnl', 'jio', 'mtnl', 'vi'].map((id) => ({
  id,
  notify: ownQueue(`fraud-directions-${id}`),
}));

export const ADMINISTRATORS: Address[] = ownQueue('fraud-administrators');

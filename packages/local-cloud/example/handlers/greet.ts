export const handler = async ({ whom }: { whom: string }) => ({ text: `Hello, ${whom}` });

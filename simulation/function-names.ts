/** A function's name in the app, from its name in the cloud. */
export function nameOf(functionName: string): string {
  return /-([A-Za-z]+)[0-9A-F]{8}-[^-]*$/.exec(functionName)?.[1] ?? functionName;
}

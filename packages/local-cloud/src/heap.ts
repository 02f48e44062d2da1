import type { HeapInfo } from 'node:v8';

/** The bytes of an isolate's heap, including what it holds outside of it: buffers, typed arrays and external strings. */
export function bytesOf({ used_heap_size, external_memory }: HeapInfo): number {
  return used_heap_size + external_memory;
}

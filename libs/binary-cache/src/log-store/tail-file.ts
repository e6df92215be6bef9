import { type FSWatcher, watch } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { LogChunk, TailOptions } from './port.js';

type Options = TailOptions & Readonly<{ pollMs: number; isClosed: (mode: number) => boolean }>;

const CHUNK = 64 * 1024;

/** Something to wait on: rung by the kernel, by signals, and by a slow poll (network file systems tell nothing). */
class Bell {
  private watcher: FSWatcher | undefined;
  private rung = false;
  private wake: (() => void) | undefined;
  readonly ring = (): void => {
    this.rung = true;
    this.wake?.();
  };

  constructor(
    private readonly signals: readonly (AbortSignal | undefined)[],
    private readonly pollMs: number,
  ) {
    for (const signal of signals) signal?.addEventListener('abort', this.ring);
  }

  watch(file: string): void {
    try {
      this.watcher = watch(file, { persistent: false }, this.ring);
      // Out of watches, or the file went away: the poll goes on alone.
      this.watcher.on('error', () => this.watcher?.close());
    } catch {
      this.watcher = undefined;
    }
  }

  async wait(): Promise<void> {
    if (!this.rung) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, this.pollMs);
        this.wake = () => (clearTimeout(timer), resolve());
      });
    }
    this.rung = false;
    this.wake = undefined;
  }

  close(): void {
    this.watcher?.close();
    for (const signal of this.signals) signal?.removeEventListener('abort', this.ring);
  }
}

const openIfThere = (file: string): Promise<FileHandle | undefined> =>
  open(file, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });

/** `LogStore.tail` over a file that only grows. */
export async function* tailFile(file: string, options: Options): AsyncGenerator<LogChunk> {
  const { finished, signal, pollMs, isClosed } = options;
  const bell = new Bell([finished, signal], pollMs);
  let handle: FileHandle | undefined;
  try {
    for (;;) {
      if (signal?.aborted) return;
      // Seen before opening: a file that is absent after the end will not come.
      const over = finished?.aborted === true;
      handle = await openIfThere(file);
      if (handle) break;
      if (over) return;
      await bell.wait();
    }
    bell.watch(file);
    let offset = options.from ?? 0;
    for (;;) {
      // Both are seen before reading: whatever was written before them is then read below.
      const over = finished?.aborted === true || isClosed((await handle.stat()).mode);
      for (;;) {
        if (signal?.aborted) return;
        const block = Buffer.allocUnsafe(CHUNK);
        const { bytesRead } = await handle.read(block, 0, CHUNK, offset);
        if (bytesRead === 0) break;
        yield { offset, chunk: block.subarray(0, bytesRead) };
        offset += bytesRead;
      }
      if (over) return;
      await bell.wait();
    }
  } finally {
    bell.close();
    await handle?.close();
  }
}

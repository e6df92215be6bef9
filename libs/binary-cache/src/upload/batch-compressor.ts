import { compressBatch, type Compressor } from '#nix';

/** Most inputs, and bytes, of one process. */
const MOST_INPUTS = 64;
const MOST_BYTES = 8 * 1024 * 1024;
const PROCESSES = 2;

type Waiting = Readonly<{ input: Buffer; resolve: (output: Buffer) => void; reject: (error: unknown) => void }>;

/**
 * Small inputs for one compressor. What is asked for while all processes work waits and shares the next one: alone, an input has a
 * process of its own at once; under load, one serves many.
 */
export type BatchCompressor = (input: Buffer) => Promise<Buffer>;

export const createBatchCompressor = (
  compressor: Compressor,
  options: Readonly<{ dir: string; env: Readonly<Record<string, string>>; signal: AbortSignal }>,
): BatchCompressor => {
  const waiting: Waiting[] = [];
  let running = 0;
  const take = (): Waiting[] => {
    const batch: Waiting[] = [];
    for (let bytes = 0; waiting.length > 0 && batch.length < MOST_INPUTS;) {
      bytes += waiting[0]!.input.length;
      if (batch.length > 0 && bytes > MOST_BYTES) break;
      batch.push(waiting.shift()!);
    }
    return batch;
  };
  const next = async (): Promise<void> => {
    const batch = take();
    try {
      const outputs = await compressBatch(
        compressor,
        batch.map(({ input }) => input),
        options,
      );
      batch.forEach(({ resolve }, index) => resolve(outputs[index]!));
    } catch (error) {
      for (const { reject } of batch) reject(error);
    } finally {
      running -= 1;
      start();
    }
  };
  const start = (): void => {
    if (running >= PROCESSES || waiting.length === 0) return;
    running += 1;
    // Whoever asks in this turn of the loop comes along.
    setImmediate(() => void next());
  };
  return (input) =>
    new Promise((resolve, reject) => {
      waiting.push({ input, resolve, reject });
      start();
    });
};

import type { Readable } from 'node:stream';

/** Nix's wire format: integers of 8 bytes little-endian; strings as length, bytes, zeroes up to a multiple of 8. */
export class WireWriter {
  private readonly parts: Buffer[] = [];

  int(value: number | bigint): this {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(BigInt(value));
    this.parts.push(bytes);
    return this;
  }

  /** A string of bytes, one per character (latin1). */
  string(value: string): this {
    const bytes = Buffer.from(value, 'latin1');
    this.int(bytes.length);
    this.parts.push(bytes, Buffer.alloc(padding(bytes.length)));
    return this;
  }

  strings(values: readonly string[]): this {
    this.int(values.length);
    for (const value of values) this.string(value);
    return this;
  }

  take(): Buffer {
    return Buffer.concat(this.parts.splice(0));
  }
}

const padding = (length: number): number => (8 - (length % 8)) % 8;

/** A string longer than this is a lost place in the stream, not a string. */
const MAX_STRING = 256 * 1024 * 1024;

/** Reads a stream in exact portions. One reader of it at a time; what is not asked for stays in the pipe. */
export class WireReader {
  private failure: Error | undefined;
  private wake: (() => void) | undefined;

  constructor(private readonly stream: Readable) {
    const wake = (): void => this.wake?.();
    stream.on('readable', wake);
    stream.on('end', () => this.fail(new Error('connection closed')));
    stream.on('error', (error) => this.fail(error));
    stream.on('close', () => this.fail(new Error('connection closed')));
  }

  /** Every waiting and later read rejects with this. */
  fail(error: Error): void {
    this.failure ??= error;
    this.wake?.();
  }

  private async available<T>(take: () => T | null): Promise<T> {
    for (;;) {
      const got = take();
      if (got !== null) return got;
      if (this.failure !== undefined) throw this.failure;
      await new Promise<void>((resolve) => (this.wake = resolve));
      this.wake = undefined;
    }
  }

  async bytes(size: number): Promise<Buffer> {
    if (size === 0) return Buffer.alloc(0);
    const parts: Buffer[] = [];
    let missing = size;
    // In steps below the stream's buffer: read(n) of more than it can hold would wait for ever on some streams.
    while (missing > 0) {
      const part = await this.some(missing);
      parts.push(part);
      missing -= part.length;
    }
    return parts.length === 1 ? parts[0]! : Buffer.concat(parts, size);
  }

  /** Between 1 and `limit` bytes, as they come. */
  async some(limit: number): Promise<Buffer> {
    return this.available(() => {
      const buffered = this.stream.readableLength;
      return this.stream.read(buffered > 0 ? Math.min(buffered, limit) : undefined) as Buffer | null;
    });
  }

  async int(): Promise<number> {
    const value = (await this.bytes(8)).readBigUInt64LE();
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new Error(`bad integer ${value} from Nix`);
    return Number(value);
  }

  async string(): Promise<string> {
    const length = await this.int();
    if (length > MAX_STRING) throw new Error(`bad string length ${length} from Nix`);
    const bytes = await this.bytes(length + padding(length));
    return bytes.toString('latin1', 0, length);
  }

  async strings(): Promise<string[]> {
    const values: string[] = [];
    for (let count = await this.int(); count > 0; count--) values.push(await this.string());
    return values;
  }
}

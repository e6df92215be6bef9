/** Something in a directory or an archive. Names are anybody's text: never an address in this host's file system. */
export type Entry = Readonly<{
  /** below the product, parts divided by `/` */
  path: string;
  type: 'file' | 'directory' | 'symlink' | 'other';
  /** bytes, of a file; null for others */
  size: number | null;
  /** where a symbolic link points */
  target: string | null;
}>;

/** What is in a product, as far as it was looked at. */
export type Listing = Readonly<{
  kind: 'directory' | 'tar' | 'zip';
  entries: readonly Entry[];
  /** more entries than the limit, or looking through them took too long or too much */
  truncated: boolean;
}>;

/** It is not what its first bytes promised, or nothing that is listed. */
export class NotListableError extends Error {
  override readonly name = 'NotListableError';
}

/** Bytes in order. */
export type Source = Readonly<{
  /** So many bytes (few), or fewer at the end. */
  read: (bytes: number) => Promise<Buffer>;
  skip: (bytes: number) => Promise<void>;
}>;

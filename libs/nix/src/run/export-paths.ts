import { dumpPath } from './nar-writer.js';
import type { PathInfo } from './serve-types.js';
import { WireWriter } from './wire.js';

/** https://github.com/NixOS/nix/blob/2.8.0/src/libstore/export-import.cc: what stands behind each archive, "NIXE" as a number. */
const EXPORT_MAGIC = 0x4558494e;

/** Paths of this host's store as `nix-store --import` takes them, in bounded memory: dependencies have to come first. */
export async function* exportPaths(infos: readonly PathInfo[]): AsyncGenerator<Buffer> {
  for (const { path, references, deriver } of infos) {
    yield new WireWriter().int(1).take();
    yield* dumpPath(path);
    yield new WireWriter()
      .int(EXPORT_MAGIC)
      .string(path)
      .strings([...references].sort())
      .string(deriver ?? '')
      .int(0)
      .take();
  }
  yield new WireWriter().int(0).take();
}

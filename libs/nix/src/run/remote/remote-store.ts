import { dumpPath } from '../nar-writer.js';
import { queryClosure } from '../path-info.js';
import type { StoreCopies } from '../build-slot.js';
import type { ServeConnection } from '../serve-connection.js';
import type { PathInfo } from '../serve-types.js';
import { localServeCommand, type NixSettings } from '../settings.js';
import { Lane } from './lane.js';

export type RemoteStoreConfig = Readonly<{
  /** Of this host. */
  settings: NixSettings;
  /** Serve command of the machine. */
  command: readonly string[];
  /** How long the machine has to greet, ms; default 60 000. */
  connectMs?: number;
}>;

/**
 * The store of another machine, to which inputs are sent and from which outputs are fetched: one path at a time in each direction,
 * over connections of their own, so that slots go on building. NARs are streamed, never held.
 */
export class RemoteStore implements StoreCopies {
  private readonly up: Lane;
  private readonly down: Lane;
  /** into the local store */
  private readonly home: Lane;
  /** questions to the local store: they do not wait for what comes in */
  private readonly questions: Lane;

  constructor({ settings, command, connectMs }: RemoteStoreConfig) {
    const { env } = settings;
    const local = { command: localServeCommand(settings), env };
    this.up = new Lane({ command, env, connectMs });
    this.down = new Lane({ command, env, connectMs });
    this.home = new Lane(local);
    this.questions = new Lane(local);
  }

  /** What several slots need at once is sent once: the second finds it there. */
  async send(connection: ServeConnection, paths: readonly string[], signal?: AbortSignal): Promise<void> {
    // Whatever is valid there has its closure there.
    if ((await missingThere(connection, paths)).length === 0) return;
    await this.up.use(signal, async (up) => {
      const wanted = await missingThere(up, paths);
      const closure = await this.questions.use(signal, (local) => queryClosure(local, wanted));
      const missing = new Set(
        await missingThere(
          up,
          closure.map(({ path }) => path),
        ),
      );
      for (const info of closure) if (missing.has(info.path)) await up.addToStore(info, dumpPath(info.path));
      await connection.queryValidPaths(paths);
    });
  }

  async fetch(infos: readonly PathInfo[], signal?: AbortSignal): Promise<void> {
    await this.down.use(signal, async (down) => {
      // Locks them there: the connection that built them may go.
      await down.queryValidPaths(infos.map(({ path }) => path));
      await this.home.use(signal, async (home) => {
        const valid = new Set(await home.queryValidPaths(infos.map(({ path }) => path)));
        for (const info of referencesFirst(infos))
          // Nix checks hash and size of what comes against the info, and that all references are there.
          if (!valid.has(info.path)) await home.addToStore(info, down.dumpStorePath(info.path));
      });
    });
  }

  /** Ends its connections; call it when nothing is built there any more. */
  async close(): Promise<void> {
    await Promise.all([this.up, this.down, this.home, this.questions].map((lane) => lane.close()));
  }
}

const missingThere = async (connection: ServeConnection, paths: readonly string[]): Promise<string[]> => {
  const valid = new Set(await connection.queryValidPaths(paths));
  return paths.filter((path) => !valid.has(path));
};

/** Outputs of one derivation in an order in which each comes after those that it refers to. */
export const referencesFirst = (infos: readonly PathInfo[]): PathInfo[] => {
  const waiting = new Map(infos.map((info) => [info.path, info]));
  const order: PathInfo[] = [];
  const visit = (info: PathInfo): void => {
    if (!waiting.delete(info.path)) return;
    for (const reference of info.references) {
      const other = waiting.get(reference);
      if (other) visit(other);
    }
    order.push(info);
  };
  for (const info of infos) visit(info);
  return order;
};

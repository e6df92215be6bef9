import { Controller, Get, Inject, Req } from '@nestjs/common';
import { buildsOfDerivations, buildsOfOutputs, type BuildView, getBuild, newestAttempts } from '#read-model';
import { derivationGraph, type DerivationNode } from '#nix';
import type { Answer } from '../http/answer.js';
import { By, door, Input, type Through } from '../http/door.js';
import type { Incoming } from '../http/incoming.js';
import { notFound, Problem } from '../http/problem.js';
import { idParam } from '../http/text.js';
import { Reader } from '../queries/reader.js';
import { BuildDependenciesPage, RuntimeDependenciesPage } from './dependencies.page.js';
import { Gate } from './gate.js';
import { noOutput } from './gone.js';
import type { Known } from './known.js';
import { LocalStore } from './local-store.js';
import { treesOf } from './tree.js';

const buildDoor = door({ params: { id: idParam } });

/** Derivations or paths of one answer: those nearest to the build. A page is to be read. */
const MOST = { html: 400, json: 5000 } as const;

/** What builds are made from, and what their outputs refer to. */
@Controller('build/:id')
export class DependenciesController {
  /** Thousands of files are read and parsed for one answer. */
  private readonly gate = new Gate(2, 16);

  constructor(
    @Inject(Reader) private readonly reader: Reader,
    @Inject(LocalStore) private readonly store: LocalStore,
  ) {}

  /** The derivations and sources that a build's derivation is built from, from the .drv files of this host. */
  @Get('build-deps')
  @By(buildDoor)
  async ofBuild(@Input() { params: { id } }: Through<typeof buildDoor>, @Req() { wants }: Incoming): Promise<Answer> {
    const build = await this.find(id);
    const { nodes, missing, truncated } = await this.gate.pass(() => derivationGraph(build.drvPath, MOST[wants]));
    const [root] = nodes;
    if (!root)
      throw new Problem(410, 'the derivation is not in the store of this host any more', {
        field: 'id',
        rule: 'must be a build whose derivation is still there',
      });
    const known = await this.known(nodes);
    return {
      json: () => ({
        build: id,
        derivations: nodes.map((node) => ({
          drvpath: node.drvPath,
          system: node.system,
          outputs: node.outputs,
          inputs: node.inputs.map(({ drvPath, outputs }) => ({ drvpath: drvPath, outputs })),
          sources: node.sources,
          ...known(node),
        })),
        missing,
        truncated,
      }),
      html: (page) => {
        const byPath = new Map(nodes.map((node) => [node.drvPath, node]));
        const needsOf = (node: DerivationNode) => node.inputs.flatMap(({ drvPath }) => byPath.get(drvPath) ?? []);
        const { trees, truncated: cut } = treesOf([root], ({ drvPath }) => drvPath, needsOf, 2 * MOST.html);
        return <BuildDependenciesPage {...{ page, build, trees, known, missing, truncated: truncated || cut }} />;
      },
    };
  }

  /** The paths that a build's outputs refer to, from the store of this host. */
  @Get('runtime-deps')
  @By(buildDoor)
  async ofOutputs(@Input() { params: { id } }: Through<typeof buildDoor>, @Req() { wants }: Incoming): Promise<Answer> {
    const build = await this.find(id);
    const outputs = Object.values(build.outputs);
    // Dependencies come first: nearest to the outputs is what comes last.
    const closure = (await this.store.closure(outputs)).toReversed();
    const roots = closure.filter(({ path }) => outputs.includes(path));
    if (roots.length === 0) throw noOutput(build);
    const total = closure.reduce((sum, { narSize }) => sum + narSize, 0);
    const paths = closure.slice(0, MOST[wants]);
    const builds = await this.reader.ask((db) =>
      buildsOfOutputs(
        db,
        paths.map(({ path }) => path),
      ),
    );
    const buildOf = (path: string): number | null => builds.get(path) ?? null;
    return {
      json: () => ({
        build: id,
        closuresize: total,
        total: closure.length,
        paths: paths.map(({ path, narSize, references, deriver }) => ({
          ...{ path, narsize: narSize, references, deriver: deriver ?? null, build: buildOf(path) },
        })),
        truncated: paths.length < closure.length,
      }),
      html: (page) => {
        const byPath = new Map(closure.map((info) => [info.path, info]));
        const { trees, truncated } = treesOf(
          roots,
          ({ path }) => path,
          ({ path, references }) => references.flatMap((one) => (one === path ? [] : (byPath.get(one) ?? []))),
          MOST.html,
        );
        const paths = closure.length;
        return <RuntimeDependenciesPage {...{ page, build, trees, buildOf, paths, total, truncated }} />;
      },
    };
  }

  private async known(nodes: readonly DerivationNode[]): Promise<(node: DerivationNode) => Known> {
    const drvPaths = nodes.map(({ drvPath }) => drvPath);
    const outputs = nodes.flatMap((node) => Object.values(node.outputs)).filter((path) => path !== '');
    const [byDerivation, byOutput, attempts] = await Promise.all([
      this.reader.ask((db) => buildsOfDerivations(db, drvPaths)),
      this.reader.ask((db) => buildsOfOutputs(db, outputs)),
      this.reader.ask((db) => newestAttempts(db, drvPaths)),
    ]);
    const attemptAt = new Map(attempts.map((step) => [step.drvPath, step]));
    return (node) => {
      const step = attemptAt.get(node.drvPath);
      const made = Object.values(node.outputs).flatMap((path) => byOutput.get(path) ?? []);
      return {
        build: byDerivation.get(node.drvPath) ?? made[0] ?? null,
        step: step ? { build: step.buildId, stepnr: step.nr, status: step.status ?? 'running' } : null,
      };
    };
  }

  private async find(id: number): Promise<BuildView> {
    const build = await this.reader.ask((db) => getBuild(db, id));
    if (!build) throw notFound('such build', 'id');
    return build;
  }
}

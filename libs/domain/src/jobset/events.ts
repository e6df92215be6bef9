import { type Event, FIRST, type TypeVersions } from '../kernel/index.js';

/** Input types that the evaluator can fetch. */
export const INPUT_TYPES = ['string', 'boolean', 'nix', 'path', 'git', 'hg', 'build'] as const;
export type InputType = (typeof INPUT_TYPES)[number];

/** One input of a jobset; its value has the grammar of its type (hydra-reference 1.4). */
export type JobsetInput = Readonly<{ type: InputType; value: string; emailResponsible: boolean }>;

/** Hydra's `enabled` 0, 1, 2, 3. */
export type JobsetMode = 'disabled' | 'enabled' | 'one-shot' | 'one-at-a-time';

/** What is evaluated: an expression found in one of the inputs, or a flake. */
export type JobsetSource =
  | Readonly<{
      type: 'expression';
      /** name of the input that holds it */ input: string;
      /** relative to the input */ path: string;
    }>
  | Readonly<{ type: 'flake'; url: string }>
  /** of `.jobsets`: a declarative project's specification, a JSON file in the input `decl` */
  | Readonly<{ type: 'declarative'; /** relative to the input */ file: string }>;

/** All that can be set about a jobset; replaced whole, inputs included, by every change. */
export type JobsetConfiguration = Readonly<{
  description: string;
  mode: JobsetMode;
  hidden: boolean;
  source: JobsetSource;
  /** seconds between two polls; 0: never polled */
  checkInterval: number;
  /** scheduling shares, a weight over 0 */
  shares: number;
  /** finished evaluations whose outputs stay rooted */
  keepEvaluations: number;
  enableEmail: boolean;
  emailOverride: string;
  enableDynamicRunCommand: boolean;
  inputs: Readonly<Record<string, JobsetInput>>;
}>;

/** What an input was when an evaluation ran: enough to fetch the same again. */
export type ResolvedInput = Readonly<{
  name: string;
  type: InputType;
  value: string;
  uri?: string;
  /** commit of git or hg, or Hydra's `YYYYmmddHHMMSS:sha256` of a path */
  revision?: string;
  storePath?: string;
  /** id of the build that a `build` input stands for */
  buildId?: number;
}>;

/** Jobset `name` of `project`; the integer id survives a rename. */
type Identity = { jobsetId: number; project: string; name: string };

/** A jobset was created. */
export type JobsetCreated = Event<'JobsetCreated', Identity & { configuration: JobsetConfiguration }>;
/** A jobset was created as a copy of another one, as that was at a revision of its stream. */
export type JobsetCloned = Event<
  'JobsetCloned',
  Identity & {
    configuration: JobsetConfiguration;
    source: { jobsetId: number; project: string; name: string; revision: number };
  }
>;
/** The configuration was replaced whole. A changed share stands beside it as `ShareChanged`. */
export type JobsetConfigured = Event<'JobsetConfigured', Identity & { configuration: JobsetConfiguration }>;
/** The scheduling shares changed: the next choice of the queue runner goes by them. */
export type ShareChanged = Event<'ShareChanged', Identity & { shares: number; before: number }>;
/** The jobset is evaluated again: always, once, or one evaluation at a time. */
export type JobsetEnabled = Event<'JobsetEnabled', Identity & { mode: Exclude<JobsetMode, 'disabled'> }>;
/** The jobset is not evaluated any more; a one-shot jobset is disabled by its evaluation, in the same append. */
export type JobsetDisabled = Event<'JobsetDisabled', Identity & { cause: 'command' | 'one-shot-evaluated' }>;
/** Another name. Stands in both streams: it opens the new one with all that matters, and closes the old one. */
export type JobsetRenamed = Event<
  'JobsetRenamed',
  {
    jobsetId: number;
    from: { project: string; name: string };
    to: { project: string; name: string };
    configuration: JobsetConfiguration;
    last?: EvaluationMark;
    baseline?: number;
    /** the evaluation that was asked for and did not start yet */
    trigger?: { force: boolean; at: string };
    /** when an evaluator last came by, so that its next poll comes in its turn; older events do not say */
    lastCheckedAt?: string;
    /** it was a one-shot and had its evaluation */
    spent?: true;
  }
>;
/** The jobset was deleted; its name is free again. */
export type JobsetDeleted = Event<'JobsetDeleted', Identity>;

/** An evaluation was asked for: by a push, a command, or because a polled jobset was configured. */
export type EvaluationTriggered = Event<
  'EvaluationTriggered',
  Identity & {
    /** evaluate even if no input changed */ force: boolean;
    cause: 'push' | 'command' | 'configured';
    triggeredAt: string;
  }
>;
/** An evaluator took the jobset; it holds it alone until it reports. */
export type EvaluationStarted = Event<
  'EvaluationStarted',
  Identity & { evaluationId: number; cause: 'trigger' | 'poll'; force: boolean; startedAt: string }
>;
/** The evaluation is whole: its jobs stand in its own stream, its new builds will be queued. The commit point. */
export type EvaluationRan = Event<
  'EvaluationRan',
  Identity & {
    evaluationId: number;
    /** sha256 of the evaluator's arguments: equal means that nothing changed */
    hash: string;
    inputs: readonly ResolvedInput[];
    /** the expression evaluated, where it was one */
    expression?: { input: string; path: string };
    /** locked flake URL, where it was one */
    flake?: string;
    /** chunks of `EvaluationJobsFound` in the evaluation's stream */
    chunks: number;
    jobs: number;
    newBuilds: number;
    errors: number;
    /** any new build, or another number of jobs than the evaluation before: only these are shown in lists, as in Hydra */
    hasNewBuilds: boolean;
    checkoutMs: number;
    evaluationMs: number;
    finishedAt: string;
  }
>;
/** No input changed since the newest evaluation and nobody forced it: nothing was evaluated. */
export type EvaluationSkipped = Event<
  'EvaluationSkipped',
  Identity & { evaluationId: number; hash: string; finishedAt: string }
>;
/**
 * No evaluation came of it. `fetch`: an input could not be fetched; `evaluation`: the expression as a whole is broken;
 * `interrupted`: the evaluator died, which is nobody's fault: the trigger stands again.
 */
export type EvaluationFailed = Event<
  'EvaluationFailed',
  Identity & { evaluationId: number; kind: 'fetch' | 'evaluation' | 'interrupted'; error: string; finishedAt: string }
>;

/**
 * The specification of a declarative project was read: from its file, or from the output of the build that generates it. Its jobsets
 * stand as it says, but for those that the problems name.
 */
export type SpecificationApplied = Event<
  'SpecificationApplied',
  Identity & {
    evaluationId: number;
    /** whose output the specification is, where it is generated */
    buildId?: number;
    /** sha256 of the specification */
    hash: string;
    /** names of the jobsets in it, sorted */
    jobsets: readonly string[];
    /** what of it could not be applied, for people */
    problems: readonly string[];
    appliedAt: string;
  }
>;

/** The newest evaluation that ran: what the next one is compared with. */
export type EvaluationMark = Readonly<{ evaluationId: number; hash: string; flake?: string; jobs: number }>;

export type JobsetEvent =
  | JobsetCreated
  | JobsetCloned
  | JobsetConfigured
  | ShareChanged
  | JobsetEnabled
  | JobsetDisabled
  | JobsetRenamed
  | JobsetDeleted
  | EvaluationTriggered
  | EvaluationStarted
  | EvaluationRan
  | EvaluationSkipped
  | SpecificationApplied
  | EvaluationFailed;

/** Stream of a jobset: its configuration and its evaluations' course. */
export const jobsetStream = (project: string, name: string): string => `jobset-${project}:${name}`;

export const jobsetVersions: Readonly<Record<JobsetEvent['type'], TypeVersions>> = {
  JobsetCreated: FIRST,
  JobsetCloned: FIRST,
  JobsetConfigured: FIRST,
  ShareChanged: FIRST,
  JobsetEnabled: FIRST,
  JobsetDisabled: FIRST,
  JobsetRenamed: FIRST,
  JobsetDeleted: FIRST,
  EvaluationTriggered: FIRST,
  EvaluationStarted: FIRST,
  EvaluationRan: FIRST,
  EvaluationSkipped: FIRST,
  SpecificationApplied: FIRST,
  EvaluationFailed: FIRST,
};

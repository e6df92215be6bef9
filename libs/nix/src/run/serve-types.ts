/** Results of a build by their number in the protocol (`BuildResult::Status` in Nix's build-result.hh). */
export const BUILD_STATUS = [
  'Built',
  'Substituted',
  'AlreadyValid',
  'PermanentFailure',
  'InputRejected',
  'OutputRejected',
  'TransientFailure',
  'CachedFailure',
  'TimedOut',
  'MiscFailure',
  'DependencyFailed',
  'LogLimitExceeded',
  'NotDeterministic',
  'ResolvesToAlreadyValid',
  'NoSubstituters',
] as const;
export type BuildStatus = (typeof BUILD_STATUS)[number];

/** What Nix answers to a build. Times are its own, in whole seconds; 0 where it knows none. */
export type BuildReply = Readonly<{
  status: BuildStatus;
  /** Without colours. */
  message: string;
  timesBuilt: number;
  nonDeterministic: boolean;
  startTime: number;
  stopTime: number;
  /** The outputs that are valid after it. */
  validOutputs: readonly string[];
}>;

/** What a store knows about a path. Paths are whole; `narHash` is `sha256:BASE32`. */
export type PathInfo = Readonly<{
  path: string;
  deriver: string | undefined;
  references: readonly string[];
  narHash: string;
  /** bytes */
  narSize: number;
  /** Content address, `text:sha256:…` or `fixed:…`; such a path needs no signature. */
  ca: string | undefined;
  sigs: readonly string[];
}>;

/** One example of every event, used by the suites and, as golden JSON, by every later version of this code. */
import type {
  DomainEvent,
  JobDescription,
  JobsetConfiguration,
  MachineConfiguration,
  ProjectConfiguration,
} from '../src/index.js';
import { backupExamples } from './backup-examples.js';

export const at = '2026-01-02T03:04:05.000Z';
export const atMs = Date.parse(at);

export const projectConfiguration: ProjectConfiguration = {
  displayName: 'Demo',
  description: 'Plain derivations',
  homepage: 'https://example.org/',
  owner: 'u1',
  enabled: true,
  hidden: false,
  enableDynamicRunCommand: false,
};

export const jobsetConfiguration: JobsetConfiguration = {
  description: 'the release',
  mode: 'enabled',
  hidden: false,
  source: { type: 'expression', input: 'src', path: 'release.nix' },
  checkInterval: 300,
  shares: 100,
  keepEvaluations: 3,
  enableEmail: false,
  emailOverride: '',
  enableDynamicRunCommand: false,
  inputs: {
    src: { type: 'git', value: 'https://example.org/demo.git main', emailResponsible: false },
    officialRelease: { type: 'boolean', value: 'false', emailResponsible: false },
  },
};

export const jobsetIdentity = { jobsetId: 7, project: 'demo', name: 'main' };

export const description: JobDescription = {
  nixName: 'hello-1.0',
  system: 'x86_64-linux',
  description: 'A greeting, «grüezi»',
  license: 'MIT',
  homepage: 'https://example.org/hello',
  maintainers: ['ada@example.org'],
  maxSilent: 3600,
  timeout: 36000,
  isChannel: false,
  priority: 100,
};

const drvPath = '/nix/store/9krlzvny65gdc8s7kpb6lkx8cd02c25b-hello-1.0.drv';
const outputs = { out: '/nix/store/0ywz3pyqxh0zsl8xd2ryz4n8hl10mp0v-hello-1.0' };
const dispatch = {
  policy: 'window',
  globalPriority: 0,
  jobsetId: 7,
  usedMs: 0,
  shares: 100,
  localPriority: 100,
  features: 0,
  dependents: 0,
  lowestBuildId: 21,
  runnable: 1,
};
const charge = { jobsetId: 7, ms: 1500 };
const term = '0b8ff4c2-6b0e-4d6c-9d0b-000000000002';

export const machineConfiguration: MachineConfiguration = {
  uri: 'ssh://nix@mac1',
  systems: ['aarch64-darwin', 'x86_64-darwin'],
  sshKey: '/etc/nix/id_ed25519',
  slots: 4,
  speedFactor: 2,
  features: ['big-parallel', 'kvm'],
  mandatoryFeatures: [],
};

/** By type, in the order in which they might happen. */
export const examples: { readonly [T in DomainEvent['type']]: Extract<DomainEvent, { type: T }> } = {
  UserCreated: { type: 'UserCreated', data: { userId: 'u1' } },
  RolesChanged: { type: 'RolesChanged', data: { userId: 'u1', roles: ['admin'], before: [] } },
  TokenCreated: {
    type: 'TokenCreated',
    data: { userId: 'u1', tokenId: 't1', scope: ['restart-jobs', 'owner'], expiresAt: '2027-01-02T03:04:05.000Z' },
  },
  TokenRevoked: { type: 'TokenRevoked', data: { userId: 'u1', tokenId: 't1' } },
  PasswordChanged: { type: 'PasswordChanged', data: { userId: 'u1' } },
  NewsPosted: { type: 'NewsPosted', data: { userId: 'u1', newsId: 1 } },
  NewsDeleted: { type: 'NewsDeleted', data: { userId: 'u1', newsId: 1 } },
  RejectionsSuppressed: {
    type: 'RejectionsSuppressed',
    data: { userId: 'u1', count: 12, since: '2026-01-02T03:04:05.000Z', until: '2026-01-02T03:04:06.000Z' },
  },
  FetchCacheCleared: { type: 'FetchCacheCleared', data: { userId: 'u1', clones: 3, busy: 1 } },
  UserDeleted: { type: 'UserDeleted', data: { userId: 'u1' } },
  CommandRejected: {
    type: 'CommandRejected',
    data: {
      userId: 'u1',
      command: 'CreateProject',
      stream: 'project-demo',
      rejection: 'project-exists',
      revisionSeen: 3,
    },
  },
  ProjectCreated: { type: 'ProjectCreated', data: { projectId: 1, name: 'demo', configuration: projectConfiguration } },
  ProjectChanged: {
    type: 'ProjectChanged',
    data: {
      projectId: 1,
      name: 'demo',
      configuration: {
        ...projectConfiguration,
        declarative: { file: 'spec.json', type: 'git', value: 'https://example.org/' },
      },
    },
  },
  ProjectRenamed: {
    type: 'ProjectRenamed',
    data: { projectId: 1, from: 'demo', to: 'example', configuration: projectConfiguration },
  },
  ProjectMembersChanged: {
    type: 'ProjectMembersChanged',
    data: { projectId: 1, name: 'demo', members: ['u2', 'u3'], before: [] },
  },
  ProjectDeleted: { type: 'ProjectDeleted', data: { projectId: 1, name: 'demo' } },
  JobsetCreated: { type: 'JobsetCreated', data: { ...jobsetIdentity, configuration: jobsetConfiguration } },
  JobsetCloned: {
    type: 'JobsetCloned',
    data: {
      ...jobsetIdentity,
      jobsetId: 8,
      name: 'release-1',
      configuration: {
        ...jobsetConfiguration,
        mode: 'one-shot',
        source: { type: 'flake', url: 'github:example/demo' },
        inputs: {},
      },
      source: { ...jobsetIdentity, revision: 4 },
    },
  },
  JobsetConfigured: {
    type: 'JobsetConfigured',
    data: { ...jobsetIdentity, configuration: { ...jobsetConfiguration, shares: 50 } },
  },
  ShareChanged: { type: 'ShareChanged', data: { ...jobsetIdentity, shares: 50, before: 100 } },
  JobsetEnabled: { type: 'JobsetEnabled', data: { ...jobsetIdentity, mode: 'one-at-a-time' } },
  JobsetDisabled: { type: 'JobsetDisabled', data: { ...jobsetIdentity, cause: 'command' } },
  JobsetRenamed: {
    type: 'JobsetRenamed',
    data: {
      jobsetId: 7,
      from: { project: 'demo', name: 'main' },
      to: { project: 'demo', name: 'trunk' },
      configuration: jobsetConfiguration,
      last: { evaluationId: 11, hash: 'abc', jobs: 3 },
      baseline: 11,
    },
  },
  JobsetDeleted: { type: 'JobsetDeleted', data: jobsetIdentity },
  EvaluationTriggered: {
    type: 'EvaluationTriggered',
    data: { ...jobsetIdentity, force: false, cause: 'push', triggeredAt: at },
  },
  EvaluationStarted: {
    type: 'EvaluationStarted',
    data: { ...jobsetIdentity, evaluationId: 11, cause: 'trigger', force: false, startedAt: at },
  },
  EvaluationJobsFound: {
    type: 'EvaluationJobsFound',
    data: {
      evaluationId: 11,
      jobsetId: 7,
      chunk: 0,
      jobs: [
        { job: 'hello.x86_64-linux', buildId: 21, drvPath, outputs, description },
        { job: 'all', buildId: 22, drvPath, outputs, replacesDrv: true, constituents: [21] },
      ],
    },
  },
  EvaluationErrorsFound: {
    type: 'EvaluationErrorsFound',
    data: {
      evaluationId: 11,
      jobsetId: 7,
      chunk: 1,
      errors: [{ job: 'broken', message: "error: undefined variable 'x'" }],
    },
  },
  EvaluationRan: {
    type: 'EvaluationRan',
    data: {
      ...jobsetIdentity,
      evaluationId: 11,
      hash: 'abc',
      inputs: [
        {
          name: 'src',
          type: 'git',
          value: 'https://example.org/demo.git main',
          uri: 'https://example.org/demo.git',
          revision: '0'.repeat(40),
          storePath: '/nix/store/0ywz3pyqxh0zsl8xd2ryz4n8hl10mp0v-source',
        },
      ],
      expression: { input: 'src', path: 'release.nix' },
      chunks: 2,
      jobs: 2,
      newBuilds: 1,
      errors: 1,
      hasNewBuilds: true,
      checkoutMs: 120,
      evaluationMs: 800,
      finishedAt: at,
    },
  },
  EvaluationSkipped: {
    type: 'EvaluationSkipped',
    data: { ...jobsetIdentity, evaluationId: 12, hash: 'abc', finishedAt: at },
  },
  SpecificationApplied: {
    type: 'SpecificationApplied',
    data: {
      ...jobsetIdentity,
      name: '.jobsets',
      evaluationId: 14,
      buildId: 22,
      hash: 'abc',
      jobsets: ['main', 'staging'],
      problems: ["jobset 'staging': 'nixexprs' is no field of a jobset"],
      appliedAt: at,
    },
  },
  EvaluationFailed: {
    type: 'EvaluationFailed',
    data: {
      ...jobsetIdentity,
      evaluationId: 13,
      kind: 'fetch',
      error: "input 'src': repository not found",
      finishedAt: at,
    },
  },
  EvaluationReleased: { type: 'EvaluationReleased', data: { evaluationId: 11, name: 'demo-1.0', releasedAt: at } },
  ReleaseRevoked: { type: 'ReleaseRevoked', data: { evaluationId: 11, name: 'demo-1.0', revokedAt: at } },
  BuildQueued: {
    type: 'BuildQueued',
    data: {
      buildId: 21,
      evaluationId: 11,
      jobset: { id: 7, project: 'demo', name: 'main' },
      job: 'hello.x86_64-linux',
      drvPath,
      outputs,
      ...description,
      queuedAt: at,
    },
  },
  BuildBumped: { type: 'BuildBumped', data: { buildId: 21, globalPriority: 1_767_323_045 } },
  BuildStepStarted: {
    type: 'BuildStepStarted',
    data: {
      drvPath,
      attempt: 1,
      buildId: 21,
      jobsetIds: [7],
      system: 'x86_64-linux',
      machine: 'localhost',
      slot: 0,
      logKey: '9k/rlzvny65gdc8s7kpb6lkx8cd02c25b-hello-1.0.drv/1.log',
      startedAtMs: atMs,
      dispatch,
    },
  },
  BuildStepCompleted: {
    type: 'BuildStepCompleted',
    data: {
      drvPath,
      attempt: 1,
      buildId: 21,
      machine: 'localhost',
      status: 'succeeded',
      startedAtMs: atMs,
      stoppedAtMs: atMs + 1500,
      charges: [charge],
      log: {
        key: '9k/rlzvny65gdc8s7kpb6lkx8cd02c25b-hello-1.0.drv/1.log',
        bytes: 12,
        sha256: 'f'.repeat(64),
        truncated: false,
      },
      cachesFailure: false,
      interrupted: false,
    },
  },
  MachineAdded: { type: 'MachineAdded', data: { name: 'mac1', source: 'rest', configuration: machineConfiguration } },
  MachineChanged: {
    type: 'MachineChanged',
    data: { name: 'mac1', source: 'rest', configuration: machineConfiguration },
  },
  MachineFailed: {
    type: 'MachineFailed',
    data: { name: 'mac1', error: 'no route to host', failures: 1, failedAtMs: atMs, disabledUntilMs: atMs + 60_000 },
  },
  MachineRecovered: { type: 'MachineRecovered', data: { name: 'mac1' } },
  MachineDisabled: { type: 'MachineDisabled', data: { name: 'mac1' } },
  MachineEnabled: { type: 'MachineEnabled', data: { name: 'mac1' } },
  MachineRemoved: { type: 'MachineRemoved', data: { name: 'mac1' } },
  QueueRunnerStarted: {
    type: 'QueueRunnerStarted',
    data: { term, policy: 'window', windowMs: 86_400_000, clampCreditMs: 3_600_000, startedAtMs: atMs },
  },
  BuildStepsFound: {
    type: 'BuildStepsFound',
    data: {
      term,
      buildId: 21,
      jobsetId: 7,
      drvPath,
      globalPriority: 0,
      localPriority: 100,
      nr: 3,
      seen: '0b8ff4c2-6b0e-5d6c-9d0b-000000000001',
      foundAtMs: atMs,
      steps: [
        { drvPath, system: 'x86_64-linux', features: ['kvm'], inputs: [1] },
        { drvPath: `${drvPath}-input`, system: 'x86_64-linux', preferLocalBuild: true, inputs: [], retryAtMs: atMs },
      ],
      more: false,
    },
  },
  DispatchWithdrawn: {
    type: 'DispatchWithdrawn',
    data: {
      term,
      nr: 1,
      drvPath,
      attempt: 1,
      jobsetIds: [7],
      system: 'x86_64-linux',
      machine: 'localhost',
      startedAtMs: atMs,
      dispatch: { ...dispatch, basis: { term, nr: 1, seen: '0b8ff4c2-6b0e-5d6c-9d0b-000000000001' } },
    },
  },
  CachedFailureCleared: { type: 'CachedFailureCleared', data: { drvPath } },
  BuildFinished: {
    type: 'BuildFinished',
    data: {
      buildId: 21,
      run: 0,
      status: 'succeeded',
      isCachedBuild: false,
      startedAtMs: atMs,
      stoppedAtMs: atMs + 1500,
      size: 1024,
      closureSize: 4096,
      releaseName: 'hello-1.0',
      products: [
        {
          type: 'file',
          subtype: 'text',
          name: 'hello.txt',
          path: `${outputs.out}/hello.txt`,
          defaultPath: '',
          fileSize: 6,
          sha256: 'a'.repeat(64),
        },
      ],
      metrics: [{ name: 'size', value: 1.5, unit: 'KiB' }],
    },
  },
  BuildCancelled: { type: 'BuildCancelled', data: { buildId: 21, run: 0, cancelledAtMs: atMs } },
  BuildRestarted: { type: 'BuildRestarted', data: { buildId: 21, run: 1, restartedAt: at } },
  BuildKept: { type: 'BuildKept', data: { buildId: 21 } },
  BuildUnkept: { type: 'BuildUnkept', data: { buildId: 21 } },
  ...backupExamples,
};

import {
  type BackupTarget,
  bucket,
  bucketStream,
  type Command,
  type Decider,
  type DomainEvent,
  machine,
  machineStream,
  queueRunner,
  queueRunnerStream,
} from '#domain';

/** Where things happen: whatever a decider refuses does not. */
export type Happenings = Readonly<{
  /** Unix milliseconds */
  nowMs: number;
  do: <S, C extends Command<string, unknown>, E extends DomainEvent>(
    stream: string,
    decider: Decider<S, C, E, string>,
    command: Omit<C, 'at'>,
  ) => readonly E[];
}>;

export const TARGET: BackupTarget = { bucket: 'b', prefix: 'p/' };

/** A collection of garbage in a bucket begins or ends. */
export const collections = (world: Happenings, a: number, b: number): void => {
  const amount = (objects: number) => ({ objects, bytes: 10 * objects });
  const [target, now] = [{ ...TARGET, prefix: a % 2 ? 'p/' : '' }, world.nowMs];
  const of = { target, collectionId: `c${b % 5}` };
  const found = { listed: amount(b), condemned: amount(a % 9), resurrected: amount(1), foreign: amount(0) };
  const when = { graceMs: 1000, startedAtMs: now - 7, listedAtMs: now - 2 };
  const ended = { deleted: amount(a % 5), resurrected: amount(0), waiting: amount(a % 9), stoppedAtMs: now };
  const data = { ...of, ...found, ...when, deleteForeign: b % 3 === 0 };
  if (b % 2) world.do(bucketStream(TARGET.bucket), bucket, { type: 'CondemnGarbage', data });
  else world.do(bucketStream(TARGET.bucket), bucket, { type: 'ReportCollection', data: { ...of, ...ended } });
};

/** A queue runner becomes the leader, and a build enters its graph, or a choice of it comes to nothing. */
export const terms = (world: Happenings, a: number, b: number): void => {
  const term = `00000000-0000-4000-8000-${String(a % 5).padStart(12, '0')}`;
  const rules = { policy: b % 3 ? 'window' : 'clamped', windowMs: 3_600_000 * (1 + (b % 48)), clampCreditMs: 60_000 };
  const started = { term, ...rules, startedAtMs: world.nowMs };
  const stream = queueRunnerStream(term);
  world.do(stream, queueRunner, { type: 'StartQueueRunner', data: started });
  const drvPath = `/s/${'d'.repeat(32)}-${b % 6}.drv`;
  if (b % 2) {
    const ranking = { policy: 'window', globalPriority: 0, jobsetId: 1, usedMs: b, shares: 100, localPriority: 100 };
    const dispatch = { ...ranking, features: 0, dependents: 0, lowestBuildId: b, runnable: 1 };
    const place = { jobsetIds: [1], system: 'x86_64-linux', machine: 'localhost', startedAtMs: world.nowMs };
    const data = { term, nr: b, drvPath, attempt: 1, ...place, dispatch };
    world.do(stream, queueRunner, { type: 'WithdrawDispatch', data });
  }
  const steps = [{ drvPath, system: 'x86_64-linux', inputs: [] }];
  const found = {
    steps,
    more: false,
    globalPriority: 0,
    localPriority: 100,
    nr: 0,
    seen: term,
    foundAtMs: world.nowMs,
  };
  if (b % 2 === 0)
    world.do(stream, queueRunner, { type: 'RecordSteps', data: { term, buildId: b, jobsetId: 1, drvPath, ...found } });
};

/** Something happens to a build machine. */
export const machines = (world: Happenings, a: number, b: number): void => {
  const name = a % 3 ? `root@m${a % 3}` : 'localhost';
  const features = { features: ['kvm'], mandatoryFeatures: [] };
  const configuration = { uri: name, systems: ['x86_64-linux'], slots: 1 + (b % 3), speedFactor: 1, ...features };
  const data = { name, source: (['file', 'rest', 'default'] as const)[b % 3]!, configuration };
  const commands = [
    { type: 'AddMachine', data },
    { type: 'AddMachine', data },
    { type: 'ChangeMachine', data },
    { type: 'DisableMachine', data: { name } },
    { type: 'EnableMachine', data: { name } },
    { type: 'FailMachine', data: { name, error: 'gone', failedAtMs: world.nowMs } },
    { type: 'FailMachine', data: { name, error: 'away\0', failedAtMs: world.nowMs } },
    { type: 'RecoverMachine', data: { name } },
    { type: 'RemoveMachine', data },
  ] as const;
  world.do(machineStream(name), machine, commands[Math.floor(b / 3) % commands.length]!);
};

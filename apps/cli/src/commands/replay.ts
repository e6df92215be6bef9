import { Command } from 'commander';
import { connectDatabase } from '#coordination';
import { createProgress, loadConfig, processEnvironment, systemClock } from '#runtime';
import { whatIfJson } from '#scheduler';
import { commandLogger, withEventStore } from '../database.js';
import { parseInterval, parsePolicy, parseShares, parseSlots, parseWindow } from '../replay/options.js';
import { replayShares } from '../replay/shares.js';
import { sharesJson, showShares, showWhatIf } from '../replay/show.js';
import { runWhatIf } from '../replay/what-if.js';

type Times = Readonly<{ from?: string; to?: string; json: boolean }>;
type WhatIf = Times & Readonly<{ shares: string[]; window?: string; slots: string[]; policy?: string }>;

const print = (json: boolean, data: () => unknown, text: () => string): void =>
  void process.stdout.write(json ? `${JSON.stringify(data(), null, 2)}\n` : text());
const progressOf = (label: string, total: number) =>
  createProgress({ label, total, stream: process.stderr, clock: systemClock });

const shares = async (options: Times): Promise<void> => {
  const interval = parseInterval(options);
  const config = loadConfig(processEnvironment());
  await withEventStore(config, async (store, connectionString) => {
    const logger = commandLogger(config);
    const onError = (err: Error): void => logger.warn({ err }, 'lost a connection to the database');
    const pool = connectDatabase({ connectionString, max: 1, onError });
    let progress: ReturnType<typeof createProgress> | undefined;
    try {
      const replayed = await replayShares(store, interval, {
        pool,
        onProgress: (position, head) => {
          progress ??= progressOf('replayed', Number(head));
          progress.update(Number(position));
        },
      });
      progress?.finish();
      print(
        options.json,
        () => sharesJson(replayed),
        () => showShares(replayed),
      );
      if (replayed.counts.drift > 0 || replayed.readModel?.kind === 'different') process.exitCode = 1;
    } finally {
      await pool.end();
    }
  });
};

const whatIf = async (options: WhatIf): Promise<void> => {
  const interval = parseInterval(options);
  const asked = {
    shares: parseShares(options.shares),
    ...(options.slots.length > 0 ? { slots: parseSlots(options.slots) } : {}),
    ...(options.window === undefined ? {} : { windowMs: parseWindow(options.window) }),
    ...(options.policy === undefined ? {} : { policy: parsePolicy(options.policy) }),
  };
  await withEventStore(loadConfig(processEnvironment()), async (store) => {
    const progress = progressOf('what-if', 100);
    const answer = await runWhatIf(store, interval, asked, (stage, part) =>
      progress.update(Math.round(stage === 'read' ? 50 * part : 50 + 50 * part), stage),
    );
    progress.finish();
    print(
      options.json,
      () => whatIfJson(answer.history, answer.answer),
      () => showWhatIf(answer),
    );
  });
};

const collect = (text: string, before: string[]): string[] => [...before, text];
const timed = (command: Command): Command =>
  command
    .option('--from <time>', 'from this time on (ISO 8601); default the beginning of the log')
    .option('--to <time>', 'up to this time; default the end of the log')
    .option('--json', 'as JSON', false);

export const replayCommand = (): Command => {
  const replay = new Command('replay').description('the schedule again from the event log');
  timed(replay.command('shares'))
    .description('recompute the ledger and every dispatch, and compare with what was recorded; exit 1 on a difference')
    .action(shares);
  timed(replay.command('what-if'))
    .description('run recorded history under other rules: who wins and who loses; durations are the recorded ones')
    .option('--shares <project:jobset=number>', 'other shares of a jobset; may be given several times', collect, [])
    .option('--slots <system=number>', 'so many slots for a system; may be given several times', collect, [])
    .option('--window <time>', 'length of the usage window, such as 48h')
    .option('--policy <name>', 'hydra (window) or clamped')
    .action(whatIf);
  return replay;
};

import { checkBucket } from './check-bucket.js';
import { startTestFarm, type TestFarm } from './farm.js';
import { faultsOf, ofType, readHistory } from './history.js';
import { type Outcome, outcomeOf, push } from './outcome.js';

/** mulberry32: the same seed gives the same kills. */
const random = (seed: number) => () => {
  seed = (seed + 0x6d2b79f5) | 0;
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
};

const TARGETS = ['worker', 'postgres', 'projector', 'worker', 'api'] as const;
const ROUNDS = 8;
const KILLS_PER_ROUND = 4;
/** A release without kills takes less than this from push to the last copy. */
const SPAN_MS = 900;

const pause = (ms: number) => new Promise((wake) => setTimeout(wake, ms));

describe('kill -9 of any process at any moment of a release', () => {
  let farm: TestFarm;
  let expected: Outcome;
  const kills: string[] = [];

  beforeAll(async () => {
    farm = await startTestFarm();
    await push(farm, 'undisturbed');
    expected = await outcomeOf(farm, 'undisturbed');
  }, 180_000);

  afterAll(async () => farm?.stop(), 60_000);

  it('the release without a kill has one of each thing that can become of a build', () => {
    expect(new Set(Object.values(expected).map(({ status }) => status))).toEqual(new Set([0, 1, 2, 6]));
    expect(Object.values(expected).filter(({ copied }) => copied)).toHaveLength(7);
  });

  it.each(Array.from({ length: ROUNDS }, (_, i) => i + 1))(
    'round %i ends as if nobody had been killed',
    async (round) => {
      const next = random(round);
      await push(farm, `round-${round}`);
      for (let kill = 0; kill < KILLS_PER_ROUND; kill += 1) {
        await pause(next() * SPAN_MS);
        const running = farm.farm.pids();
        const alive = TARGETS.filter((name) => running[name] !== undefined);
        const target = alive[Math.floor(next() * alive.length)];
        if (target === undefined) continue;
        process.kill(running[target]!, 'SIGKILL');
        kills.push(`${round}:${target}`);
      }
      expect(await outcomeOf(farm, `round-${round}`)).toEqual(expected);
    },
    180_000,
  );

  it('at least 30 processes were killed, of every kind', () => {
    expect(kills.length).toBeGreaterThanOrEqual(30);
    expect(new Set(kills.map((kill) => kill.split(':')[1]))).toEqual(new Set(TARGETS));
  });

  it('the log holds each fact once, with its whole envelope', async () => {
    const history = await readHistory(farm.farm.databaseUrl);
    expect(faultsOf(history)).toEqual([]);
    expect(ofType(history, 'EvaluationRan')).toHaveLength(ROUNDS + 1);
  });

  it('the bucket holds nothing wrong', async () => {
    const { wrong, paths } = await checkBucket(farm.s3, farm.bucket);
    expect(wrong).toEqual([]);
    expect(paths.length).toBeGreaterThanOrEqual(7 * (ROUNDS + 1));
  }, 60_000);
});

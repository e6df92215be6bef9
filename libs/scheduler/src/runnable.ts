import { Heap } from './heap.js';
import { type Machine, supports } from './machine.js';
import { compareStanding, type Standing } from './policy.js';
import { compareInJobset, type Step } from './step.js';

/** What a board asks about jobsets: see `Standings`. */
export type Ranking = Readonly<{ still: (jobsetId: number) => Standing | undefined; floor: number }>;

/** The runnable steps of a jobset on one board. */
export type Seat = {
  readonly jobsetId: number;
  readonly board: Board;
  readonly steps: Heap<Step>;
  /** the first of them, as the board's order knows it */
  top: Step;
  /** undefined: it changes with time alone, and is asked for at each choice */
  standing: Standing | undefined;
};

const byTopStep = (a: Seat, b: Seat): number => compareInJobset(a.top, b.top) || a.jobsetId - b.jobsetId;
const byStanding = (a: Seat, b: Seat): number => compareStanding(a.standing!, b.standing!) || byTopStep(a, b);

/**
 * Runnable steps of one class and one global priority, by jobset. Jobsets whose standing does not change with time stand in a
 * heap, so that the first of them is at hand; one that falls to the floor of the policy `clamped`, where all are equal,
 * moves on to another. The few that move are left to the choice.
 */
export class Board {
  readonly seats = new Map<number, Seat>();
  private readonly still = new Heap<Seat>(byStanding);
  private readonly floored = new Heap<Seat>(byTopStep);

  constructor(readonly globalPriority: number) {}

  /** First of the jobsets that do not move; `floor` never falls. */
  first(floor: number): Seat | undefined {
    for (let seat = this.still.top; seat && (seat.standing!.key ?? Infinity) <= floor; seat = this.still.top) {
      this.still.remove(seat);
      this.floored.add(seat);
    }
    return this.floored.top ?? this.still.top;
  }

  /** The seat's first step may be another one. */
  settle(seat: Seat): void {
    if (seat.top === seat.steps.top) return;
    seat.top = seat.steps.top!;
    if (!this.floored.moved(seat)) this.still.moved(seat);
  }

  sit(seat: Seat, standing: Standing | undefined): void {
    seat.top = seat.steps.top!;
    seat.standing = standing;
    if (standing !== undefined) this.still.add(seat);
  }

  rise(seat: Seat): void {
    if (!this.still.remove(seat)) this.floored.remove(seat);
  }
}

/** Steps that the same machines can build. */
export type StepClass = Readonly<{
  system: string;
  features: readonly string[];
  preferLocalBuild: boolean;
  steps: ReadonlySet<Step>;
  boards: ReadonlyMap<number, Board>;
  /** that of the latest bump */
  top: Board;
}>;

class MutableClass implements StepClass {
  readonly steps = new Set<Step>();
  readonly boards = new Map<number, Board>();
  private readonly order = new Heap<Board>((a, b) => b.globalPriority - a.globalPriority);
  private readonly suits = new Map<string, boolean>();

  constructor(
    readonly system: string,
    readonly features: readonly string[],
    readonly preferLocalBuild: boolean,
  ) {}

  get top(): Board {
    return this.order.top!;
  }

  board(globalPriority: number): Board {
    let board = this.boards.get(globalPriority);
    if (board === undefined) {
      this.boards.set(globalPriority, (board = new Board(globalPriority)));
      this.order.add(board);
    }
    return board;
  }

  drop(board: Board): void {
    this.boards.delete(board.globalPriority);
    this.order.remove(board);
  }

  suitsKind(kind: string, machine: Machine): boolean {
    let suits = this.suits.get(kind);
    if (suits === undefined) this.suits.set(kind, (suits = supports(machine, this)));
    return suits;
  }
}

const keyOf = ({ system, features, preferLocalBuild }: Step): string =>
  `${system} ${preferLocalBuild ? '!' : ''}${features.join(',')}`;

/**
 * The runnable steps, sorted as a choice asks for them: by class of machines, then bump, then jobset, then the order inside
 * the jobset. Adding and removing one is logarithmic, for each of its jobsets.
 */
export class Runnable {
  private readonly byKey = new Map<string, MutableClass>();
  private readonly seatsOf = new Map<number, Set<Seat>>();
  private count = 0;

  constructor(private readonly ranking: Ranking) {}

  get size(): number {
    return this.count;
  }

  classes(): Iterable<StepClass> {
    return this.byKey.values();
  }

  /** Classes of which a machine can build steps; `kind` names all machines that can build the same. */
  *suiting(kind: string, machine: Machine): Iterable<StepClass> {
    for (const each of this.byKey.values()) if (each.suitsKind(kind, machine)) yield each;
  }

  add(step: Step): void {
    const found = this.classOf(step);
    for (const id of step.jobsetIds) this.join(found, step, id);
    found.steps.add(step);
    this.count += 1;
  }

  /** Must be called before what finds the step changes: its class and its global priority. */
  remove(step: Step): void {
    const key = keyOf(step);
    const found = this.byKey.get(key)!;
    const board = found.boards.get(step.globalPriority)!;
    for (const id of step.jobsetIds) {
      const seat = board.seats.get(id)!;
      seat.steps.remove(step);
      if (seat.steps.size === 0) this.vacate(seat);
      else board.settle(seat);
    }
    if (board.seats.size === 0) found.drop(board);
    found.steps.delete(step);
    if (found.steps.size === 0) this.byKey.delete(key);
    this.count -= 1;
  }

  /** Changes what ranks the step inside its jobsets, and nothing else. */
  rank(step: Step, change: () => void): void {
    const board = this.byKey.get(keyOf(step))!.boards.get(step.globalPriority)!;
    const seats = [...step.jobsetIds].map((id) => board.seats.get(id)!);
    // All seats that it is the first of change at once: none may be in the order meanwhile.
    const first = seats.filter(({ top }) => top === step);
    for (const seat of first) board.rise(seat);
    change();
    for (const seat of seats) seat.steps.moved(step);
    for (const seat of first) board.sit(seat, seat.standing);
    for (const seat of seats) board.settle(seat);
  }

  /** One more jobset wants the step. */
  joined(step: Step, jobsetId: number): void {
    this.join(this.classOf(step), step, jobsetId);
  }

  /** The jobset's standing is another one. */
  turned(jobsetId: number): void {
    const seats = this.seatsOf.get(jobsetId);
    if (seats === undefined) return;
    const standing = this.ranking.still(jobsetId);
    for (const seat of seats) {
      seat.board.rise(seat);
      seat.board.sit(seat, standing);
    }
  }

  /** Every jobset's standing may be another one. */
  turnedAll(): void {
    for (const jobsetId of this.seatsOf.keys()) this.turned(jobsetId);
  }

  private classOf(step: Step): MutableClass {
    const key = keyOf(step);
    let found = this.byKey.get(key);
    if (found === undefined)
      this.byKey.set(key, (found = new MutableClass(step.system, step.features, step.preferLocalBuild)));
    return found;
  }

  private join(to: MutableClass, step: Step, jobsetId: number): void {
    const board = to.board(step.globalPriority);
    const seat = board.seats.get(jobsetId);
    if (seat === undefined) return this.open(board, step, jobsetId);
    seat.steps.add(step);
    board.settle(seat);
  }

  private open(board: Board, step: Step, jobsetId: number): void {
    const seat: Seat = { jobsetId, board, steps: new Heap(compareInJobset), top: step, standing: undefined };
    seat.steps.add(step);
    board.seats.set(jobsetId, seat);
    let seats = this.seatsOf.get(jobsetId);
    if (seats === undefined) this.seatsOf.set(jobsetId, (seats = new Set()));
    seats.add(seat);
    board.sit(seat, this.ranking.still(jobsetId));
  }

  private vacate(seat: Seat): void {
    seat.board.rise(seat);
    seat.board.seats.delete(seat.jobsetId);
    const seats = this.seatsOf.get(seat.jobsetId)!;
    seats.delete(seat);
    if (seats.size === 0) this.seatsOf.delete(seat.jobsetId);
  }
}

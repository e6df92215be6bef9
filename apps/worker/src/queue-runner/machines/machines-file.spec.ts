import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { MachineConfiguration } from '#domain';
import { silentLogger } from '#runtime';
import { MachinesFiles } from './machines-file.js';

const until = async (is: () => boolean): Promise<void> => {
  for (let tries = 0; !is(); tries++) {
    if (tries > 500) throw new Error('waited in vain');
    await wait(10);
  }
};

describe('the machines file', () => {
  let dir: string;
  let file: string;
  let open: MachinesFiles | undefined;
  let kept: ReadonlyMap<string, MachineConfiguration>[];
  let problems: (string | undefined)[];
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'iolaus-machines-'));
    file = join(dir, 'machines');
    [kept, problems] = [[], []];
  });
  afterEach(async () => {
    await open?.close();
    await rm(dir, { recursive: true });
  });

  const start = async (lookEveryMs = 60_000): Promise<void> => {
    open = await MachinesFiles.open({
      files: [file],
      system: 'x86_64-linux',
      keep: async (machines) => void kept.push(machines),
      report: async (problem) => void problems.push(problem),
      logger: silentLogger(),
      onFailure: (error) => problems.push(`failure: ${error.message}`),
      lookEveryMs,
    });
  };
  const names = (): string[] => [...(kept.at(-1)?.keys() ?? [])];
  const replace = async (text: string): Promise<void> => {
    await writeFile(`${file}.new`, text);
    await rename(`${file}.new`, file);
  };

  it('is read at the start, and again when it is written or replaced by another', async () => {
    await writeFile(file, 'localhost - - 2\nroot@a aarch64-linux /key 4 2 kvm');
    await start();
    expect(kept).toHaveLength(1);
    expect(kept[0]!.get('root@a')).toEqual({
      uri: 'root@a',
      systems: ['aarch64-linux'],
      sshKey: '/key',
      slots: 4,
      speedFactor: 2,
      features: ['kvm'],
      mandatoryFeatures: [],
    });
    expect(kept[0]!.get('localhost')).toMatchObject({ uri: 'localhost', slots: 2, systems: ['x86_64-linux'] });
    await writeFile(file, 'b');
    await until(() => names().includes('b'));
    await replace('c');
    await until(() => names().includes('c'));
    await replace('d');
    await until(() => names().includes('d'));
    expect(problems.filter((problem) => problem !== undefined)).toEqual([]);
  });

  it('that is broken changes nothing, is reported with its line, and taken once it is mended', async () => {
    await writeFile(file, 'a');
    await start();
    await replace('a\nb - - none');
    await until(() => problems.at(-1) !== undefined);
    expect(problems.at(-1)).toBe(`${file} line 2: MAXJOBS must be a whole number from 1 to 1024`);
    expect(kept).toHaveLength(1);
    await replace('a\nb');
    await until(() => names().includes('b'));
    expect(problems.at(-1)).toBeUndefined();
    await rm(file);
    await until(() => problems.at(-1) !== undefined);
    expect(problems.at(-1)).toContain('does not exist');
    expect(names()).toEqual(['a', 'b']);
  });

  it('is looked at regularly too, with the files that it includes', async () => {
    await writeFile(file, `@${dir}/sub/more\na`);
    await start(20);
    expect(names()).toEqual(['a']);
    // No watch could be put on a folder that was not there.
    await mkdir(join(dir, 'sub'));
    await writeFile(join(dir, 'sub/more'), 'b');
    await until(() => names().includes('b'));
  });

  it('that did not change is not read again', async () => {
    await writeFile(file, 'a');
    await start(10);
    await wait(100);
    expect(kept).toHaveLength(1);
  });
});

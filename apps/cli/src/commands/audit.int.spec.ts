import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { releaseRecord } from '../../../../libs/domain/testing/release-record.js';
import { jsonDigest } from '#runtime';
import { auditCommand } from './audit.js';

describe('npx iolaus audit verify', () => {
  let dir: string;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'iolaus-audit-'));
  });
  afterAll(() => rm(dir, { recursive: true, force: true }));

  const document = (events: readonly object[]) => ({
    format: 'iolaus-evaluation-record/1',
    farm: 'https://farm.example',
    evaluation: 7,
    events,
  });
  const ids = releaseRecord().map((event, nr) => ({
    ...event,
    id: `00000000-0000-4000-8000-${String(nr).padStart(12, '0')}`,
  }));
  const verify = async (record: unknown, ...options: string[]) => {
    const file = join(dir, 'record.json');
    await writeFile(file, typeof record === 'string' ? record : JSON.stringify(record));
    const said: string[] = [];
    const write = process.stdout.write.bind(process.stdout);
    process.stdout.write = ((text: string) => said.push(text) > 0) as typeof process.stdout.write;
    const before = process.exitCode;
    process.exitCode = 0;
    try {
      await auditCommand().parseAsync(['verify', file, ...options], { from: 'user' });
      return { said: said.join(''), code: process.exitCode as number | undefined };
    } finally {
      process.stdout.write = write;
      process.exitCode = before;
    }
  };

  it('says of each rule that it holds, and of the events their digest', async () => {
    const { said, code } = await verify(document(ids), '--digest', jsonDigest(ids));
    expect(code).toBe(0);
    expect(said).toContain(`ok     digest: ${jsonDigest(ids)}`);
    expect(said).toContain('ok     released: released as 1.0');
    expect(said).not.toContain('WRONG');
  });

  it('fails on a record that was tampered with, and on another digest', async () => {
    const forged = ids.filter(({ type }) => type !== 'EvaluationTriggered');
    expect(await verify(document(forged))).toMatchObject({
      code: 1,
      said: expect.stringMatching(/WRONG {2}whole-streams/),
    });
    const other = await verify(document(ids), '--digest', '0'.repeat(64));
    expect(other).toMatchObject({ code: 1, said: expect.stringMatching(/WRONG {2}digest/) });
  });

  it.each([
    ['no JSON', '{', /is not JSON/],
    ['no record', { format: 'x' }, /format: is not a record/],
    ['an event without its fields', document([{ ...ids[0], data: { name: 'x' } }]), /events\.0: JobsetCloned data/],
  ])('refuses %s', async (_, record, message) => {
    await expect(verify(record)).rejects.toThrow(message);
  });
});

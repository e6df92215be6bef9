import fc from 'fast-check';
import { hostKeyOf, machineNameOf, parseMachineUri } from './machine-uri.js';
import { type MachineLine, MachinesFileError, readMachinesFiles } from './machines-file.js';

const HOST_KEY = Buffer.from('ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA== root@mac').toString('base64');

const parse = (files: Record<string, string>, start = ['/machines']): Promise<MachineLine[]> =>
  readMachinesFiles(start, { system: 'x86_64-linux', read: async (path) => files[path] });
const parseText = (text: string): Promise<MachineLine[]> => parse({ '/machines': text });
const problemsOf = async (files: Record<string, string>, start?: string[]): Promise<string[]> => {
  const error = await parse(files, start).catch((error: unknown) => error);
  if (!(error instanceof MachinesFileError)) throw new Error('it was taken');
  return error.problems.map(({ file, line, field }) => `${file}:${line}:${field}`);
};

describe('a machines file', () => {
  it('has lines with a machine each, comments and blank lines', async () => {
    const text = `# farm
      ssh://builder@a.example x86_64-linux,i686-linux /root/key 4 2.5 kvm,big-parallel benchmark ${HOST_KEY} # fast

b.example ; c.example aarch64-linux - 3`;
    expect(await parseText(text)).toEqual([
      {
        name: 'builder@a.example',
        uri: 'ssh://builder@a.example',
        systems: ['x86_64-linux', 'i686-linux'],
        sshKey: '/root/key',
        slots: 4,
        speedFactor: 2.5,
        features: ['kvm', 'big-parallel'],
        mandatoryFeatures: ['benchmark'],
        publicHostKey: HOST_KEY,
      },
      expect.objectContaining({ name: 'b.example', systems: ['x86_64-linux'], slots: 1, speedFactor: 1, features: [] }),
      expect.objectContaining({ name: 'c.example', systems: ['aarch64-linux'], slots: 3 }),
    ]);
  });

  it('gives back every machine that was written into it', async () => {
    const word = fc.stringMatching(/^[a-z0-9_-]{1,12}$/).filter((text) => text !== '-');
    const words = (minLength: number) => fc.uniqueArray(word, { minLength, maxLength: 4 });
    const uri = fc.oneof(
      fc.constant('localhost'),
      fc
        .tuple(
          fc.constantFrom('', 'ssh://', 'ssh-ng://'),
          fc.constantFrom('', 'root@'),
          word,
          fc.constantFrom('', ':2222'),
        )
        .map(([scheme, user, host, port]) => `${scheme}${user}h${host}${port}`),
    );
    const machine = fc.record({
      uri,
      systems: words(1),
      sshKey: fc.option(
        word.map((name) => `/keys/${name}`),
        { nil: undefined },
      ),
      slots: fc.integer({ min: 1, max: 1024 }),
      speedFactor: fc.integer({ min: 1, max: 400 }).map((quarters) => quarters / 4),
      features: words(0),
      mandatoryFeatures: words(0),
      publicHostKey: fc.constantFrom(undefined, HOST_KEY),
    });
    const machines = fc.uniqueArray(machine, { selector: ({ uri }) => machineNameOf(uri), maxLength: 8 });
    const blank = fc.constantFrom('', '  ', '# comment ssh://x', ' # ü; y');
    await fc.assert(
      fc.asyncProperty(
        machines,
        fc.array(blank, { maxLength: 8 }),
        fc.constantFrom(' ', '\t ', '   '),
        async (all, blanks, gap) => {
          const list = (items: readonly string[]): string => (items.length === 0 ? '-' : items.join(','));
          const lines = all.map((one) =>
            [
              one.uri,
              list(one.systems),
              one.sshKey ?? '-',
              one.slots,
              one.speedFactor,
              list(one.features),
              list(one.mandatoryFeatures),
              one.publicHostKey ?? '-',
            ].join(gap),
          );
          const text = lines.map((line, i) => `${line} ${blanks[i] ?? ''}\n${blanks[i] ?? ''}`).join('\n');
          const parsed = await parseText(text);
          expect(parsed).toEqual(
            all.map((one) => JSON.parse(JSON.stringify({ name: machineNameOf(one.uri), ...one }))),
          );
        },
      ),
    );
  });

  it('never takes a text for something else: any line is a machine or a problem of that line', async () => {
    const text = fc.array(fc.string({ unit: fc.constantFrom(...'ab-@:/#;, \t1.%?=[]é'), maxLength: 30 }), {
      maxLength: 4,
    });
    await fc.assert(
      fc.asyncProperty(text, async (lines) => {
        const found = await parseText(lines.join('\n')).catch((error: unknown) => error);
        if (Array.isArray(found)) return;
        expect(found).toBeInstanceOf(MachinesFileError);
        for (const { line } of (found as MachinesFileError).problems) expect(lines[line - 1]!.trim()).not.toBe('');
      }),
    );
  });

  it('includes others, of which those that are missing count as empty', async () => {
    const files = { '/machines': '@/more\n@/none\na', '/more': 'b\n', '/second': 'c' };
    expect((await parse(files, ['/machines', '/second'])).map(({ name }) => name)).toEqual(['b', 'a', 'c']);
    expect(await problemsOf({ '/machines': '@/machines' })).toEqual(['/machines:1:include']);
    expect(await problemsOf({ '/machines': '@more' })).toEqual(['/machines:1:include']);
    expect(await problemsOf({}, ['/machines'])).toEqual(['/machines:0:']);
  });

  it('says of everything that is wrong where it stands', async () => {
    const lines = [
      'https://cache.example',
      'a - key',
      'b - - 0',
      'c - - 1.5',
      'd - - 1 0',
      'e - - 1 fast',
      'f , - 1',
      'g - - 1 1 - - nokey',
      `h - - 1 1 - - ${HOST_KEY} more`,
      '@/more',
      '-oProxyCommand=x',
      'ssh://host?max-connections=3',
    ];
    expect(await problemsOf({ '/machines': lines.join('\n'), '/more': '\nok\nok - - 2' })).toEqual([
      '/machines:1:URI',
      '/machines:2:SSHKEY',
      '/machines:3:MAXJOBS',
      '/machines:4:MAXJOBS',
      '/machines:5:SPEED',
      '/machines:6:SPEED',
      '/machines:7:SYSTEMS',
      '/machines:8:PUBKEY',
      '/machines:9:PUBKEY',
      '/more:3:URI',
      '/machines:11:URI',
      '/machines:12:URI',
    ]);
    await expect(parseText('a - - 0')).rejects.toThrow(
      '/machines line 1: MAXJOBS must be a whole number from 1 to 1024',
    );
  });
});

describe('the address of a machine', () => {
  it.each([
    ['host', { host: 'host', compress: false }],
    ['root@host.example:2222', { user: 'root', host: 'host.example', port: 2222, compress: false }],
    ['ssh-ng://root@[fe80::1%eth0]:22', { user: 'root', host: 'fe80::1%eth0', port: 22, compress: false }],
    [
      'ssh://h?remote-program=/nix/bin/nix-store&compress=true',
      { host: 'h', remoteProgram: '/nix/bin/nix-store', compress: true },
    ],
    ['ssh://h?ssh-key=/k', { host: 'h', sshKey: '/k', compress: false }],
  ])('%s is understood', (uri, expected) => expect(parseMachineUri(uri)).toEqual(expected));
  it.each([
    '',
    '-oProxyCommand=x',
    'ssh://-x',
    'a b',
    'ssh://a;b',
    'unix:///x',
    'auto?x=1',
    'h:0',
    'h:99999',
    'ssh://h?remote-program=a;b',
    'local',
    'ssh://h?a?b',
  ])("'%s' is refused with a reason, or is a plain host", (uri) => {
    const parsed = parseMachineUri(uri);
    if (uri === 'local') expect(parsed).toEqual({ host: 'local', compress: false });
    else expect(parsed).toMatch(/must|has/);
  });
  it('gives the machine its name: only this host is localhost', () => {
    expect(['localhost', 'ssh://localhost', 'ssh-ng://u@h:1?compress=true', 'h'].map(machineNameOf)).toEqual([
      'localhost',
      'ssh://localhost',
      'u@h:1',
      'h',
    ]);
  });
  it('knows a host key by its base64', () => {
    expect(hostKeyOf(HOST_KEY)).toBe('ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA== root@mac');
    expect(hostKeyOf('ssh-ed25519 AAAA')).toBeUndefined();
    expect(hostKeyOf(Buffer.from('a\nb c').toString('base64'))).toBeUndefined();
  });
});

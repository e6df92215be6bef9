import { pointsAt, pushedTo } from './repository.js';

const github = pushedTo({ repository: { full_name: 'NixOS/nixpkgs' } }, 'github');
const gitea = pushedTo(
  {
    repository: {
      clone_url: 'https://git.example.org:3000/ada/tools.git',
      ssh_url: 'git@ssh.example.org:ada/tools.git',
    },
  },
  'gitea',
);

describe('a push to GitHub', () => {
  it.each([
    'github:NixOS/nixpkgs',
    'github:nixos/nixpkgs/nixos-unstable?dir=lib',
    'git+https://github.com/NixOS/nixpkgs?ref=master',
    'git+ssh://git@github.com/NixOS/nixpkgs.git',
    'https://github.com/NixOS/nixpkgs.git nixos-unstable',
    'https://user@github.com:443/NixOS/nixpkgs/',
    'git@github.com:NixOS/nixpkgs.git master',
    'git://github.com/NixOS/nixpkgs.git',
    'https://github.com/NixOS/nixpkgs/archive/master.tar.gz',
  ])('concerns %s', (value) => {
    expect(pointsAt(value, github)).toBe(true);
  });
  it.each([
    'github:NixOS/nixpkgs-channels',
    'github:evil/NixOS/nixpkgs',
    'github:NixOS/nixpkgs?host=github.example.org',
    'https://github.com.example.org/NixOS/nixpkgs',
    'https://example.org/github.com/NixOS/nixpkgs',
    'https://github.com/NixOS/nixpkgs-fork.git',
    'git@example.org:github.com/NixOS/nixpkgs',
    'gitlab:NixOS/nixpkgs',
    '/srv/github.com/NixOS/nixpkgs',
    'true',
    '',
  ])('does not concern %s', (value) => {
    expect(pointsAt(value, github)).toBe(false);
  });
  it('is known by owner and name alone, as Hydra knows it', () => {
    expect([...pushedTo({ repository: { name: 'r', owner: { name: 'O' } } }, 'github')]).toEqual(['github.com/o/r']);
  });
  it('to a server of one’s own is by its address', () => {
    const repository = { full_name: 'a/b', html_url: 'https://github.example.org/a/b' };
    expect([...pushedTo({ repository }, 'github')]).toEqual(['github.example.org/a/b']);
  });
});

describe('a push to Gitea', () => {
  it.each([
    'https://git.example.org:3000/ada/tools',
    'ssh://git@ssh.example.org:2222/ada/tools.git',
    'git@ssh.example.org:ada/tools.git main',
    'git+https://git.example.org/ada/tools?ref=main',
  ])('concerns %s', (value) => {
    expect(pointsAt(value, gitea)).toBe(true);
  });
  it.each(['https://git.example.org/ada/tools2', 'https://git.example.org/ada', 'https://example.org/ada/tools'])(
    'does not concern %s',
    (value) => {
      expect(pointsAt(value, gitea)).toBe(false);
    },
  );
  it('without an address concerns nothing', () => {
    expect(pushedTo({ repository: { full_name: 'a/b' } }, 'gitea').size).toBe(0);
  });
});

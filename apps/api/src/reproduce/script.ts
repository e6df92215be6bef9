import type { ReproducibleInput } from './reproducible.js';

/** What a build was made of. */
export type Reproducible = Readonly<{
  /** address of the page of the build */
  url: string;
  buildId: number;
  job: string;
  drvPath: string;
  /** of the derivation */
  system: string;
  evaluationId: number;
  inputs: readonly ReproducibleInput[];
  expression: Readonly<{ input: string; path: string }> | null;
  /** locked URL */
  flake: string | null;
}>;

/** A word of a shell. */
const sh = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
/** A string of Nix. */
const nix = (text: string): string => `"${text.replace(/["\\$]/g, '\\$&')}"`;

/** An input as a call of one of the functions of the frame, in words of a shell. */
const inputCall = (input: ReproducibleInput): string => {
  const { name, type, value, uri = '', revision = '', storePath = '', version = '', outputName = '' } = input;
  switch (type) {
    case 'string':
      return `plain_input ${sh(name)} ${sh(nix(value))}`;
    case 'boolean':
      return `plain_input ${sh(name)} ${sh(value)}`;
    case 'nix':
      return `plain_input ${sh(name)} ${sh(`(${value}\n)`)}`;
    case 'git': {
      const positional = value
        .trim()
        .split(/\s+/)
        .slice(1)
        .filter((word) => !word.includes('='));
      return `git_input ${[name, uri, revision, storePath, positional.length > 1 ? 'deep' : ''].map(sh).join(' ')}`;
    }
    case 'hg':
      return `hg_input ${[name, uri, revision, storePath].map(sh).join(' ')}`;
    case 'path':
      return `path_input ${[name, uri, revision, storePath].map(sh).join(' ')}`;
    case 'build':
      return `build_input ${[name, storePath, version, outputName].map(sh).join(' ')}`;
  }
};

const HEAD = (of: Reproducible): string => `#!/usr/bin/env bash
# Builds ${of.url} again on this machine,
# from the inputs of evaluation ${of.evaluationId}, and says whether the derivation is the same.
set -euo pipefail

job=${sh(of.job)}
expected=${sh(of.drvPath)}
dir=\${TMPDIR:-/tmp}/build-${of.buildId}
fetch_only= print_flags= run_env= force=
more=()

usage() {
  cat <<'EOF'
Usage: reproduce-build-${of.buildId}.sh [OPTION...] [NIX-STORE-OPTION...]
  --dir PATH     work there instead of below TMPDIR
  --fetch        only fetch the inputs
  --print-flags  print the flags for nix-instantiate instead of building
  --run-env      a shell in the environment of the build (nix-shell)
  --force        go on where the derivation is another one than the farm's
  --help         this text
Everything else is passed to 'nix-store --realise'.
EOF
}

while [ $# -gt 0 ]; do
  case $1 in
    --dir) [ $# -gt 1 ] || { echo "--dir needs a path" >&2; exit 2; }; dir=$2; shift ;;
    --fetch) fetch_only=1 ;;
    --print-flags) print_flags=1 ;;
    --run-env) run_env=1 ;;
    --force) force=1 ;;
    --help) usage; exit 0 ;;
    *) more+=("$1") ;;
  esac
  shift
done

say() { echo "reproduce: $*" >&2; }
die() { say "$*"; exit 1; }
# Set by git in hooks, for instance: they are about another repository.
unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE GIT_OBJECT_DIRECTORY GIT_COMMON_DIR GIT_NAMESPACE
command -v nix-store > /dev/null || die "there is no Nix on PATH: https://nixos.org/download"
mkdir -p -- "$dir"
dir=$(cd -- "$dir" && pwd)
# Below /tmp others may have made it before, with a repository in it whose configuration git would heed.
[ -O "$dir" ] || die "$dir belongs to somebody else: --dir names another one"
store=$(nix-instantiate --eval --json -E builtins.storeDir | tr -d '"')
# With another store directory all paths are others: then there is nothing to compare.
compare=
[ "$store" = "\${expected%/*}" ] && compare=1

build() {
  local drv=$1
  if [ "$run_env" ]; then exec nix-shell \${more[@]+"\${more[@]}"} "$drv"; fi
  say "building $drv"
  nix-store --realise \${more[@]+"\${more[@]}"} "$drv"
}
other() {
  say "the derivation is another one than the farm's:"
  say "  here:  $1"
  say "  there: $expected"
  [ "$force" ] || die "not built; --force builds it all the same"
}
`;

const FLAKE = (of: Reproducible): string => `
flake=${sh(of.flake!)}
instantiate() {
  nix --extra-experimental-features 'nix-command flakes' eval --raw "$flake#$1.$job.drvPath"
}
[ ! "$print_flags" ] || { printf '%s\\n' "$flake#hydraJobs.$job"; exit 0; }
drv=$(instantiate hydraJobs 2> "$dir/errors") || drv=$(instantiate checks 2>> "$dir/errors") || { cat "$dir/errors" >&2; exit 1; }
[ ! "$fetch_only" ] || exit 0
[ ! "$compare" ] || [ "$drv" = "$expected" ] || other "$drv"
build "$drv"
`;

const INPUTS = `
flags=()
holder_path=
nix_string() {
  local text=$1
  text=\${text//\\\\/\\\\\\\\}; text=\${text//\\"/\\\\\\"}; text=\${text//\\$/\\\\\\$}
  printf '"%s"' "$text"
}
plain_input() { flags+=(--arg "$1" "$2"); }
# NAME PATH [ATTRIBUTE VALUE]...
store_input() {
  local name=$1 path=$2 set
  set="{ outPath = builtins.storePath $(nix_string "$path");"
  shift 2
  while [ $# -gt 0 ]; do set+=" $1 = $2;"; shift 2; done
  if [ "$name" = "$holder" ]; then holder_path=$path; fi
  flags+=(--arg "$name" "$set }" -I "$name=$path")
}
same_path() { # NAME PATH EXPECTED
  [ ! "$compare" ] || [ "$2" = "$3" ] || say "input $1 is $2 here, $3 on the farm"
}
# The tree as it is committed: no line ends, filters or hooks of this machine's or user's configuration.
plain_git() { GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null HOME=$dir XDG_CONFIG_HOME=$dir git "$@"; }
git_input() {
  local name=$1 uri=$2 rev=$3 expected_path=$4 deep=$5 work="$dir/$1" path
  say "input $name: $uri at $rev"
  mkdir -p "$work"
  local in=(git --git-dir "$work/clone")
  [ -d "$work/clone" ] || git init --quiet --bare "$work/clone"
  if ! "\${in[@]}" cat-file -e "$rev^{commit}" 2> /dev/null; then
    "\${in[@]}" fetch --quiet --force --tags -- "$uri" '+refs/heads/*:refs/heads/*'
    "\${in[@]}" cat-file -e "$rev^{commit}" 2> /dev/null || "\${in[@]}" fetch --quiet -- "$uri" "$rev"
  fi
  rm -rf "$work/source"
  if [ "$deep" ]; then
    plain_git clone --quiet --no-hardlinks --no-checkout "$work/clone" "$work/source"
    plain_git -C "$work/source" checkout --quiet --detach "$rev"
  else
    mkdir "$work/source"
    (cd "$work/source" && export GIT_INDEX_FILE="$work/index" &&
      plain_git --git-dir "$work/clone" --work-tree . read-tree "$rev" &&
      plain_git --git-dir "$work/clone" --work-tree . checkout-index --all)
    rm -f "$work/index"
  fi
  path=$(nix-store --add "$work/source")
  same_path "$name" "$path" "$expected_path"
  store_input "$name" "$path" inputType '"git"' uri "$(nix_string "$uri")" rev "$(nix_string "$rev")" \\
    revCount "$("\${in[@]}" rev-list --count "$rev")" \\
    gitTag "$(nix_string "$("\${in[@]}" describe --always --tags "$rev")")" \\
    shortRev "$(nix_string "$("\${in[@]}" rev-parse --short "$rev")")"
}
hg_input() {
  local name=$1 uri=$2 rev=$3 expected_path=$4 work="$dir/$1" path
  say "input $name: $uri at $rev"
  command -v hg > /dev/null || die "input $name needs Mercurial: there is no hg on PATH"
  mkdir -p "$work"
  local in=(env HGPLAIN=1 HGRCPATH= hg --noninteractive --repository "$work/hg")
  "\${in[@]}" root > /dev/null 2>&1 || { rm -rf "$work/hg"; HGPLAIN=1 HGRCPATH= hg init -- "$work/hg"; }
  "\${in[@]}" log --rev "$rev" > /dev/null 2>&1 || "\${in[@]}" pull --quiet --force --rev "$rev" -- "$uri" >&2
  rm -rf "$work/source"
  "\${in[@]}" archive --rev "$rev" --config ui.archivemeta=false -- "$work/source"
  path=$(nix-store --add "$work/source")
  same_path "$name" "$path" "$expected_path"
  store_input "$name" "$path" inputType '"hg"' uri "$(nix_string "$uri")" rev "$(nix_string "$rev")" \\
    revCount "$("\${in[@]}" log --rev "ancestors($rev)" --template x | wc -c | tr -d ' ')" \\
    shortRev "$(nix_string "\${rev:0:12}")"
}
path_input() {
  local name=$1 uri=$2 rev=$3 expected_path=$4 path=
  if nix-store --check-validity "$expected_path" 2> /dev/null || nix-store --realise "$expected_path" > /dev/null 2>&1; then
    path=$expected_path
  elif [[ $uri == /* ]]; then
    [ -e "$uri" ] || die "input $name is $uri of the farm, which is neither here nor in a binary cache that you use"
    path=$(nix-store --add "$uri")
  else
    path=$(nix-prefetch-url --print-path "$uri" | tail -n 1)
  fi
  same_path "$name" "$path" "$expected_path"
  store_input "$name" "$path" inputType '"path"' uri "$(nix_string "$uri")" rev "$(nix_string "$rev")"
}
build_input() {
  local name=$1 path=$2 version=$3 output=$4 told=(inputType '"build"')
  nix-store --realise "$path" > /dev/null || die "input $name is the output $path of another build: no binary cache that you use has it"
  [ ! "$version" ] || told+=(version "$(nix_string "$version")")
  [ ! "$output" ] || told+=(outputName "$(nix_string "$output")")
  store_input "$name" "$path" "\${told[@]}"
}
`;

const EXPRESSION = (of: Reproducible): string => `
[ ! "$fetch_only" ] || exit 0
expression=$holder_path/${sh(of.expression!.path)}
if [ "$print_flags" ]; then
  printf '%q ' "$expression" -A "$job" "\${flags[@]}"
  echo
  exit 0
fi
# An expression may ask what machine evaluates it: the farm's kind of machine gives the farm's derivation.
drv=
for system in ${[...new Set([of.system, 'x86_64-linux', 'aarch64-linux', 'x86_64-darwin', 'aarch64-darwin'])].map(sh).join(' ')}; do
  found=$(nix-instantiate "$expression" -A "$job" "\${flags[@]}" --option system "$system") || continue
  found=\${found%%!*}
  [ "$drv" ] || drv=$found
  [ "$compare" ] || break
  if [ "$found" = "$expected" ]; then drv=$found; break; fi
done
[ "$drv" ] || die "the job could not be evaluated"
[ ! "$compare" ] || [ "$drv" = "$expected" ] || other "$drv"
build "$drv"
`;

/**
 * A script for bash that fetches the inputs of a build's evaluation at their revisions, evaluates the job, compares the derivation
 * with the farm's, and builds it. It needs Nix and, for git and hg inputs, git and Mercurial.
 */
export const reproduceScript = (of: Reproducible): string =>
  of.flake !== null
    ? HEAD(of) + FLAKE(of)
    : `${HEAD(of)}\nholder=${sh(of.expression!.input)}\n${INPUTS}` +
      `\n${[...of.inputs].map(inputCall).join('\n')}\n` +
      EXPRESSION(of);

# What can be said about Iolaus on NixOS. `module.nix` makes units of it.
{
  lib,
  pkgs,
  toml,
  config,
}:

let
  inherit (lib) mkEnableOption mkOption types;

  path = types.str;
  text = default: description: mkOption { type = types.str; inherit default description; };
  maybe = type: description: mkOption { type = types.nullOr type; default = null; inherit description; };

  s3backup = types.submodule {
    options = {
      name = mkOption {
        type = types.str;
        example = "nix-backup";
        description = "The bucket.";
      };
      jobs = mkOption {
        type = types.str;
        example = "nixpkgs:trunk:.*";
        description = "Regular expression, anchored at both ends, on `project:jobset:job`: which builds are backed up.";
      };
      compression_type = mkOption {
        type = types.enum [
          "bzip2"
          "xz"
          "zstd"
          "none"
        ];
        default = "bzip2";
        description = "How NARs are compressed.";
      };
      prefix = text "" "Put before every key, as it is: write the last `/` too.";
      endpoint = maybe types.str "Address of the S3 service; null: that of Amazon for the region.";
      region = maybe types.str "Region; null: the default of the AWS SDK.";
      public = maybe types.str "Address by which clients read the bucket under its prefix: pages show it as a substituter.";
      force_path_style = mkOption {
        type = types.bool;
        default = false;
        description = "Address the bucket by path instead of by host name.";
      };
      secret_key_files = mkOption {
        type = types.listOf path;
        default = [ ];
        example = [ "/run/keys/cache.example.org-1.secret" ];
        description = ''
          Files with Nix signing keys; each signs every narinfo. systemd hands them to the services that sign, so that only
          root needs to be able to read them.
        '';
      };
    };
  };
in
{
  enable = mkEnableOption "Iolaus, a continuous build system for Nix";

  package = mkOption {
    type = types.package;
    default = pkgs.callPackage ./package.nix { registry = config.services.iolaus.npmRegistry; };
    defaultText = "pkgs.callPackage ./package.nix { registry = config.services.iolaus.npmRegistry; }";
    description = "The package to run.";
  };

  npmRegistry = mkOption {
    type = types.str;
    example = "https://npm.example.org";
    description = "Address of the npm registry that the package's dependencies are fetched from, without a slash at its end.";
  };

  host = text "127.0.0.1" "Address that the dashboard and the API listen on.";

  port = mkOption {
    type = types.port;
    default = 3000;
    description = "Port of the dashboard and the API.";
  };

  openFirewall = mkOption {
    type = types.bool;
    default = false;
    description = "Whether the firewall lets others reach the port.";
  };

  dataDir = text "/var/lib/iolaus" "Folder of the build logs and of what evaluations fetched.";

  gcRootsDir = text "/nix/var/nix/gcroots/iolaus" "Folder of the GC roots; it must lie where Nix looks for roots.";

  logLevel = mkOption {
    type = types.enum [
      "trace"
      "debug"
      "info"
      "warn"
      "error"
      "fatal"
    ];
    default = "info";
    description = "Least level of log lines.";
  };

  slots = maybe types.ints.positive "Builds that run at once on this host; null: as many as it has cores.";

  database = {
    createLocally = mkOption {
      type = types.bool;
      default = true;
      description = "Whether to run PostgreSQL here, with a database and a role `iolaus`, reached by its socket.";
    };
    url = maybe types.str ''
      PostgreSQL 15 or later, `postgres://user@host/database`, where none is created here. It goes into the world-readable
      store: with a password in it, write `IOLAUS_DATABASE_URL=...` into {option}`services.iolaus.environmentFile` instead.
    '';
  };

  eventStore.url = maybe types.str ''
    EventStoreDB, `esdb://host:2113?tls=false`, as the event log; null: the PostgreSQL. With a password in it, write
    `IOLAUS_EVENTSTORE_URL=...` into {option}`services.iolaus.environmentFile` instead.
  '';

  adminPasswordFile = maybe path ''
    File with the password of the user `admin`, used by the first start only; null: one is generated, and the journal of
    `iolaus-api` shows it once.
  '';

  environmentFile = maybe path ''
    File with variables for all services, as systemd's `EnvironmentFile` takes it: what is secret in
    `IOLAUS_DATABASE_URL` and `IOLAUS_EVENTSTORE_URL`.
  '';

  s3CredentialsFile = maybe path ''
    File with `AWS_ACCESS_KEY_ID=...` and `AWS_SECRET_ACCESS_KEY=...` for what writes to buckets; null: the AWS SDK finds
    credentials by itself, as those of an instance's role.
  '';

  s3backup = mkOption {
    type = types.listOf s3backup;
    default = [ ];
    description = "Buckets that builds are copied to.";
  };

  settings = mkOption {
    type = toml.type;
    default = { };
    example = {
      evaluator.timeout = 1800;
      nix.substituters = [ "https://cache.nixos.org" ];
    };
    description = "Everything else that `iolaus.toml` takes: see docs/guide/configuration.md.";
  };

  updateGcRoots = {
    enable = mkOption {
      type = types.bool;
      default = true;
      description = "Whether GC roots of builds that nothing keeps are removed by a timer.";
    };
    dates = text "*-*-* 02,14:15:00" "When, as systemd's `OnCalendar`.";
    grace = text "24h" "How long a root stays at least, as the command's `--grace` takes it.";
  };

  collectS3Garbage = {
    enable = mkOption {
      type = types.bool;
      default = false;
      description = "Whether a timer removes from the buckets what no GC root needs any more.";
    };
    dates = text "*-*-* 04:30:00" "When, as systemd's `OnCalendar`: after GC roots were updated.";
    grace = text "30d" "How long what is condemned stays: as long as a client may remember its narinfo.";
  };
}

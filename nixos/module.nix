# NixOS module: the three apps of Iolaus as services, its PostgreSQL, and timers that keep disk and buckets clean.
{
  config,
  lib,
  pkgs,
  ...
}:

let
  cfg = config.services.iolaus;
  toml = pkgs.formats.toml { };
  inherit (lib) mkIf optional optionalAttrs;

  localUrl = "postgresql:///iolaus?host=/run/postgresql&user=iolaus";

  # Signing keys reach a service as credentials of systemd; they are named by their places in the configuration.
  credentialName = section: key: "s3backup-${toString section}-${toString key}";
  keys = lib.concatLists (
    lib.imap0 (
      section: { secret_key_files, ... }:
      lib.imap0 (key: file: {
        name = credentialName section key;
        inherit file;
      }) secret_key_files
    ) cfg.s3backup
  );

  # One configuration for each service that signs: credentials lie in a folder of the service. `service` null: the files
  # as they were given, for people.
  configurationOf =
    service:
    let
      keyPath =
        section: key: file:
        if service == null then file else "/run/credentials/${service}.service/${credentialName section key}";
      sectionOf =
        index: section:
        lib.filterAttrs (_: value: value != null) section
        // {
          secret_key_files = lib.imap0 (keyPath index) section.secret_key_files;
        };
    in
    toml.generate "iolaus.toml" (
      cfg.settings
      // {
        gc_roots_dir = cfg.gcRootsDir;
      }
      // optionalAttrs (cfg.s3backup != [ ]) { s3backup = lib.imap0 sectionOf cfg.s3backup; }
    );

  environment =
    {
      IOLAUS_DATA_DIR = cfg.dataDir;
      IOLAUS_HOST = cfg.host;
      IOLAUS_PORT = toString cfg.port;
      IOLAUS_LOG_LEVEL = cfg.logLevel;
    }
    // optionalAttrs cfg.database.createLocally { IOLAUS_DATABASE_URL = localUrl; }
    // optionalAttrs (cfg.database.url != null) { IOLAUS_DATABASE_URL = cfg.database.url; }
    // optionalAttrs (cfg.eventStore.url != null) { IOLAUS_EVENTSTORE_URL = cfg.eventStore.url; }
    // optionalAttrs (cfg.slots != null) { IOLAUS_SLOTS = toString cfg.slots; };

  needs = optional cfg.database.createLocally "postgresql.service";

  # `writes`: the service writes to the store, the data folder and buckets; the others only read build logs.
  unit =
    {
      name,
      description,
      program,
      writes,
      service ? { },
      ...
    }@given:
    {
      inherit description;
      after = [ "network-online.target" ] ++ needs ++ (given.after or [ ]);
      wants = [ "network-online.target" ];
      requires = needs;
      environment = environment // {
        IOLAUS_CONFIG = toString (configurationOf (if writes then name else null));
      };
      serviceConfig =
        {
          ExecStart = program;
          User = if writes then "iolaus-worker" else "iolaus";
          Group = "iolaus";
          UMask = "0027";
          WorkingDirectory = cfg.dataDir;
          EnvironmentFile =
            optional (cfg.environmentFile != null) cfg.environmentFile
            ++ optional (writes && cfg.s3CredentialsFile != null) cfg.s3CredentialsFile;
          LoadCredential = lib.optionals writes (map ({ name, file }: "${name}:${file}") keys);
          NoNewPrivileges = true;
          PrivateTmp = true;
          ProtectHome = true;
          ProtectKernelTunables = true;
          ProtectKernelModules = true;
          ProtectControlGroups = true;
          RestrictSUIDSGID = true;
          LockPersonality = true;
          ProtectSystem = "strict";
          ReadWritePaths = lib.optionals writes [
            cfg.dataDir
            cfg.gcRootsDir
            "/nix/var/nix"
          ];
        }
        // service;
    };

  # What stays up. A configuration that cannot be used ends a service with code 2: another start would not help.
  app =
    given:
    unit (
      given
      // {
        service = {
          Restart = "always";
          RestartSec = 2;
          RestartPreventExitStatus = 2;
          TimeoutStopSec = 60;
        } // (given.service or { });
      }
    )
    // {
      wantedBy = [ "multi-user.target" ];
      startLimitIntervalSec = 0;
    };

  job = given: unit (given // { service.Type = "oneshot"; });
  timer = dates: {
    wantedBy = [ "timers.target" ];
    timerConfig = {
      OnCalendar = dates;
      Persistent = true;
      RandomizedDelaySec = 300;
    };
  };

  bin = program: "${cfg.package}/bin/${program}";

  api = app {
    name = "iolaus-api";
    description = "Iolaus: pages and REST";
    writes = false;
    program =
      if cfg.adminPasswordFile == null then
        bin "iolaus-api"
      else
        toString (
          pkgs.writeShellScript "iolaus-api" ''
            IOLAUS_ADMIN_PASSWORD=$(< "$CREDENTIALS_DIRECTORY/admin-password") || exit 2
            export IOLAUS_ADMIN_PASSWORD
            exec ${bin "iolaus-api"}
          ''
        );
    service = optionalAttrs (cfg.adminPasswordFile != null) {
      LoadCredential = [ "admin-password:${cfg.adminPasswordFile}" ];
    };
  };

  # For people: `iolaus parked list` with the configuration of the services, as one of their users.
  command = pkgs.writeShellScriptBin "iolaus" ''
    ${lib.concatStringsSep "\n" (
      lib.mapAttrsToList (name: value: "export ${name}=${lib.escapeShellArg value}") (
        environment // { IOLAUS_CONFIG = toString (configurationOf null); }
      )
    )}
    exec ${bin "iolaus"} "$@"
  '';
in
{
  options.services.iolaus = import ./options.nix { inherit lib pkgs toml config; };

  config = mkIf cfg.enable {
    assertions = [
      {
        assertion = !(cfg.database.createLocally && cfg.database.url != null);
        message = "services.iolaus.database.url: set createLocally = false where another database is used";
      }
      {
        assertion = cfg.database.createLocally || cfg.database.url != null || cfg.environmentFile != null;
        message = "services.iolaus.database: give a url, or an environmentFile with IOLAUS_DATABASE_URL";
      }
      {
        assertion = cfg.collectS3Garbage.enable -> cfg.s3backup != [ ];
        message = "services.iolaus.collectS3Garbage: there is no s3backup to collect in";
      }
    ];

    users.users.iolaus = {
      isSystemUser = true;
      group = "iolaus";
      description = "Iolaus: pages and read models";
    };
    users.users.iolaus-worker = {
      isSystemUser = true;
      group = "iolaus";
      description = "Iolaus: evaluates, builds, backs up";
      home = cfg.dataDir;
    };
    users.groups.iolaus = { };

    # It adds what it evaluated and restores what it fetched.
    nix.settings.trusted-users = [ "iolaus-worker" ];

    systemd.tmpfiles.rules = [
      "d ${cfg.dataDir} 2750 iolaus-worker iolaus -"
      "d ${cfg.dataDir}/logs 2750 iolaus-worker iolaus -"
      "d ${cfg.gcRootsDir} 0755 iolaus-worker iolaus -"
    ];

    services.postgresql = mkIf cfg.database.createLocally {
      enable = true;
      ensureDatabases = [ "iolaus" ];
      ensureUsers = [
        {
          name = "iolaus";
          ensureDBOwnership = true;
        }
      ];
      identMap = ''
        iolaus-users iolaus iolaus
        iolaus-users iolaus-worker iolaus
        iolaus-users root iolaus
      '';
      authentication = lib.mkBefore "local iolaus iolaus peer map=iolaus-users";
    };

    systemd.services =
      {
        iolaus-api = api;
        iolaus-projector = app {
          name = "iolaus-projector";
          description = "Iolaus: read models";
          program = bin "iolaus-projector";
          writes = false;
        };
        iolaus-worker = app {
          name = "iolaus-worker";
          description = "Iolaus: evaluates, builds, backs up";
          program = bin "iolaus-worker";
          writes = true;
          after = [ "nix-daemon.socket" ];
          # The builders that Nix started are Nix's to end.
          service.KillMode = "mixed";
        };
      }
      // optionalAttrs cfg.updateGcRoots.enable {
        iolaus-update-gc-roots = job {
          name = "iolaus-update-gc-roots";
          description = "Iolaus: keep GC roots of what is still wanted";
          program = "${bin "iolaus"} update-gc-roots --grace ${cfg.updateGcRoots.grace}";
          writes = true;
        };
      }
      // optionalAttrs cfg.collectS3Garbage.enable {
        iolaus-s3-backup-collect-garbage = job {
          name = "iolaus-s3-backup-collect-garbage";
          description = "Iolaus: remove from the buckets what no GC root needs";
          program = "${bin "iolaus"} s3-backup-collect-garbage --grace ${cfg.collectS3Garbage.grace}";
          writes = true;
          after = [ "iolaus-update-gc-roots.service" ];
        };
      };

    systemd.timers =
      optionalAttrs cfg.updateGcRoots.enable { iolaus-update-gc-roots = timer cfg.updateGcRoots.dates; }
      // optionalAttrs cfg.collectS3Garbage.enable {
        iolaus-s3-backup-collect-garbage = timer cfg.collectS3Garbage.dates;
      };

    environment.systemPackages = [ command ];

    networking.firewall.allowedTCPPorts = optional cfg.openFirewall cfg.port;
  };
}

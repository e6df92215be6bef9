/* eslint-disable max-lines */
// Made by `npm run events` from libs/domain; a change here is lost.

/** JSON schema (draft 7) of the payload of every type, in its current version. */
export const eventSchemas: Readonly<Record<string, object>> = {
  "ProjectCreated": {
    "type": "object",
    "properties": {
      "projectId": {
        "type": "number"
      },
      "name": {
        "type": "string"
      },
      "configuration": {
        "type": "object",
        "properties": {
          "displayName": {
            "type": "string"
          },
          "description": {
            "type": "string"
          },
          "homepage": {
            "type": "string"
          },
          "owner": {
            "type": "string"
          },
          "enabled": {
            "type": "boolean"
          },
          "hidden": {
            "type": "boolean"
          },
          "enableDynamicRunCommand": {
            "type": "boolean"
          },
          "declarative": {
            "type": "object",
            "properties": {
              "file": {
                "type": "string"
              },
              "type": {
                "type": "string"
              },
              "value": {
                "type": "string"
              }
            },
            "required": [
              "file",
              "type",
              "value"
            ],
            "additionalProperties": false
          }
        },
        "required": [
          "displayName",
          "description",
          "homepage",
          "owner",
          "enabled",
          "hidden",
          "enableDynamicRunCommand"
        ],
        "additionalProperties": false
      }
    },
    "required": [
      "projectId",
      "name",
      "configuration"
    ],
    "additionalProperties": false
  },
  "ProjectChanged": {
    "type": "object",
    "properties": {
      "projectId": {
        "type": "number"
      },
      "name": {
        "type": "string"
      },
      "configuration": {
        "type": "object",
        "properties": {
          "displayName": {
            "type": "string"
          },
          "description": {
            "type": "string"
          },
          "homepage": {
            "type": "string"
          },
          "owner": {
            "type": "string"
          },
          "enabled": {
            "type": "boolean"
          },
          "hidden": {
            "type": "boolean"
          },
          "enableDynamicRunCommand": {
            "type": "boolean"
          },
          "declarative": {
            "type": "object",
            "properties": {
              "file": {
                "type": "string"
              },
              "type": {
                "type": "string"
              },
              "value": {
                "type": "string"
              }
            },
            "required": [
              "file",
              "type",
              "value"
            ],
            "additionalProperties": false
          }
        },
        "required": [
          "displayName",
          "description",
          "homepage",
          "owner",
          "enabled",
          "hidden",
          "enableDynamicRunCommand"
        ],
        "additionalProperties": false
      }
    },
    "required": [
      "projectId",
      "name",
      "configuration"
    ],
    "additionalProperties": false
  },
  "ProjectRenamed": {
    "type": "object",
    "properties": {
      "projectId": {
        "type": "number"
      },
      "from": {
        "type": "string"
      },
      "to": {
        "type": "string"
      },
      "configuration": {
        "type": "object",
        "properties": {
          "displayName": {
            "type": "string"
          },
          "description": {
            "type": "string"
          },
          "homepage": {
            "type": "string"
          },
          "owner": {
            "type": "string"
          },
          "enabled": {
            "type": "boolean"
          },
          "hidden": {
            "type": "boolean"
          },
          "enableDynamicRunCommand": {
            "type": "boolean"
          },
          "declarative": {
            "type": "object",
            "properties": {
              "file": {
                "type": "string"
              },
              "type": {
                "type": "string"
              },
              "value": {
                "type": "string"
              }
            },
            "required": [
              "file",
              "type",
              "value"
            ],
            "additionalProperties": false
          }
        },
        "required": [
          "displayName",
          "description",
          "homepage",
          "owner",
          "enabled",
          "hidden",
          "enableDynamicRunCommand"
        ],
        "additionalProperties": false
      },
      "members": {
        "type": "array",
        "items": {
          "type": "string"
        }
      }
    },
    "required": [
      "projectId",
      "from",
      "to",
      "configuration"
    ],
    "additionalProperties": false
  },
  "ProjectMembersChanged": {
    "type": "object",
    "properties": {
      "projectId": {
        "type": "number"
      },
      "name": {
        "type": "string"
      },
      "members": {
        "type": "array",
        "items": {
          "type": "string"
        }
      },
      "before": {
        "type": "array",
        "items": {
          "type": "string"
        }
      }
    },
    "required": [
      "projectId",
      "name",
      "members",
      "before"
    ],
    "additionalProperties": false
  },
  "ProjectDeleted": {
    "type": "object",
    "properties": {
      "projectId": {
        "type": "number"
      },
      "name": {
        "type": "string"
      }
    },
    "required": [
      "projectId",
      "name"
    ],
    "additionalProperties": false
  },
  "JobsetCreated": {
    "type": "object",
    "properties": {
      "jobsetId": {
        "type": "number"
      },
      "project": {
        "type": "string"
      },
      "name": {
        "type": "string"
      },
      "configuration": {
        "type": "object",
        "properties": {
          "description": {
            "type": "string"
          },
          "mode": {
            "type": "string",
            "enum": [
              "disabled",
              "enabled",
              "one-shot",
              "one-at-a-time"
            ]
          },
          "hidden": {
            "type": "boolean"
          },
          "source": {
            "anyOf": [
              {
                "type": "object",
                "properties": {
                  "type": {
                    "type": "string",
                    "const": "expression"
                  },
                  "input": {
                    "type": "string"
                  },
                  "path": {
                    "type": "string"
                  }
                },
                "required": [
                  "type",
                  "input",
                  "path"
                ],
                "additionalProperties": false
              },
              {
                "type": "object",
                "properties": {
                  "type": {
                    "type": "string",
                    "const": "flake"
                  },
                  "url": {
                    "type": "string"
                  }
                },
                "required": [
                  "type",
                  "url"
                ],
                "additionalProperties": false
              },
              {
                "type": "object",
                "properties": {
                  "type": {
                    "type": "string",
                    "const": "declarative"
                  },
                  "file": {
                    "type": "string"
                  }
                },
                "required": [
                  "type",
                  "file"
                ],
                "additionalProperties": false
              }
            ]
          },
          "checkInterval": {
            "type": "number"
          },
          "shares": {
            "type": "number"
          },
          "keepEvaluations": {
            "type": "number"
          },
          "enableEmail": {
            "type": "boolean"
          },
          "emailOverride": {
            "type": "string"
          },
          "enableDynamicRunCommand": {
            "type": "boolean"
          },
          "inputs": {
            "type": "object",
            "additionalProperties": {
              "type": "object",
              "properties": {
                "type": {
                  "type": "string",
                  "enum": [
                    "string",
                    "boolean",
                    "nix",
                    "path",
                    "git",
                    "hg",
                    "build"
                  ]
                },
                "value": {
                  "type": "string"
                },
                "emailResponsible": {
                  "type": "boolean"
                }
              },
              "required": [
                "type",
                "value",
                "emailResponsible"
              ],
              "additionalProperties": false
            }
          }
        },
        "required": [
          "description",
          "mode",
          "hidden",
          "source",
          "checkInterval",
          "shares",
          "keepEvaluations",
          "enableEmail",
          "emailOverride",
          "enableDynamicRunCommand",
          "inputs"
        ],
        "additionalProperties": false
      }
    },
    "required": [
      "jobsetId",
      "project",
      "name",
      "configuration"
    ],
    "additionalProperties": false
  },
  "JobsetCloned": {
    "type": "object",
    "properties": {
      "jobsetId": {
        "type": "number"
      },
      "project": {
        "type": "string"
      },
      "name": {
        "type": "string"
      },
      "configuration": {
        "type": "object",
        "properties": {
          "description": {
            "type": "string"
          },
          "mode": {
            "type": "string",
            "enum": [
              "disabled",
              "enabled",
              "one-shot",
              "one-at-a-time"
            ]
          },
          "hidden": {
            "type": "boolean"
          },
          "source": {
            "anyOf": [
              {
                "type": "object",
                "properties": {
                  "type": {
                    "type": "string",
                    "const": "expression"
                  },
                  "input": {
                    "type": "string"
                  },
                  "path": {
                    "type": "string"
                  }
                },
                "required": [
                  "type",
                  "input",
                  "path"
                ],
                "additionalProperties": false
              },
              {
                "type": "object",
                "properties": {
                  "type": {
                    "type": "string",
                    "const": "flake"
                  },
                  "url": {
                    "type": "string"
                  }
                },
                "required": [
                  "type",
                  "url"
                ],
                "additionalProperties": false
              },
              {
                "type": "object",
                "properties": {
                  "type": {
                    "type": "string",
                    "const": "declarative"
                  },
                  "file": {
                    "type": "string"
                  }
                },
                "required": [
                  "type",
                  "file"
                ],
                "additionalProperties": false
              }
            ]
          },
          "checkInterval": {
            "type": "number"
          },
          "shares": {
            "type": "number"
          },
          "keepEvaluations": {
            "type": "number"
          },
          "enableEmail": {
            "type": "boolean"
          },
          "emailOverride": {
            "type": "string"
          },
          "enableDynamicRunCommand": {
            "type": "boolean"
          },
          "inputs": {
            "type": "object",
            "additionalProperties": {
              "type": "object",
              "properties": {
                "type": {
                  "type": "string",
                  "enum": [
                    "string",
                    "boolean",
                    "nix",
                    "path",
                    "git",
                    "hg",
                    "build"
                  ]
                },
                "value": {
                  "type": "string"
                },
                "emailResponsible": {
                  "type": "boolean"
                }
              },
              "required": [
                "type",
                "value",
                "emailResponsible"
              ],
              "additionalProperties": false
            }
          }
        },
        "required": [
          "description",
          "mode",
          "hidden",
          "source",
          "checkInterval",
          "shares",
          "keepEvaluations",
          "enableEmail",
          "emailOverride",
          "enableDynamicRunCommand",
          "inputs"
        ],
        "additionalProperties": false
      },
      "source": {
        "type": "object",
        "properties": {
          "jobsetId": {
            "type": "number"
          },
          "project": {
            "type": "string"
          },
          "name": {
            "type": "string"
          },
          "revision": {
            "type": "number"
          }
        },
        "required": [
          "jobsetId",
          "project",
          "name",
          "revision"
        ],
        "additionalProperties": false
      }
    },
    "required": [
      "jobsetId",
      "project",
      "name",
      "configuration",
      "source"
    ],
    "additionalProperties": false
  },
  "JobsetConfigured": {
    "type": "object",
    "properties": {
      "jobsetId": {
        "type": "number"
      },
      "project": {
        "type": "string"
      },
      "name": {
        "type": "string"
      },
      "configuration": {
        "type": "object",
        "properties": {
          "description": {
            "type": "string"
          },
          "mode": {
            "type": "string",
            "enum": [
              "disabled",
              "enabled",
              "one-shot",
              "one-at-a-time"
            ]
          },
          "hidden": {
            "type": "boolean"
          },
          "source": {
            "anyOf": [
              {
                "type": "object",
                "properties": {
                  "type": {
                    "type": "string",
                    "const": "expression"
                  },
                  "input": {
                    "type": "string"
                  },
                  "path": {
                    "type": "string"
                  }
                },
                "required": [
                  "type",
                  "input",
                  "path"
                ],
                "additionalProperties": false
              },
              {
                "type": "object",
                "properties": {
                  "type": {
                    "type": "string",
                    "const": "flake"
                  },
                  "url": {
                    "type": "string"
                  }
                },
                "required": [
                  "type",
                  "url"
                ],
                "additionalProperties": false
              },
              {
                "type": "object",
                "properties": {
                  "type": {
                    "type": "string",
                    "const": "declarative"
                  },
                  "file": {
                    "type": "string"
                  }
                },
                "required": [
                  "type",
                  "file"
                ],
                "additionalProperties": false
              }
            ]
          },
          "checkInterval": {
            "type": "number"
          },
          "shares": {
            "type": "number"
          },
          "keepEvaluations": {
            "type": "number"
          },
          "enableEmail": {
            "type": "boolean"
          },
          "emailOverride": {
            "type": "string"
          },
          "enableDynamicRunCommand": {
            "type": "boolean"
          },
          "inputs": {
            "type": "object",
            "additionalProperties": {
              "type": "object",
              "properties": {
                "type": {
                  "type": "string",
                  "enum": [
                    "string",
                    "boolean",
                    "nix",
                    "path",
                    "git",
                    "hg",
                    "build"
                  ]
                },
                "value": {
                  "type": "string"
                },
                "emailResponsible": {
                  "type": "boolean"
                }
              },
              "required": [
                "type",
                "value",
                "emailResponsible"
              ],
              "additionalProperties": false
            }
          }
        },
        "required": [
          "description",
          "mode",
          "hidden",
          "source",
          "checkInterval",
          "shares",
          "keepEvaluations",
          "enableEmail",
          "emailOverride",
          "enableDynamicRunCommand",
          "inputs"
        ],
        "additionalProperties": false
      }
    },
    "required": [
      "jobsetId",
      "project",
      "name",
      "configuration"
    ],
    "additionalProperties": false
  },
  "ShareChanged": {
    "type": "object",
    "properties": {
      "jobsetId": {
        "type": "number"
      },
      "project": {
        "type": "string"
      },
      "name": {
        "type": "string"
      },
      "shares": {
        "type": "number"
      },
      "before": {
        "type": "number"
      }
    },
    "required": [
      "jobsetId",
      "project",
      "name",
      "shares",
      "before"
    ],
    "additionalProperties": false
  },
  "JobsetEnabled": {
    "type": "object",
    "properties": {
      "jobsetId": {
        "type": "number"
      },
      "project": {
        "type": "string"
      },
      "name": {
        "type": "string"
      },
      "mode": {
        "type": "string",
        "enum": [
          "enabled",
          "one-shot",
          "one-at-a-time"
        ]
      }
    },
    "required": [
      "jobsetId",
      "project",
      "name",
      "mode"
    ],
    "additionalProperties": false
  },
  "JobsetDisabled": {
    "type": "object",
    "properties": {
      "jobsetId": {
        "type": "number"
      },
      "project": {
        "type": "string"
      },
      "name": {
        "type": "string"
      },
      "cause": {
        "type": "string",
        "enum": [
          "command",
          "one-shot-evaluated"
        ]
      }
    },
    "required": [
      "jobsetId",
      "project",
      "name",
      "cause"
    ],
    "additionalProperties": false
  },
  "JobsetRenamed": {
    "type": "object",
    "properties": {
      "jobsetId": {
        "type": "number"
      },
      "from": {
        "type": "object",
        "properties": {
          "project": {
            "type": "string"
          },
          "name": {
            "type": "string"
          }
        },
        "required": [
          "project",
          "name"
        ],
        "additionalProperties": false
      },
      "to": {
        "type": "object",
        "properties": {
          "project": {
            "type": "string"
          },
          "name": {
            "type": "string"
          }
        },
        "required": [
          "project",
          "name"
        ],
        "additionalProperties": false
      },
      "configuration": {
        "type": "object",
        "properties": {
          "description": {
            "type": "string"
          },
          "mode": {
            "type": "string",
            "enum": [
              "disabled",
              "enabled",
              "one-shot",
              "one-at-a-time"
            ]
          },
          "hidden": {
            "type": "boolean"
          },
          "source": {
            "anyOf": [
              {
                "type": "object",
                "properties": {
                  "type": {
                    "type": "string",
                    "const": "expression"
                  },
                  "input": {
                    "type": "string"
                  },
                  "path": {
                    "type": "string"
                  }
                },
                "required": [
                  "type",
                  "input",
                  "path"
                ],
                "additionalProperties": false
              },
              {
                "type": "object",
                "properties": {
                  "type": {
                    "type": "string",
                    "const": "flake"
                  },
                  "url": {
                    "type": "string"
                  }
                },
                "required": [
                  "type",
                  "url"
                ],
                "additionalProperties": false
              },
              {
                "type": "object",
                "properties": {
                  "type": {
                    "type": "string",
                    "const": "declarative"
                  },
                  "file": {
                    "type": "string"
                  }
                },
                "required": [
                  "type",
                  "file"
                ],
                "additionalProperties": false
              }
            ]
          },
          "checkInterval": {
            "type": "number"
          },
          "shares": {
            "type": "number"
          },
          "keepEvaluations": {
            "type": "number"
          },
          "enableEmail": {
            "type": "boolean"
          },
          "emailOverride": {
            "type": "string"
          },
          "enableDynamicRunCommand": {
            "type": "boolean"
          },
          "inputs": {
            "type": "object",
            "additionalProperties": {
              "type": "object",
              "properties": {
                "type": {
                  "type": "string",
                  "enum": [
                    "string",
                    "boolean",
                    "nix",
                    "path",
                    "git",
                    "hg",
                    "build"
                  ]
                },
                "value": {
                  "type": "string"
                },
                "emailResponsible": {
                  "type": "boolean"
                }
              },
              "required": [
                "type",
                "value",
                "emailResponsible"
              ],
              "additionalProperties": false
            }
          }
        },
        "required": [
          "description",
          "mode",
          "hidden",
          "source",
          "checkInterval",
          "shares",
          "keepEvaluations",
          "enableEmail",
          "emailOverride",
          "enableDynamicRunCommand",
          "inputs"
        ],
        "additionalProperties": false
      },
      "last": {
        "type": "object",
        "properties": {
          "evaluationId": {
            "type": "number"
          },
          "hash": {
            "type": "string"
          },
          "flake": {
            "type": "string"
          },
          "jobs": {
            "type": "number"
          }
        },
        "required": [
          "evaluationId",
          "hash",
          "jobs"
        ],
        "additionalProperties": false
      },
      "baseline": {
        "type": "number"
      },
      "trigger": {
        "type": "object",
        "properties": {
          "force": {
            "type": "boolean"
          },
          "at": {
            "type": "string"
          }
        },
        "required": [
          "force",
          "at"
        ],
        "additionalProperties": false
      },
      "lastCheckedAt": {
        "type": "string"
      },
      "spent": {
        "type": "boolean",
        "const": true
      }
    },
    "required": [
      "jobsetId",
      "from",
      "to",
      "configuration"
    ],
    "additionalProperties": false
  },
  "JobsetDeleted": {
    "type": "object",
    "properties": {
      "jobsetId": {
        "type": "number"
      },
      "project": {
        "type": "string"
      },
      "name": {
        "type": "string"
      }
    },
    "required": [
      "jobsetId",
      "project",
      "name"
    ],
    "additionalProperties": false
  },
  "EvaluationTriggered": {
    "type": "object",
    "properties": {
      "jobsetId": {
        "type": "number"
      },
      "project": {
        "type": "string"
      },
      "name": {
        "type": "string"
      },
      "force": {
        "type": "boolean"
      },
      "cause": {
        "type": "string",
        "enum": [
          "push",
          "command",
          "configured"
        ]
      },
      "triggeredAt": {
        "type": "string"
      }
    },
    "required": [
      "jobsetId",
      "project",
      "name",
      "force",
      "cause",
      "triggeredAt"
    ],
    "additionalProperties": false
  },
  "EvaluationStarted": {
    "type": "object",
    "properties": {
      "jobsetId": {
        "type": "number"
      },
      "project": {
        "type": "string"
      },
      "name": {
        "type": "string"
      },
      "evaluationId": {
        "type": "number"
      },
      "cause": {
        "type": "string",
        "enum": [
          "trigger",
          "poll"
        ]
      },
      "force": {
        "type": "boolean"
      },
      "startedAt": {
        "type": "string"
      }
    },
    "required": [
      "jobsetId",
      "project",
      "name",
      "evaluationId",
      "cause",
      "force",
      "startedAt"
    ],
    "additionalProperties": false
  },
  "EvaluationRan": {
    "type": "object",
    "properties": {
      "jobsetId": {
        "type": "number"
      },
      "project": {
        "type": "string"
      },
      "name": {
        "type": "string"
      },
      "evaluationId": {
        "type": "number"
      },
      "hash": {
        "type": "string"
      },
      "inputs": {
        "type": "array",
        "items": {
          "type": "object",
          "properties": {
            "name": {
              "type": "string"
            },
            "type": {
              "type": "string",
              "enum": [
                "string",
                "boolean",
                "nix",
                "path",
                "git",
                "hg",
                "build"
              ]
            },
            "value": {
              "type": "string"
            },
            "uri": {
              "type": "string"
            },
            "revision": {
              "type": "string"
            },
            "storePath": {
              "type": "string"
            },
            "buildId": {
              "type": "number"
            }
          },
          "required": [
            "name",
            "type",
            "value"
          ],
          "additionalProperties": false
        }
      },
      "expression": {
        "type": "object",
        "properties": {
          "input": {
            "type": "string"
          },
          "path": {
            "type": "string"
          }
        },
        "required": [
          "input",
          "path"
        ],
        "additionalProperties": false
      },
      "flake": {
        "type": "string"
      },
      "chunks": {
        "type": "number"
      },
      "jobs": {
        "type": "number"
      },
      "newBuilds": {
        "type": "number"
      },
      "errors": {
        "type": "number"
      },
      "hasNewBuilds": {
        "type": "boolean"
      },
      "checkoutMs": {
        "type": "number"
      },
      "evaluationMs": {
        "type": "number"
      },
      "finishedAt": {
        "type": "string"
      }
    },
    "required": [
      "jobsetId",
      "project",
      "name",
      "evaluationId",
      "hash",
      "inputs",
      "chunks",
      "jobs",
      "newBuilds",
      "errors",
      "hasNewBuilds",
      "checkoutMs",
      "evaluationMs",
      "finishedAt"
    ],
    "additionalProperties": false
  },
  "EvaluationSkipped": {
    "type": "object",
    "properties": {
      "jobsetId": {
        "type": "number"
      },
      "project": {
        "type": "string"
      },
      "name": {
        "type": "string"
      },
      "evaluationId": {
        "type": "number"
      },
      "hash": {
        "type": "string"
      },
      "finishedAt": {
        "type": "string"
      }
    },
    "required": [
      "jobsetId",
      "project",
      "name",
      "evaluationId",
      "hash",
      "finishedAt"
    ],
    "additionalProperties": false
  },
  "SpecificationApplied": {
    "type": "object",
    "properties": {
      "jobsetId": {
        "type": "number"
      },
      "project": {
        "type": "string"
      },
      "name": {
        "type": "string"
      },
      "evaluationId": {
        "type": "number"
      },
      "buildId": {
        "type": "number"
      },
      "hash": {
        "type": "string"
      },
      "jobsets": {
        "type": "array",
        "items": {
          "type": "string"
        }
      },
      "problems": {
        "type": "array",
        "items": {
          "type": "string"
        }
      },
      "appliedAt": {
        "type": "string"
      }
    },
    "required": [
      "jobsetId",
      "project",
      "name",
      "evaluationId",
      "hash",
      "jobsets",
      "problems",
      "appliedAt"
    ],
    "additionalProperties": false
  },
  "EvaluationFailed": {
    "type": "object",
    "properties": {
      "jobsetId": {
        "type": "number"
      },
      "project": {
        "type": "string"
      },
      "name": {
        "type": "string"
      },
      "evaluationId": {
        "type": "number"
      },
      "kind": {
        "type": "string",
        "enum": [
          "fetch",
          "evaluation",
          "interrupted"
        ]
      },
      "error": {
        "type": "string"
      },
      "finishedAt": {
        "type": "string"
      }
    },
    "required": [
      "jobsetId",
      "project",
      "name",
      "evaluationId",
      "kind",
      "error",
      "finishedAt"
    ],
    "additionalProperties": false
  },
  "EvaluationJobsFound": {
    "type": "object",
    "properties": {
      "evaluationId": {
        "type": "number"
      },
      "jobsetId": {
        "type": "number"
      },
      "chunk": {
        "type": "number"
      },
      "jobs": {
        "type": "array",
        "items": {
          "type": "object",
          "properties": {
            "job": {
              "type": "string"
            },
            "buildId": {
              "type": "number"
            },
            "drvPath": {
              "type": "string"
            },
            "outputs": {
              "type": "object",
              "additionalProperties": {
                "type": "string"
              }
            },
            "description": {
              "type": "object",
              "properties": {
                "nixName": {
                  "type": "string"
                },
                "system": {
                  "type": "string"
                },
                "description": {
                  "type": "string"
                },
                "license": {
                  "type": "string"
                },
                "homepage": {
                  "type": "string"
                },
                "maintainers": {
                  "type": "array",
                  "items": {
                    "type": "string"
                  }
                },
                "maxSilent": {
                  "type": "number"
                },
                "timeout": {
                  "type": "number"
                },
                "isChannel": {
                  "type": "boolean"
                },
                "priority": {
                  "type": "number"
                }
              },
              "required": [
                "nixName",
                "system",
                "description",
                "license",
                "homepage",
                "maintainers",
                "maxSilent",
                "timeout",
                "isChannel",
                "priority"
              ],
              "additionalProperties": false
            },
            "replacesDrv": {
              "type": "boolean"
            },
            "constituents": {
              "type": "array",
              "items": {
                "type": "number"
              }
            }
          },
          "required": [
            "job",
            "buildId",
            "drvPath",
            "outputs"
          ],
          "additionalProperties": false
        }
      }
    },
    "required": [
      "evaluationId",
      "jobsetId",
      "chunk",
      "jobs"
    ],
    "additionalProperties": false
  },
  "EvaluationErrorsFound": {
    "type": "object",
    "properties": {
      "evaluationId": {
        "type": "number"
      },
      "jobsetId": {
        "type": "number"
      },
      "chunk": {
        "type": "number"
      },
      "errors": {
        "type": "array",
        "items": {
          "type": "object",
          "properties": {
            "job": {
              "type": "string"
            },
            "message": {
              "type": "string"
            }
          },
          "required": [
            "job",
            "message"
          ],
          "additionalProperties": false
        }
      }
    },
    "required": [
      "evaluationId",
      "jobsetId",
      "chunk",
      "errors"
    ],
    "additionalProperties": false
  },
  "EvaluationReleased": {
    "type": "object",
    "properties": {
      "evaluationId": {
        "type": "number"
      },
      "name": {
        "type": "string"
      },
      "releasedAt": {
        "type": "string"
      }
    },
    "required": [
      "evaluationId",
      "name",
      "releasedAt"
    ],
    "additionalProperties": false
  },
  "ReleaseRevoked": {
    "type": "object",
    "properties": {
      "evaluationId": {
        "type": "number"
      },
      "name": {
        "type": "string"
      },
      "revokedAt": {
        "type": "string"
      }
    },
    "required": [
      "evaluationId",
      "name",
      "revokedAt"
    ],
    "additionalProperties": false
  },
  "BuildQueued": {
    "type": "object",
    "properties": {
      "buildId": {
        "type": "number"
      },
      "evaluationId": {
        "type": "number"
      },
      "jobset": {
        "type": "object",
        "properties": {
          "id": {
            "type": "number"
          },
          "project": {
            "type": "string"
          },
          "name": {
            "type": "string"
          }
        },
        "required": [
          "id",
          "project",
          "name"
        ],
        "additionalProperties": false
      },
      "job": {
        "type": "string"
      },
      "drvPath": {
        "type": "string"
      },
      "outputs": {
        "type": "object",
        "additionalProperties": {
          "type": "string"
        }
      },
      "nixName": {
        "type": "string"
      },
      "system": {
        "type": "string"
      },
      "description": {
        "type": "string"
      },
      "license": {
        "type": "string"
      },
      "homepage": {
        "type": "string"
      },
      "maintainers": {
        "type": "array",
        "items": {
          "type": "string"
        }
      },
      "maxSilent": {
        "type": "number"
      },
      "timeout": {
        "type": "number"
      },
      "isChannel": {
        "type": "boolean"
      },
      "priority": {
        "type": "number"
      },
      "constituents": {
        "type": "array",
        "items": {
          "type": "number"
        }
      },
      "queuedAt": {
        "type": "string"
      }
    },
    "required": [
      "buildId",
      "evaluationId",
      "jobset",
      "job",
      "drvPath",
      "outputs",
      "nixName",
      "system",
      "description",
      "license",
      "homepage",
      "maintainers",
      "maxSilent",
      "timeout",
      "isChannel",
      "priority",
      "queuedAt"
    ],
    "additionalProperties": false
  },
  "BuildBumped": {
    "type": "object",
    "properties": {
      "buildId": {
        "type": "number"
      },
      "globalPriority": {
        "type": "number"
      }
    },
    "required": [
      "buildId",
      "globalPriority"
    ],
    "additionalProperties": false
  },
  "BuildFinished": {
    "type": "object",
    "properties": {
      "buildId": {
        "type": "number"
      },
      "run": {
        "type": "number"
      },
      "status": {
        "type": "string",
        "enum": [
          "succeeded",
          "failed",
          "dependency-failed",
          "aborted",
          "cancelled",
          "failed-with-output",
          "timed-out",
          "unsupported",
          "log-limit-exceeded",
          "nar-size-limit-exceeded",
          "not-deterministic"
        ]
      },
      "isCachedBuild": {
        "type": "boolean"
      },
      "startedAtMs": {
        "type": "number"
      },
      "stoppedAtMs": {
        "type": "number"
      },
      "size": {
        "type": "number"
      },
      "closureSize": {
        "type": "number"
      },
      "releaseName": {
        "type": "string"
      },
      "products": {
        "type": "array",
        "items": {
          "type": "object",
          "properties": {
            "type": {
              "type": "string"
            },
            "subtype": {
              "type": "string"
            },
            "name": {
              "type": "string"
            },
            "path": {
              "type": "string"
            },
            "defaultPath": {
              "type": "string"
            },
            "fileSize": {
              "type": "number"
            },
            "sha256": {
              "type": "string"
            }
          },
          "required": [
            "type",
            "subtype",
            "name",
            "path",
            "defaultPath"
          ],
          "additionalProperties": false
        }
      },
      "metrics": {
        "type": "array",
        "items": {
          "type": "object",
          "properties": {
            "name": {
              "type": "string"
            },
            "value": {
              "type": "number"
            },
            "unit": {
              "type": "string"
            }
          },
          "required": [
            "name",
            "value",
            "unit"
          ],
          "additionalProperties": false
        }
      },
      "failedStep": {
        "type": "object",
        "properties": {
          "drvPath": {
            "type": "string"
          },
          "status": {
            "anyOf": [
              {
                "type": "string",
                "enum": [
                  "succeeded",
                  "failed",
                  "aborted",
                  "cancelled",
                  "timed-out",
                  "unsupported",
                  "log-limit-exceeded",
                  "nar-size-limit-exceeded",
                  "not-deterministic"
                ]
              },
              {
                "type": "string",
                "const": "cached-failure"
              }
            ]
          },
          "attempt": {
            "type": "number"
          },
          "propagatedFrom": {
            "type": "number"
          },
          "system": {
            "type": "string"
          }
        },
        "required": [
          "drvPath",
          "status",
          "system"
        ],
        "additionalProperties": false
      },
      "error": {
        "type": "string"
      }
    },
    "required": [
      "buildId",
      "run",
      "status",
      "isCachedBuild",
      "startedAtMs",
      "stoppedAtMs",
      "size",
      "closureSize",
      "products",
      "metrics"
    ],
    "additionalProperties": false
  },
  "BuildCancelled": {
    "type": "object",
    "properties": {
      "buildId": {
        "type": "number"
      },
      "run": {
        "type": "number"
      },
      "cancelledAtMs": {
        "type": "number"
      }
    },
    "required": [
      "buildId",
      "run",
      "cancelledAtMs"
    ],
    "additionalProperties": false
  },
  "BuildRestarted": {
    "type": "object",
    "properties": {
      "buildId": {
        "type": "number"
      },
      "run": {
        "type": "number"
      },
      "drvPath": {
        "type": "string"
      },
      "restartedAt": {
        "type": "string"
      }
    },
    "required": [
      "buildId",
      "run",
      "restartedAt"
    ],
    "additionalProperties": false
  },
  "BuildKept": {
    "type": "object",
    "properties": {
      "buildId": {
        "type": "number"
      }
    },
    "required": [
      "buildId"
    ],
    "additionalProperties": false
  },
  "BuildUnkept": {
    "type": "object",
    "properties": {
      "buildId": {
        "type": "number"
      }
    },
    "required": [
      "buildId"
    ],
    "additionalProperties": false
  },
  "BuildStepStarted": {
    "type": "object",
    "properties": {
      "drvPath": {
        "type": "string"
      },
      "attempt": {
        "type": "number"
      },
      "buildId": {
        "type": "number"
      },
      "jobsetIds": {
        "type": "array",
        "items": {
          "type": "number"
        }
      },
      "system": {
        "type": "string"
      },
      "machine": {
        "type": "string"
      },
      "slot": {
        "type": "number"
      },
      "logKey": {
        "type": "string"
      },
      "startedAtMs": {
        "type": "number"
      },
      "dispatch": {
        "type": "object",
        "properties": {
          "policy": {
            "type": "string"
          },
          "globalPriority": {
            "type": "number"
          },
          "jobsetId": {
            "type": "number"
          },
          "usedMs": {
            "type": "number"
          },
          "shares": {
            "type": "number"
          },
          "localPriority": {
            "type": "number"
          },
          "features": {
            "type": "number"
          },
          "dependents": {
            "type": "number"
          },
          "lowestBuildId": {
            "type": "number"
          },
          "runnable": {
            "type": "number"
          },
          "basis": {
            "type": "object",
            "properties": {
              "term": {
                "type": "string"
              },
              "nr": {
                "type": "number"
              },
              "seen": {
                "type": "string"
              },
              "finishing": {
                "type": "array",
                "items": {
                  "type": "object",
                  "properties": {
                    "drvPath": {
                      "type": "string"
                    },
                    "attempt": {
                      "type": "number"
                    }
                  },
                  "required": [
                    "drvPath",
                    "attempt"
                  ],
                  "additionalProperties": false
                }
              },
              "clamp": {
                "type": "object",
                "properties": {
                  "virtual": {
                    "type": "number"
                  },
                  "tag": {
                    "type": "number"
                  }
                },
                "required": [
                  "virtual",
                  "tag"
                ],
                "additionalProperties": false
              }
            },
            "required": [
              "term",
              "nr",
              "seen"
            ],
            "additionalProperties": false
          }
        },
        "required": [
          "policy",
          "globalPriority",
          "jobsetId",
          "usedMs",
          "shares",
          "localPriority",
          "features",
          "dependents",
          "lowestBuildId",
          "runnable"
        ],
        "additionalProperties": false
      }
    },
    "required": [
      "drvPath",
      "attempt",
      "buildId",
      "jobsetIds",
      "system",
      "machine",
      "slot",
      "logKey",
      "startedAtMs",
      "dispatch"
    ],
    "additionalProperties": false
  },
  "BuildStepCompleted": {
    "type": "object",
    "properties": {
      "drvPath": {
        "type": "string"
      },
      "attempt": {
        "type": "number"
      },
      "buildId": {
        "type": "number"
      },
      "machine": {
        "type": "string"
      },
      "status": {
        "anyOf": [
          {
            "type": "string",
            "enum": [
              "succeeded",
              "failed",
              "aborted",
              "cancelled",
              "timed-out",
              "unsupported",
              "log-limit-exceeded",
              "nar-size-limit-exceeded",
              "not-deterministic"
            ]
          },
          {
            "type": "string",
            "const": "cached-failure"
          }
        ]
      },
      "startedAtMs": {
        "type": "number"
      },
      "stoppedAtMs": {
        "type": "number"
      },
      "charges": {
        "type": "array",
        "items": {
          "type": "object",
          "properties": {
            "jobsetId": {
              "type": "number"
            },
            "ms": {
              "type": "number"
            },
            "tag": {
              "type": "number"
            }
          },
          "required": [
            "jobsetId",
            "ms"
          ],
          "additionalProperties": false
        }
      },
      "log": {
        "type": "object",
        "properties": {
          "key": {
            "type": "string"
          },
          "bytes": {
            "type": "number"
          },
          "sha256": {
            "type": "string"
          },
          "truncated": {
            "type": "boolean"
          }
        },
        "required": [
          "key",
          "bytes",
          "sha256",
          "truncated"
        ],
        "additionalProperties": false
      },
      "error": {
        "type": "string"
      },
      "cachesFailure": {
        "type": "boolean"
      },
      "interrupted": {
        "type": "boolean"
      },
      "retryAtMs": {
        "type": "number"
      },
      "basis": {
        "type": "object",
        "properties": {
          "term": {
            "type": "string"
          },
          "nr": {
            "type": "number"
          },
          "seen": {
            "type": "string"
          }
        },
        "required": [
          "term",
          "nr",
          "seen"
        ],
        "additionalProperties": false
      }
    },
    "required": [
      "drvPath",
      "attempt",
      "buildId",
      "machine",
      "status",
      "startedAtMs",
      "stoppedAtMs",
      "charges",
      "cachesFailure",
      "interrupted"
    ],
    "additionalProperties": false
  },
  "CachedFailureCleared": {
    "type": "object",
    "properties": {
      "drvPath": {
        "type": "string"
      }
    },
    "required": [
      "drvPath"
    ],
    "additionalProperties": false
  },
  "QueueRunnerStarted": {
    "type": "object",
    "properties": {
      "term": {
        "type": "string"
      },
      "policy": {
        "type": "string"
      },
      "windowMs": {
        "type": "number"
      },
      "clampCreditMs": {
        "type": "number"
      },
      "startedAtMs": {
        "type": "number"
      }
    },
    "required": [
      "term",
      "policy",
      "windowMs",
      "clampCreditMs",
      "startedAtMs"
    ],
    "additionalProperties": false
  },
  "BuildStepsFound": {
    "type": "object",
    "properties": {
      "term": {
        "type": "string"
      },
      "buildId": {
        "type": "number"
      },
      "jobsetId": {
        "type": "number"
      },
      "drvPath": {
        "type": "string"
      },
      "globalPriority": {
        "type": "number"
      },
      "localPriority": {
        "type": "number"
      },
      "nr": {
        "type": "number"
      },
      "seen": {
        "type": "string"
      },
      "foundAtMs": {
        "type": "number"
      },
      "steps": {
        "type": "array",
        "items": {
          "type": "object",
          "properties": {
            "drvPath": {
              "type": "string"
            },
            "system": {
              "type": "string"
            },
            "features": {
              "type": "array",
              "items": {
                "type": "string"
              }
            },
            "preferLocalBuild": {
              "type": "boolean",
              "const": true
            },
            "inputs": {
              "type": "array",
              "items": {
                "type": [
                  "number",
                  "string"
                ]
              }
            },
            "retryAtMs": {
              "type": "number"
            }
          },
          "required": [
            "drvPath",
            "system",
            "inputs"
          ],
          "additionalProperties": false
        }
      },
      "more": {
        "type": "boolean"
      }
    },
    "required": [
      "term",
      "buildId",
      "jobsetId",
      "drvPath",
      "globalPriority",
      "localPriority",
      "nr",
      "seen",
      "foundAtMs",
      "steps",
      "more"
    ],
    "additionalProperties": false
  },
  "DispatchWithdrawn": {
    "type": "object",
    "properties": {
      "term": {
        "type": "string"
      },
      "nr": {
        "type": "number"
      },
      "drvPath": {
        "type": "string"
      },
      "attempt": {
        "type": "number"
      },
      "jobsetIds": {
        "type": "array",
        "items": {
          "type": "number"
        }
      },
      "system": {
        "type": "string"
      },
      "machine": {
        "type": "string"
      },
      "startedAtMs": {
        "type": "number"
      },
      "dispatch": {
        "type": "object",
        "properties": {
          "policy": {
            "type": "string"
          },
          "globalPriority": {
            "type": "number"
          },
          "jobsetId": {
            "type": "number"
          },
          "usedMs": {
            "type": "number"
          },
          "shares": {
            "type": "number"
          },
          "localPriority": {
            "type": "number"
          },
          "features": {
            "type": "number"
          },
          "dependents": {
            "type": "number"
          },
          "lowestBuildId": {
            "type": "number"
          },
          "runnable": {
            "type": "number"
          },
          "basis": {
            "type": "object",
            "properties": {
              "term": {
                "type": "string"
              },
              "nr": {
                "type": "number"
              },
              "seen": {
                "type": "string"
              },
              "finishing": {
                "type": "array",
                "items": {
                  "type": "object",
                  "properties": {
                    "drvPath": {
                      "type": "string"
                    },
                    "attempt": {
                      "type": "number"
                    }
                  },
                  "required": [
                    "drvPath",
                    "attempt"
                  ],
                  "additionalProperties": false
                }
              },
              "clamp": {
                "type": "object",
                "properties": {
                  "virtual": {
                    "type": "number"
                  },
                  "tag": {
                    "type": "number"
                  }
                },
                "required": [
                  "virtual",
                  "tag"
                ],
                "additionalProperties": false
              }
            },
            "required": [
              "term",
              "nr",
              "seen"
            ],
            "additionalProperties": false
          }
        },
        "required": [
          "policy",
          "globalPriority",
          "jobsetId",
          "usedMs",
          "shares",
          "localPriority",
          "features",
          "dependents",
          "lowestBuildId",
          "runnable"
        ],
        "additionalProperties": false
      }
    },
    "required": [
      "term",
      "nr",
      "drvPath",
      "attempt",
      "jobsetIds",
      "system",
      "machine",
      "startedAtMs",
      "dispatch"
    ],
    "additionalProperties": false
  },
  "MachineAdded": {
    "type": "object",
    "properties": {
      "name": {
        "type": "string"
      },
      "source": {
        "type": "string",
        "enum": [
          "default",
          "file",
          "rest"
        ]
      },
      "configuration": {
        "type": "object",
        "properties": {
          "uri": {
            "type": "string"
          },
          "systems": {
            "type": "array",
            "items": {
              "type": "string"
            }
          },
          "sshKey": {
            "type": "string"
          },
          "slots": {
            "type": "number"
          },
          "speedFactor": {
            "type": "number"
          },
          "features": {
            "type": "array",
            "items": {
              "type": "string"
            }
          },
          "mandatoryFeatures": {
            "type": "array",
            "items": {
              "type": "string"
            }
          },
          "publicHostKey": {
            "type": "string"
          }
        },
        "required": [
          "uri",
          "systems",
          "slots",
          "speedFactor",
          "features",
          "mandatoryFeatures"
        ],
        "additionalProperties": false
      }
    },
    "required": [
      "name",
      "source",
      "configuration"
    ],
    "additionalProperties": false
  },
  "MachineChanged": {
    "type": "object",
    "properties": {
      "name": {
        "type": "string"
      },
      "source": {
        "type": "string",
        "enum": [
          "default",
          "file",
          "rest"
        ]
      },
      "configuration": {
        "type": "object",
        "properties": {
          "uri": {
            "type": "string"
          },
          "systems": {
            "type": "array",
            "items": {
              "type": "string"
            }
          },
          "sshKey": {
            "type": "string"
          },
          "slots": {
            "type": "number"
          },
          "speedFactor": {
            "type": "number"
          },
          "features": {
            "type": "array",
            "items": {
              "type": "string"
            }
          },
          "mandatoryFeatures": {
            "type": "array",
            "items": {
              "type": "string"
            }
          },
          "publicHostKey": {
            "type": "string"
          }
        },
        "required": [
          "uri",
          "systems",
          "slots",
          "speedFactor",
          "features",
          "mandatoryFeatures"
        ],
        "additionalProperties": false
      }
    },
    "required": [
      "name",
      "source",
      "configuration"
    ],
    "additionalProperties": false
  },
  "MachineRemoved": {
    "type": "object",
    "properties": {
      "name": {
        "type": "string"
      }
    },
    "required": [
      "name"
    ],
    "additionalProperties": false
  },
  "MachineDisabled": {
    "type": "object",
    "properties": {
      "name": {
        "type": "string"
      }
    },
    "required": [
      "name"
    ],
    "additionalProperties": false
  },
  "MachineEnabled": {
    "type": "object",
    "properties": {
      "name": {
        "type": "string"
      }
    },
    "required": [
      "name"
    ],
    "additionalProperties": false
  },
  "MachineFailed": {
    "type": "object",
    "properties": {
      "name": {
        "type": "string"
      },
      "error": {
        "type": "string"
      },
      "failures": {
        "type": "number"
      },
      "failedAtMs": {
        "type": "number"
      },
      "disabledUntilMs": {
        "type": "number"
      }
    },
    "required": [
      "name",
      "error",
      "failures",
      "failedAtMs",
      "disabledUntilMs"
    ],
    "additionalProperties": false
  },
  "MachineRecovered": {
    "type": "object",
    "properties": {
      "name": {
        "type": "string"
      }
    },
    "required": [
      "name"
    ],
    "additionalProperties": false
  },
  "BackupRequested": {
    "type": "object",
    "properties": {
      "buildId": {
        "type": "number"
      },
      "target": {
        "type": "object",
        "properties": {
          "bucket": {
            "type": "string"
          },
          "prefix": {
            "type": "string"
          }
        },
        "required": [
          "bucket",
          "prefix"
        ],
        "additionalProperties": false
      },
      "compression": {
        "type": "string"
      }
    },
    "required": [
      "buildId",
      "target",
      "compression"
    ],
    "additionalProperties": false
  },
  "BackupCompleted": {
    "type": "object",
    "properties": {
      "buildId": {
        "type": "number"
      },
      "target": {
        "type": "object",
        "properties": {
          "bucket": {
            "type": "string"
          },
          "prefix": {
            "type": "string"
          }
        },
        "required": [
          "bucket",
          "prefix"
        ],
        "additionalProperties": false
      },
      "compression": {
        "type": "string"
      },
      "part": {
        "type": "number"
      },
      "parts": {
        "type": "number"
      },
      "paths": {
        "type": "array",
        "items": {
          "type": "object",
          "properties": {
            "path": {
              "type": "string"
            },
            "narHash": {
              "type": "string"
            },
            "narSize": {
              "type": "number"
            },
            "fileHash": {
              "type": "string"
            },
            "fileSize": {
              "type": "number"
            },
            "key": {
              "type": "string"
            },
            "uploaded": {
              "type": "boolean"
            },
            "signedBy": {
              "type": "string"
            }
          },
          "required": [
            "path",
            "narHash",
            "narSize",
            "fileHash",
            "fileSize",
            "key",
            "uploaded"
          ],
          "additionalProperties": false
        }
      },
      "startedAtMs": {
        "type": "number"
      },
      "stoppedAtMs": {
        "type": "number"
      }
    },
    "required": [
      "buildId",
      "target",
      "compression",
      "part",
      "parts",
      "paths",
      "startedAtMs",
      "stoppedAtMs"
    ],
    "additionalProperties": false
  },
  "BackupFailed": {
    "type": "object",
    "properties": {
      "buildId": {
        "type": "number"
      },
      "target": {
        "type": "object",
        "properties": {
          "bucket": {
            "type": "string"
          },
          "prefix": {
            "type": "string"
          }
        },
        "required": [
          "bucket",
          "prefix"
        ],
        "additionalProperties": false
      },
      "error": {
        "type": "string"
      },
      "attempts": {
        "type": "number"
      },
      "failedAtMs": {
        "type": "number"
      }
    },
    "required": [
      "buildId",
      "target",
      "error",
      "attempts",
      "failedAtMs"
    ],
    "additionalProperties": false
  },
  "GarbageCondemned": {
    "type": "object",
    "properties": {
      "target": {
        "type": "object",
        "properties": {
          "bucket": {
            "type": "string"
          },
          "prefix": {
            "type": "string"
          }
        },
        "required": [
          "bucket",
          "prefix"
        ],
        "additionalProperties": false
      },
      "collectionId": {
        "type": "string"
      },
      "listed": {
        "type": "object",
        "properties": {
          "objects": {
            "type": "number"
          },
          "bytes": {
            "type": "number"
          }
        },
        "required": [
          "objects",
          "bytes"
        ],
        "additionalProperties": false
      },
      "condemned": {
        "type": "object",
        "properties": {
          "objects": {
            "type": "number"
          },
          "bytes": {
            "type": "number"
          }
        },
        "required": [
          "objects",
          "bytes"
        ],
        "additionalProperties": false
      },
      "resurrected": {
        "type": "object",
        "properties": {
          "objects": {
            "type": "number"
          },
          "bytes": {
            "type": "number"
          }
        },
        "required": [
          "objects",
          "bytes"
        ],
        "additionalProperties": false
      },
      "foreign": {
        "type": "object",
        "properties": {
          "objects": {
            "type": "number"
          },
          "bytes": {
            "type": "number"
          }
        },
        "required": [
          "objects",
          "bytes"
        ],
        "additionalProperties": false
      },
      "deleteForeign": {
        "type": "boolean"
      },
      "graceMs": {
        "type": "number"
      },
      "startedAtMs": {
        "type": "number"
      },
      "listedAtMs": {
        "type": "number"
      }
    },
    "required": [
      "target",
      "collectionId",
      "listed",
      "condemned",
      "resurrected",
      "foreign",
      "deleteForeign",
      "graceMs",
      "startedAtMs",
      "listedAtMs"
    ],
    "additionalProperties": false
  },
  "GarbageCollected": {
    "type": "object",
    "properties": {
      "target": {
        "type": "object",
        "properties": {
          "bucket": {
            "type": "string"
          },
          "prefix": {
            "type": "string"
          }
        },
        "required": [
          "bucket",
          "prefix"
        ],
        "additionalProperties": false
      },
      "collectionId": {
        "type": "string"
      },
      "deleted": {
        "type": "object",
        "properties": {
          "objects": {
            "type": "number"
          },
          "bytes": {
            "type": "number"
          }
        },
        "required": [
          "objects",
          "bytes"
        ],
        "additionalProperties": false
      },
      "resurrected": {
        "type": "object",
        "properties": {
          "objects": {
            "type": "number"
          },
          "bytes": {
            "type": "number"
          }
        },
        "required": [
          "objects",
          "bytes"
        ],
        "additionalProperties": false
      },
      "waiting": {
        "type": "object",
        "properties": {
          "objects": {
            "type": "number"
          },
          "bytes": {
            "type": "number"
          }
        },
        "required": [
          "objects",
          "bytes"
        ],
        "additionalProperties": false
      },
      "left": {
        "type": "object",
        "properties": {
          "objects": {
            "type": "number"
          },
          "bytes": {
            "type": "number"
          }
        },
        "required": [
          "objects",
          "bytes"
        ],
        "additionalProperties": false
      },
      "startedAtMs": {
        "type": "number"
      },
      "stoppedAtMs": {
        "type": "number"
      }
    },
    "required": [
      "target",
      "collectionId",
      "deleted",
      "resurrected",
      "waiting",
      "left",
      "startedAtMs",
      "stoppedAtMs"
    ],
    "additionalProperties": false
  },
  "UserCreated": {
    "type": "object",
    "properties": {
      "userId": {
        "type": "string"
      }
    },
    "required": [
      "userId"
    ],
    "additionalProperties": false
  },
  "RolesChanged": {
    "type": "object",
    "properties": {
      "userId": {
        "type": "string"
      },
      "roles": {
        "type": "array",
        "items": {
          "type": "string",
          "enum": [
            "admin",
            "bump-to-front",
            "cancel-build",
            "create-projects",
            "eval-jobset",
            "restart-jobs"
          ]
        }
      },
      "before": {
        "type": "array",
        "items": {
          "type": "string",
          "enum": [
            "admin",
            "bump-to-front",
            "cancel-build",
            "create-projects",
            "eval-jobset",
            "restart-jobs"
          ]
        }
      }
    },
    "required": [
      "userId",
      "roles",
      "before"
    ],
    "additionalProperties": false
  },
  "TokenCreated": {
    "type": "object",
    "properties": {
      "userId": {
        "type": "string"
      },
      "tokenId": {
        "type": "string"
      },
      "scope": {
        "anyOf": [
          {
            "type": "string",
            "const": "all"
          },
          {
            "type": "string",
            "const": "read-only"
          },
          {
            "type": "array",
            "items": {
              "type": "string",
              "enum": [
                "admin",
                "bump-to-front",
                "cancel-build",
                "create-projects",
                "eval-jobset",
                "restart-jobs",
                "owner"
              ]
            }
          }
        ]
      },
      "expiresAt": {
        "type": "string"
      }
    },
    "required": [
      "userId",
      "tokenId",
      "scope",
      "expiresAt"
    ],
    "additionalProperties": false
  },
  "TokenRevoked": {
    "type": "object",
    "properties": {
      "userId": {
        "type": "string"
      },
      "tokenId": {
        "type": "string"
      }
    },
    "required": [
      "userId",
      "tokenId"
    ],
    "additionalProperties": false
  },
  "PasswordChanged": {
    "type": "object",
    "properties": {
      "userId": {
        "type": "string"
      }
    },
    "required": [
      "userId"
    ],
    "additionalProperties": false
  },
  "NewsPosted": {
    "type": "object",
    "properties": {
      "userId": {
        "type": "string"
      },
      "newsId": {
        "type": "number"
      }
    },
    "required": [
      "userId",
      "newsId"
    ],
    "additionalProperties": false
  },
  "NewsDeleted": {
    "type": "object",
    "properties": {
      "userId": {
        "type": "string"
      },
      "newsId": {
        "type": "number"
      }
    },
    "required": [
      "userId",
      "newsId"
    ],
    "additionalProperties": false
  },
  "UserDeleted": {
    "type": "object",
    "properties": {
      "userId": {
        "type": "string"
      }
    },
    "required": [
      "userId"
    ],
    "additionalProperties": false
  },
  "FetchCacheCleared": {
    "type": "object",
    "properties": {
      "userId": {
        "type": "string"
      },
      "clones": {
        "type": "number"
      },
      "busy": {
        "type": "number"
      }
    },
    "required": [
      "userId",
      "clones",
      "busy"
    ],
    "additionalProperties": false
  },
  "RejectionsSuppressed": {
    "type": "object",
    "properties": {
      "userId": {
        "type": "string"
      },
      "count": {
        "type": "number"
      },
      "since": {
        "type": "string"
      },
      "until": {
        "type": "string"
      }
    },
    "required": [
      "userId",
      "count",
      "since",
      "until"
    ],
    "additionalProperties": false
  },
  "CommandRejected": {
    "type": "object",
    "properties": {
      "userId": {
        "type": "string"
      },
      "command": {
        "type": "string"
      },
      "stream": {
        "type": "string"
      },
      "rejection": {
        "type": "string"
      },
      "revisionSeen": {
        "type": "number"
      }
    },
    "required": [
      "userId",
      "command",
      "stream",
      "rejection",
      "revisionSeen"
    ],
    "additionalProperties": false
  }
};

/** JSON schema of the envelope. */
export const metadataSchema: object = {
  "$schema": "http://json-schema.org/draft-07/schema#",
  "type": "object",
  "properties": {
    "v": {
      "type": "number"
    },
    "at": {
      "type": "string"
    },
    "actor": {
      "type": "object",
      "properties": {
        "kind": {
          "type": "string",
          "enum": [
            "user",
            "token",
            "system",
            "webhook"
          ]
        },
        "id": {
          "type": "string"
        }
      },
      "required": [
        "kind",
        "id"
      ],
      "additionalProperties": false
    },
    "via": {
      "type": "string"
    },
    "role": {
      "type": "string"
    },
    "reason": {
      "type": "string"
    },
    "requestId": {
      "type": "string"
    },
    "correlationId": {
      "type": "string"
    },
    "causationId": {
      "type": "string"
    }
  },
  "required": [
    "v",
    "at",
    "actor",
    "via",
    "correlationId",
    "causationId"
  ],
  "additionalProperties": false,
  "definitions": {}
};

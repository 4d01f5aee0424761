/// What Slurm's programs say when they fail, and what it means; the words are those of slurm_strerror in Slurm's `src/common/slurm_errno.c`.
enum SlurmComplaint {
  private static let ofController = [
    "unable to contact slurm controller", "socket timed out", "zero bytes were transmitted", "connection refused",
    "connection timed out", "connect failure", "backup controller", "could not establish a configuration source",
    "authentication", "munge", "unexpected message", "transport endpoint", "communication connection failure",
  ]
  private static let ofLimits = [
    "violates accounting/qos policy", "temporarily unable to accept job", "resource temporarily unavailable",
    "maximum number of jobs", "submit limit",
  ]
  private static let hints: [(word: String, hint: String)] = [
    ("partition", "`sinfo` lists the partitions: set `executor.slurm.partition` in pawl.yaml to one of them"),
    ("account", "`sacctmgr show associations user=$USER` lists what you may use: set `executor.slurm.account`"),
    ("qos", "`sacctmgr show associations user=$USER` lists what you may use: set `executor.slurm.qos`"),
    ("gres", "`sinfo -o '%P %G'` shows the GPUs: lower `placement.gpus`, or set `executor.slurm.partition`"),
    ("memory", "no node has so much: lower `budget.memory`, or set `executor.slurm.partition`"),
    ("time limit", "`sinfo -o '%P %l'` shows the limits: lower `budget.wall`, or set `executor.slurm.partition`"),
    ("node configuration", "`sinfo -o '%P %c %m %G'` shows the nodes: lower `placement` or `budget.memory`"),
    ("cpu", "`sinfo -o '%P %c'` shows the nodes: lower `placement.cores`"),
    ("option", "see `executor.slurm.options` in pawl.yaml: sbatch(1) lists what it takes"),
  ]

  static func isOfController(_ messages: String) -> Bool { contains(messages, ofController) }

  /// Whether the controller may have taken the job all the same: it was asked, and its answer was lost.
  static func mayHaveWorked(_ messages: String) -> Bool {
    contains(messages, ["socket timed out", "zero bytes were transmitted", "unexpected message"])
  }

  static func isAboutArray(_ error: ClusterError) -> Bool { error.message.contains("Invalid job array specification") }

  static func error(_ messages: String, program: String) -> ClusterError {
    let said = quote(messages)
    let message = "`\(program)` says: \(said.isEmpty ? "nothing, and fails" : said)"
    if isOfController(messages) {
      return ClusterError(
        .unreachable, message, hints: ["`scontrol ping` shows whether Slurm's controller is up; ask your administrator"]
      )
    }
    if contains(messages, ofLimits) {
      return ClusterError(.limited, message, hints: ["lower `workers`, or see your limits with `sacctmgr show qos`"])
    }
    let text = messages.lowercased()
    return ClusterError(
      .refused, message,
      hints: hints.first { text.contains($0.word) }.map { [$0.hint] } ?? ["correct `executor.slurm` in pawl.yaml"])
  }

  /// The programs' own words, without what they put before each line.
  private static func quote(_ messages: String) -> String {
    messages.split(whereSeparator: \.isNewline).map { line in
      ["sbatch: ", "squeue: ", "scancel: ", "sinfo: ", "error: ", "fatal: "].reduce(String(line)) {
        $0.hasPrefix($1) ? String($0.dropFirst($1.count)) : $0
      }
    }.joined(separator: "; ").oneLine
  }

  private static func contains(_ messages: String, _ words: [String]) -> Bool {
    let text = messages.lowercased()
    return words.contains { text.contains($0) }
  }
}

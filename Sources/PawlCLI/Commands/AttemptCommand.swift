import PawlRuntime

/// `pawl attempt FOLDER`: what a job of a cluster runs on its node; not for people, so `pawl help` leaves it out.
struct AttemptCommand: Command {
  static let specification = CommandSpecification(
    name: "attempt", summary: "make one attempt on a node of a cluster", positionals: ["FOLDER"],
    notes: "Schedulers run this, by what `pawl run` hands them; FOLDER is one that `pawl run` laid down.")

  static func run(_ arguments: ParsedArguments, console: Console) throws -> Int32 {
    guard let folder = arguments.positionals.first, folder.hasPrefix("/") else {
      throw UsageError("`pawl attempt` needs an absolute FOLDER", hints: ["`pawl run` with `executor` hands it one"])
    }
    switch try NodeAttempt.run(folder: folder) {
    case .measured: return 0
    case .cancelled: return 130
    }
  }
}

/// What squeue(1) prints of this user's jobs, ended ones too while the controller remembers them (slurm.conf, MinJobAge).
enum SlurmQueue {
  private static let columns = ["Name", "ArrayJobID", "ArrayTaskID", "State", "exit_code", "NodeList", "Reason"]

  static let arguments = [
    "--noheader", "--array", "--me", "--states=all", "--Format=\(columns.map { "\($0):|" }.joined(separator: ","))",
  ]

  /// Returns the records of `names`, oldest first; lines that are none of ours are passed over.
  static func records(in text: String, of names: Set<String>) -> [String: [JobRecord]] {
    var found: [String: [(number: Int, record: JobRecord)]] = [:]
    for line in text.split(separator: "\n") {
      let fields = line.split(separator: "|", maxSplits: columns.count - 1, omittingEmptySubsequences: false)
        .map(String.init)
      guard fields.count == columns.count, let name = SlurmBatch.name(ofJob: fields[0], task: fields[2]),
        names.contains(name), let number = Int(fields[1])
      else { continue }
      let isTask = fields[2] != "N/A" && !fields[2].isEmpty
      let reason = fields[6].hasSuffix("|") ? String(fields[6].dropLast()) : fields[6]
      let state = state(fields[3], exit: fields[4], node: fields[5], reason: reason)
      found[name, default: []].append(
        (number, JobRecord(id: isTask ? "\(number)_\(fields[2])" : fields[1], state: state)))
    }
    return found.mapValues { $0.sorted { $0.number < $1.number }.map(\.record) }
  }

  /// The words of squeue(1), "job state codes". A word that is not known is taken for one of a job that lives: the error is to wait.
  private static func state(_ word: String, exit: String, node: String, reason: String) -> JobState {
    switch word {
    case "PENDING", "REQUEUED", "REQUEUE_FED", "REQUEUE_HOLD", "SPECIAL_EXIT", "RESV_DEL_HOLD":
      .queued(reason: ["None", "Priority", "Resources", "BeginTime", ""].contains(reason) ? nil : reason)
    case "COMPLETED": .ended(.completed)
    case "FAILED": .ended(failure(exit))
    case "CANCELLED", "REVOKED": .ended(.cancelled)
    case "TIMEOUT", "DEADLINE": .ended(.timedOut)
    case "NODE_FAIL", "BOOT_FAIL": .ended(.nodeFailed)
    case "PREEMPTED": .ended(.preempted)
    case "OUT_OF_MEMORY": .ended(.outOfMemory)
    default: .running(node: node)
    }
  }

  /// The code is what wait(2) gave for the script.
  private static func failure(_ exit: String) -> JobEnd {
    guard let status = Int32(exit) else { return .other("FAILED") }
    if status & 0x7f != 0 { return .signalled(status & 0x7f) }
    let code = (status >> 8) & 0xff
    return code > 128 && code <= 192 ? .signalled(code - 128) : .exited(code: code)
  }
}

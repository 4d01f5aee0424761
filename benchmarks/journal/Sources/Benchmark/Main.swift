internal import PawlCore
internal import PawlJournal

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

@main enum Benchmark {
  static func main() throws {
    let arguments = CommandLine.arguments
    let folder = arguments.count > 1 ? arguments[1] : "/tmp/pawl-journal-benchmark"
    let trials = arguments.count > 2 ? Int(arguments[2]) ?? 0 : 100_000
    mkdir(folder, 0o755)
    for name in ["journal.sqlite", "journal.sqlite-wal", "journal.sqlite-shm", "lock"] { unlink("\(folder)/\(name)") }
    try append(folder, trials: trials)
    printPeak()
    try open(folder)
    printPeak()
    try read(folder)
    printPeak()
  }

  private static func printPeak() {
    var usage = rusage()
    #if canImport(Glibc)
      getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
      let peak = Double(usage.ru_maxrss) / 1024
    #else
      getrusage(RUSAGE_SELF, &usage)
      let peak = Double(usage.ru_maxrss) / 1_048_576
    #endif
    print("peak memory \(peak.formatted(digits: 3)) MiB")
  }

  private static func append(_ folder: String, trials: Int) throws {
    let journal = try Journal.create(in: folder)
    _ = try journal.append([.studyStarted(try Study.start())], at: Timestamp(milliseconds: 0))
    // Most trials go in by the hundred, so that filling takes seconds; three stretches are timed one append at a time.
    var trial = 1
    for stretch in 0..<3 {
      let target = trials * stretch / 2
      while trial < target {
        let events = (0..<100).flatMap { Study.events(trial: trial + $0) }
        _ = try journal.append(events, at: Timestamp(milliseconds: Int64(trial)))
        trial += 100
      }
      var times: [Double] = []
      for _ in 0..<300 {
        let events = Study.events(trial: trial)
        for part in [events[0..<3], events[3..<6]] {
          times.append(try seconds { _ = try journal.append(Array(part), at: Timestamp(milliseconds: Int64(trial))) })
        }
        trial += 1
      }
      times.sort()
      print(
        "append of 3 events at \(journal.lastSequence): median \(ms(times[300])), 90 % \(ms(times[540])), 99 % \(ms(times[594]))"
      )
    }
    journal.close()
  }

  private static func open(_ folder: String) throws {
    for _ in 0..<2 {
      var journal: Journal?
      let time = try seconds { journal = try Journal.open(in: folder) }
      let last = journal?.lastSequence ?? 0
      print("open and check \(last) events: \(ms(time))")
      let tail = try seconds { try journal?.replay(after: last - 1000) { _ in } }
      print("replay of the last 1000: \(ms(tail))")
      journal?.close()
    }
  }

  private static func read(_ folder: String) throws {
    func query(_ name: String, _ body: (JournalReader) throws -> Void) throws {
      let time = try seconds { try body(try Journal.read(in: folder)) }
      print("\(name), opening included: \(ms(time))")
    }
    try query("overview") { _ = try $0.overview() }
    try query("last 30 trials") { _ = try $0.trials(TrialFilter(limit: 30)) }
    try query("last 30 kept") { _ = try $0.trials(TrialFilter(verdicts: [.kept], limit: 30)) }
    try query("last 30 of three states") {
      _ = try $0.trials(TrialFilter(states: [.judged, .crashed, .measuring], limit: 30))
    }
    try query("text, common") { _ = try $0.trials(TrialFilter(text: "larger step", limit: 30)) }
    try query("text, rare") { _ = try $0.trials(TrialFilter(text: "step 77 ", limit: 30)) }
    try query("text, none") { _ = try $0.trials(TrialFilter(text: "nowhere", limit: 30)) }
    try query("all trials") { _ = try $0.trials(TrialFilter()) }
  }

  private static func ms(_ seconds: Double) -> String { "\((seconds * 1000).formatted(digits: 3)) ms" }

  private static func seconds(_ body: () throws -> Void) rethrows -> Double {
    let clock = ContinuousClock()
    let start = clock.now
    try body()
    return (clock.now - start).seconds
  }
}

/// A study of trials that each have one attempt.
enum Study {
  struct NoName: Error {}

  static func start() throws -> StudyStart {
    guard let name = StudyName(rawValue: "benchmark") else { throw NoName() }
    let metric = MetricRule(name: "loss", pattern: "loss: ([0-9.]+)", direction: .minimize)
    return StudyStart(
      configuration: StudyConfiguration(name: name, command: "sh run.sh", metric: metric, editable: ["train.py"]),
      baseline: commit(0), frozenDigest: "", dirty: false, fingerprint: 0)
  }

  static func commit(_ number: Int) -> CommitHash {
    let digits = String(number, radix: 16)
    return CommitHash(rawValue: String(repeating: "0", count: 40 - digits.count) + digits)
  }

  /// Six events of one trial.
  static func events(trial number: Int) -> [Event] {
    let (trial, attempt) = (TrialID(rawValue: number), AttemptID(rawValue: number))
    let edit = FileEdit(path: "train.py", change: .lines([.init(line: 3, old: "lr = 1", new: "lr = \(number)")]))
    let proposal = Proposal(
      agent: "knobs", hypothesis: "a larger step \(number) helps", edits: [edit], knobs: ["lr": .real(Double(number))],
      cost: 0, fingerprint: UInt64(number))
    let result = AttemptResult(
      id: attempt, outcome: .exited(code: 0), measurement: 1.25, remark: nil,
      usage: Usage(wallSeconds: 1, cpuSeconds: 1, peakMemory: .mebibytes(10), output: Bytes(100)), reportedMemory: nil,
      sandbox: .full, referee: .report, logTail: nil)
    let evidence = Evidence(
      effect: 0.1, deviation: 0.02, gain: 0.1, loss: 0.001, mean: 1.25, measurements: 3, sigma: 0.01, head: .baseline)
    let request = AttemptRequest(
      id: attempt, trial: trial, commit: commit(number), seed: UInt64(number), purpose: .search)
    return [
      .proposalRequested(
        ProposalRequest(trial: trial, agent: "knobs", parent: .baseline, parentCommit: commit(0), seed: 1)),
      .proposalReceived(trial, proposal),
      .candidateCreated(trial, commit(number), DiffStatistics(added: 1, removed: 1)),
      .attemptRequested(request), .attemptFinished(result),
      .trialJudged(trial, number % 50 == 0 ? .kept : .discarded, evidence),
    ]
  }
}

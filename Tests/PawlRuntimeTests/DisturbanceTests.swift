import PawlCore
import PawlJournal
import PawlTestSupport
import Testing

@Suite struct `Disturbed attempts` {
  private func result(_ id: Int, load: Double?, _ disturbance: Disturbance?) -> AttemptResult {
    AttemptResult(
      id: AttemptID(rawValue: id), outcome: .exited(code: 0), measurement: Double(id), remark: nil,
      usage: Usage(wallSeconds: 2, cpuSeconds: 1, peakMemory: .mebibytes(1), output: Bytes(1), foreignLoad: load),
      reportedMemory: nil, sandbox: .full, referee: .report, logTail: nil, disturbance: disturbance)
  }

  @Test func `are marked by show and counted by status`() throws {
    let repository = try TemporaryRepository(["train.sh": TrainingScript.shell()])
    try #require(repository.initialise().code == 0)
    try #require(repository.shell("mkdir -p .pawl/repo").code == 0)
    let commit = CommitHash(rawValue: try repository.git("rev-parse", "HEAD"))
    let configuration = StudyConfiguration(
      name: try #require(StudyName(rawValue: "repo")), command: "sh train.sh",
      metric: MetricRule(name: "loss", pattern: "(.*)", direction: .minimize), editable: ["train.sh"])
    let requests = (1...3).map {
      AttemptRequest(
        id: AttemptID(rawValue: $0), trial: .baseline, commit: commit, seed: 5, purpose: .calibration)
    }
    let results = [
      result(1, load: 0.01, nil), result(2, load: 0.625, .repeated), result(3, load: 0.5, .counted),
    ]
    let journal = try Journal.create(in: "\(repository.root)/.pawl/repo")
    _ = try journal.append(
      [
        .studyStarted(
          StudyStart(configuration: configuration, baseline: commit, frozenDigest: "", dirty: false, fingerprint: 1))
      ] + requests.map { .attemptRequested($0) } + results.map { .attemptFinished($0) },
      at: Timestamp(milliseconds: 1_700_000_000_000))
    journal.close()

    let show = repository.pawl("show", "0").output
    #expect(show.contains("loss 1.00000, 2 s, 1.00 MiB\n"), "\(show)")
    #expect(show.contains("1.00 MiB, disturbed (others used 63 % of the machine) and made again\n"), "\(show)")
    #expect(
      show.contains("1.00 MiB, disturbed (others used 50 % of the machine) and counted all the same\n"), "\(show)")
    #expect(repository.pawl("status", "--json").output.contains("\"attemptsRepeated\" : 1"))
    let status = repository.pawl("status").output
    #expect(status.contains("3 attempts (1 made again, for foreign load), 6 s"), "\(status)")
    // The mean of the two that count.
    #expect(status.contains("baseline  loss 2.00000"), "\(status)")
  }
}

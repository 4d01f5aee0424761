import PawlCore
import PawlEngine
import PawlJournal
import PawlTestSupport
import Testing

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

@Suite struct KillTests {
  /// Kills of the whole program; half of them at random moments, half right after a write to the journal.
  static let kills = 50

  @Test func `fifty kills of a running study lose no measurement and double none`() throws {
    let marker = "pawl-kill-test-\(UInt64.random(in: 0 ... .max))"
    let repository = try TemporaryRepository(["train.sh": TrainingScript.shell()])
    try #require(repository.initialise(command: "sh train.sh \(marker)", "--workers", "2").code == 0)
    var generator = SeededGenerator(seed: 0x9a71)
    var cameThrough = 0
    for round in 0..<Self.kills {
      let program = try #require(repository.start(["run", "--quiet"]))
      if round.isMultiple(of: 2) {
        let moment = monotonic() + generator.unit() * 0.6
        _ = eventually { monotonic() >= moment || program.hasEnded }
      } else {
        waitForJournal(repository, changes: 1 + Int(generator.next() % 24), program)
      }
      program.kill(SIGKILL)
      let run = program.wait()
      // It must never end by itself, nor be refused because something of the last one is not quite gone.
      #expect(run.signal == SIGKILL, "round \(round): \(run.messages)")
      if repository.exists(".pawl/repo/journal.sqlite") { cameThrough += 1 }
    }
    #expect(cameThrough > Self.kills / 2)

    let last = repository.pawl("run", "--trials", "2")
    #expect(last.code == 0, "\(last.messages)")
    let study = try RecordedStudy(repository)
    try study.expectNothingLostOrDoubled()
    #expect(study.sessions > Self.kills / 4, "most kills hit a session, not its start")
    #expect(study.results.count > 20)
    // Whatever was in flight at any kill was made again, under its own number and seed.
    #expect(study.results.count == study.requests.count)
    #expect(study.state().inFlight.isEmpty)
    try expectTablesEqualRebuild(repository)
    try expectBranchFollowsCertificates(repository, study)
    _ = eventually { processes(mentioning: marker, or: repository.root).isEmpty }
    #expect(processes(mentioning: marker, or: repository.root) == [], "a process outlived its study")
    #expect(folders(in: "\(repository.root)/.pawl/repo/attempts").isEmpty, "an attempt's folder was left behind")
  }

  /// Waits until the write-ahead file has been seen to change so many times: the machine may be busy, so not for a time.
  private func waitForJournal(_ repository: TemporaryRepository, changes: Int, _ program: RunningProgram) {
    let file = "\(repository.root)/.pawl/repo/journal.sqlite-wal"
    var seen = 0
    var before = lastChange(of: file)
    _ = eventually {
      let now = lastChange(of: file)
      if now != before { seen += 1 }
      before = now
      return seen >= changes || program.hasEnded
    }
  }

  /// Its size and time: SQLite writes over the front of the file again after a checkpoint.
  private func lastChange(of path: String) -> [Int] {
    var status = stat()
    guard stat(path, &status) == 0 else { return [] }
    return [Int(status.st_size), status.st_mtim.tv_sec, status.st_mtim.tv_nsec]
  }

  private func expectTablesEqualRebuild(_ repository: TemporaryRepository) throws {
    let journal = try Journal.open(in: "\(repository.root)/.pawl/repo")
    defer { journal.close() }
    let before = try QueryTables(journal.reader)
    try journal.rebuildDerivedTables()
    #expect(try QueryTables(journal.reader) == before, "the tables for queries are what the events say")
    #expect(before.overview.attemptsFinished == before.attempts.flatMap { $0 }.count { $0.result != nil })
  }

  private func expectBranchFollowsCertificates(_ repository: TemporaryRepository, _ study: RecordedStudy) throws {
    guard let newest = study.certificates.last else {
      #expect(throws: TemporaryRepository.Failure.self) { try repository.git("rev-parse", "--verify", "pawl/repo") }
      return
    }
    let count = try repository.git("rev-list", "--count", "main..pawl/repo")
    #expect(Int(count) == study.certificates.count, "one commit a certificate")
    let tree = try repository.git("rev-parse", "pawl/repo^{tree}")
    #expect(try tree == repository.git("rev-parse", "\(newest.candidateCommit.rawValue)^{tree}"))
    #expect(try repository.git("rev-parse", "pawl/repo") == study.state().branchTip?.rawValue)
  }

  private func folders(in path: String) -> [String] {
    guard let folder = opendir(path) else { return [] }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      if name != ".", name != ".." { names.append(name) }
    }
    return names
  }

  /// Returns the processes whose command line holds `marker`, or whose working directory lies below `root`.
  private func processes(mentioning marker: String, or root: String) -> [String] {
    folders(in: "/proc").compactMap { name in
      guard Int(name) != nil, let line = fileText("/proc/\(name)/cmdline") else { return nil }
      var target = [CChar](repeating: 0, count: 4096)
      let length = max(0, readlink("/proc/\(name)/cwd", &target, target.count - 1))
      let directory = String(decoding: target.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
      guard line.contains(marker) || directory == root || directory.hasPrefix(root + "/") else { return nil }
      return "\(name): \(line.replacing("\0", with: " ")) in \(directory)"
    }
  }
}

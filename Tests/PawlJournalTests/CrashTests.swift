import PawlCore
import Testing

@testable import PawlJournal

@Suite(.serialized) struct CrashTests {
  /// What a run was told is on disk, and what it was about to write when it failed.
  struct Told {
    var acknowledged: [Event] = []
    var inFlight: [Event] = []
    var created = false
  }

  /// A small study in two sessions, until the end or the first failure.
  private func work(in folder: StudyFolder, told: inout Told) throws {
    var stream = EventStream(seed: 7)
    var journal: Journal?
    defer { journal?.close() }
    journal = try Journal.create(in: folder.path, vfs: FaultyFileSystem.name, checkpointPages: 16)
    told.created = true
    func append(_ events: [Event]) throws {
      told.inFlight = events
      let last = try #require(try journal?.append(events, at: at(Int64(told.acknowledged.count))))
      told.acknowledged += events
      told.inFlight = []
      #expect(last == Int64(told.acknowledged.count))
    }
    try append([.studyStarted(try start())])
    for _ in 0..<3 { try append(try stream.next(3)) }
    try journal?.saveSnapshot(Array(repeating: 7, count: 10_000), version: 1, sequence: 4)
    journal?.close()
    journal = try Journal.open(in: folder.path, vfs: FaultyFileSystem.name, checkpointPages: 16)
    try append(try stream.next(2))
    try journal?.rebuildDerivedTables()
    try append(try stream.next(4))
  }

  private func check(_ folder: StudyFolder, _ told: Told) throws {
    guard told.created || folder.names.contains("journal.sqlite") else {
      let journal = try Journal.create(in: folder.path)
      journal.close()
      return
    }
    // As `pawl status` would after the crash, before anybody opens the journal for writing.
    let early = try Journal.read(in: folder.path).events(after: 0, limit: 1000).map(\.event)
    let journal = try Journal.open(in: folder.path)
    defer { journal.close() }
    let found = try journal.reader.events(after: 0, limit: 1000).map(\.event)
    #expect(found == early)
    if found.count == told.acknowledged.count {
      #expect(found == told.acknowledged)
    } else {
      #expect(found == told.acknowledged + told.inFlight)
    }
    let live = try derivedRows(folder)
    try journal.rebuildDerivedTables()
    #expect(try derivedRows(folder) == live)
    if let snapshot = try journal.latestSnapshot(version: 1) { #expect(snapshot.bytes.count == 10_000) }
    #expect(try journal.append([.paused(by: "after")], at: at(0)) == Int64(found.count + 1))
  }

  @Test(arguments: [FaultyFileSystem.Mode.kill, .powerLoss])
  func `a crash at any write loses nothing that was acknowledged`(mode: FaultyFileSystem.Mode) throws {
    var limit = 0
    var finished = false
    while !finished {
      limit += 1
      let folder = try StudyFolder()
      var told = Told()
      try #require(FaultyFileSystem.prepare(mode, limit: limit))
      do { try work(in: folder, told: &told) } catch { #expect(error is JournalError, "\(error)") }
      finished = !FaultyFileSystem.state.hasFailed
      do { try check(folder, told) } catch {
        Issue.record("at operation \(limit): \(error)")
        return
      }
    }
    #expect(limit > 100)
  }

  @Test func `a full disk at any write is told as such, and the same append succeeds later`() throws {
    var limit = 0
    var seen = 0
    var finished = false
    while !finished {
      limit += 1
      let folder = try StudyFolder()
      try #require(FaultyFileSystem.prepare(.full, limit: .max))
      let journal = try Journal.create(in: folder.path, vfs: FaultyFileSystem.name, checkpointPages: 16)
      _ = try journal.append([.studyStarted(try start())], at: at(0))
      let before = FaultyFileSystem.state.operations
      FaultyFileSystem.state.limit = before + limit
      var stream = EventStream(seed: 3)
      var told: [Event] = [.studyStarted(try start())]
      for _ in 0..<3 {
        let events = try stream.next(3)
        for _ in 0..<10 {
          let failure = code { _ = try journal.append(events, at: at(1)) }
          if failure == nil { break }
          #expect(failure == .diskFull)
          seen += 1
        }
        told += events
      }
      finished = !FaultyFileSystem.state.hasFailed
      #expect(try journal.reader.events(after: 0, limit: 100).map(\.event) == told)
      journal.close()
      let again = try Journal.open(in: folder.path)
      #expect(again.lastSequence == Int64(told.count))
      again.close()
    }
    #expect(seen > 20)
  }

  @Test func `after a failed write the journal refuses work until it is opened again`() throws {
    let folder = try StudyFolder()
    try #require(FaultyFileSystem.prepare(.kill, limit: .max))
    let journal = try Journal.create(in: folder.path, vfs: FaultyFileSystem.name, checkpointPages: 16)
    _ = try journal.append([.paused(by: "a")], at: at(0))
    FaultyFileSystem.state.limit = FaultyFileSystem.state.operations + 1
    #expect(code { _ = try journal.append([.paused(by: "b")], at: at(0)) } == .ioFailed)
    FaultyFileSystem.state.limit = .max
    #expect(code { _ = try journal.append([.paused(by: "c")], at: at(0)) } == .ioFailed)
    journal.close()
    let again = try Journal.open(in: folder.path)
    #expect(try again.append([.paused(by: "d")], at: at(0)) == 2)
  }
}

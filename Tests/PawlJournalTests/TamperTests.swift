import Glibc
import PawlCore
import Testing

@testable import PawlJournal

@Suite struct TamperTests {
  /// A closed journal with `everyKind()` in it, one event a transaction.
  private func closedJournal() throws -> StudyFolder {
    let folder = try StudyFolder()
    let journal = try Journal.create(in: folder.path)
    for (time, event) in try everyKind().enumerated() { _ = try journal.append([event], at: at(Int64(time))) }
    journal.close()
    return folder
  }

  private func failure(_ folder: StudyFolder) -> JournalError? {
    do throws(JournalError) {
      try Journal.open(in: folder.path).close()
      return nil
    } catch { return error }
  }

  @Test(
    arguments: [
      (
        "UPDATE events SET payload = replace(payload, '1.5', '1.4') WHERE sequence = 9",
        "event 9 does not match its digest"
      ),
      ("UPDATE events SET at = at + 1 WHERE sequence = 1", "event 1 does not match its digest"),
      ("UPDATE events SET kind = 'resumed' WHERE sequence = 31", "event 31 does not match its digest"),
      ("UPDATE events SET digest = zeroblob(32) WHERE sequence = 35", "event 35 does not match its digest"),
      ("UPDATE events SET digest = 7, payload = 8, kind = NULL WHERE sequence = 2", nil),
      ("DELETE FROM events WHERE sequence = 12", "event 12 is missing"),
      ("DELETE FROM events WHERE sequence = 1", "event 1 is missing"),
      ("DELETE FROM events WHERE sequence = 35", "event 35 is missing"),
      ("DELETE FROM events", "event 1 is missing"),
      ("UPDATE events SET sequence = 99 WHERE sequence = 35", "event 35 is missing"),
      ("UPDATE events SET sequence = -1 WHERE sequence = 1", nil),
      (
        "INSERT INTO events SELECT 36, at, kind, payload, digest FROM events WHERE sequence = 35",
        "event 36 does not match"
      ),
      ("INSERT INTO events SELECT 0, at, kind, payload, digest FROM events WHERE sequence = 35", "event 0"),
      ("DROP TABLE events", nil), ("DROP TABLE meta", nil), ("DROP TABLE tally", nil),
      ("PRAGMA user_version = 9", "its tables have version 9"), ("PRAGMA application_id = 1", "is not a journal"),
      ("UPDATE meta SET value = '99' WHERE key = 'eventFormat'", "its events have version 99"),
      ("UPDATE meta SET value = '99' WHERE key = 'derivedVersion'", "its query tables have version 99"),
    ] as [(String, String?)])
  func `a change by hand shows`(sql: String, message: String?) throws {
    let folder = try closedJournal()
    do { try folder.tamper(sql) } catch { return #expect(message == nil) }
    let error = try #require(failure(folder))
    #expect(error.message.contains(message ?? ""), "\(error.message)")
    #expect(!error.hints.isEmpty)
  }

  @Test func `the events refuse to be changed`() throws {
    let folder = try closedJournal()
    #expect(throws: JournalError.self) { try folder.run("DELETE FROM events") }
    #expect(throws: JournalError.self) { try folder.run("UPDATE events SET at = 0") }
    #expect(failure(folder) == nil)
  }

  @Test func `an event that follows the chain but was not written by pawl shows`() throws {
    let folder = try closedJournal()
    let (kind, payload) = ("paused", #"{"paused":{"by":"me"}}"#)
    var digest = ""
    do {
      let connection = try Connection(folder.journal, path: folder.journal, flags: 2)
      digest = try Chain(at: 35, in: connection).following(at: 5, kind: kind, payload: payload).digest.bytes
        .map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }
    try folder.run("INSERT INTO events VALUES (36, 5, '\(kind)', '\(payload)', x'\(digest)')")
    #expect(failure(folder)?.message.contains("event 36 was not written by pawl") == true)
  }

  @Test func `an event of a newer release is told from an altered one`() throws {
    let folder = try closedJournal()
    do {
      let connection = try Connection(folder.journal, path: folder.journal, flags: 2)
      let payload = #"{"dreamt":{"of":"sheep"}}"#
      let next = try Chain(at: 35, in: connection).following(at: 5, kind: "dreamt", payload: payload)
      try connection.run(
        "INSERT INTO events VALUES (36, 5, 'dreamt', ?, ?)", .text(payload), .blob(next.digest.bytes))
      try connection.run("UPDATE tally SET sequence = 36, digest = ?", .blob(next.digest.bytes))
    }
    let journal = try Journal.open(in: folder.path)
    #expect(code { try journal.replay(after: 0) { _ in } } == .newerVersion)
    #expect(code { _ = try journal.reader.events(after: 35, limit: 1) } == .newerVersion)
    #expect(try journal.reader.events(after: 0, limit: 35).count == 35)
    #expect(code { try journal.rebuildDerivedTables() } == .newerVersion)
    journal.close()
    try folder.tamper("UPDATE events SET payload = '{' WHERE sequence = 20")
    let reader = try Journal.read(in: folder.path)
    #expect(code { _ = try reader.events(after: 19, limit: 1) } == .altered)
  }

  @Test func `an end that was lost with the write-ahead file shows`() throws {
    let folder = try closedJournal()
    let old = try folder.bytes()
    let journal = try Journal.open(in: folder.path)
    _ = try journal.append([.paused(by: "x")], at: at(50))
    journal.close()
    try folder.replace(with: old)
    let error = try #require(failure(folder))
    #expect(error.code == .cutShort)
    #expect(error.message.contains("it ends at event 35, yet event 36 was written"))
    unlink(folder.path + "/lock")
    #expect(failure(folder) == nil)
  }

  @Test func `a file cut at any length is told, and nothing traps`() throws {
    let folder = try closedJournal()
    let whole = try folder.bytes()
    var generator = SeededGenerator(seed: 11)
    let lengths =
      [0, 1, 15, 16, 99, 100, 101, 4095, 4096, 4097, 8192, whole.count - 1, whole.count - 4096]
      + (0..<30).map { _ in Int.random(in: 0..<whole.count, using: &generator) }
    for length in lengths {
      try folder.replace(with: Array(whole[..<length]))
      let error = try #require(failure(folder), "a file of \(length) bytes was accepted")
      #expect([.cutShort, .notADatabase, .altered, .damaged].contains(error.code), "\(length): \(error)")
      readEverything(folder)
    }
  }

  @Test func `flipped bytes never trap and never change an event unseen`() throws {
    let folder = try closedJournal()
    let whole = try folder.bytes()
    let events = try everyKind()
    var generator = SeededGenerator(seed: 5)
    var refused = 0
    for round in 0..<150 {
      var bytes = whole
      for _ in 0...(round % 3) {
        bytes[Int.random(in: 0..<(round % 5 == 0 ? 100 : whole.count), using: &generator)] ^= UInt8(1 << (round % 8))
      }
      try folder.replace(with: bytes)
      for leftover in ["-wal", "-shm", "-journal"] { unlink(folder.journal + leftover) }
      readEverything(folder)
      do throws(JournalError) {
        let journal = try Journal.open(in: folder.path)
        defer { journal.close() }
        let found = try journal.reader.events(after: 0, limit: 1000).map(\.event)
        #expect(found == events)
      } catch { refused += 1 }
    }
    #expect(refused > 20)
  }

  /// Asks every question; what is answered does not matter here, only that it is answered or thrown.
  private func readEverything(_ folder: StudyFolder) {
    guard let reader = try? Journal.read(in: folder.path) else { return }
    _ = try? reader.overview()
    _ = try? reader.trials(TrialFilter())
    for id in 0..<5 {
      _ = try? reader.attempts(of: TrialID(rawValue: id))
      _ = try? reader.proposal(of: TrialID(rawValue: id))
    }
    _ = try? reader.certificates()
    _ = try? reader.headPath()
    _ = try? reader.start()
    _ = try? reader.configuration()
    _ = try? reader.events(after: 0, limit: .max)
  }
}

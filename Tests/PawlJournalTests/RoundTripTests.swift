import PawlCore
import Testing

@testable import PawlJournal

@Suite struct RoundTripTests {
  @Test func `every kind of event comes back as it was, before and after a reopening`() throws {
    let folder = try StudyFolder()
    let events = try everyKind(format: Event.formatVersion)
    #expect(Set(events.map(\.kind)).count == 25)
    let journal = try Journal.create(in: folder.path)
    for (offset, event) in events.enumerated() {
      #expect(try journal.append([event], at: at(Int64(offset))) == Int64(offset + 1))
    }
    let expected = events.enumerated().map {
      RecordedEvent(sequence: Int64($0 + 1), at: at(Int64($0)), event: $1)
    }
    #expect(try journal.reader.events(after: 0, limit: 1000) == expected)
    journal.close()
    let again = try Journal.open(in: folder.path)
    #expect(again.lastSequence == Int64(events.count))
    var replayed: [RecordedEvent] = []
    try again.replay(after: 0) { replayed.append($0) }
    #expect(replayed == expected)
    #expect(try again.reader.events(after: 3, limit: 2) == Array(expected[3..<5]))
    again.close()
  }

  @Test func `replay goes on past one chunk and lets its body use the journal`() throws {
    let folder = try StudyFolder()
    let journal = try Journal.create(in: folder.path)
    let last = try journal.append((0..<2500).map { .paused(by: "\($0)") }, at: at(0))
    var seen: [Int64] = []
    try journal.replay(after: 10) {
      seen.append($0.sequence)
      #expect(journal.lastSequence == last)
    }
    #expect(seen == Array(11...2500))
  }

  @Test func `numbers that JSON cannot hold survive`() throws {
    let folder = try StudyFolder()
    let journal = try Journal.create(in: folder.path)
    let events: [Event] = [
      .certificationFailed(number: 1, eValue: .infinity, pairs: 3),
      .certificationFailed(number: 2, eValue: -.infinity, pairs: 3),
      .certificationFailed(number: 3, eValue: .leastNonzeroMagnitude, pairs: .max),
    ]
    _ = try journal.append(events, at: Timestamp(milliseconds: .min))
    #expect(try journal.reader.events(after: 0, limit: 9).map(\.event) == events)
    _ = try journal.append([.certificationFailed(number: 4, eValue: .nan, pairs: 1)], at: at(0))
    guard case .certificationFailed(_, let eValue, _, _) = try journal.reader.events(after: 3, limit: 1).first?.event
    else {
      Issue.record("no event")
      return
    }
    #expect(eValue.isNaN)
  }

  @Test func `an append of nothing changes nothing`() throws {
    let folder = try StudyFolder()
    let journal = try Journal.create(in: folder.path)
    #expect(try journal.append([], at: at(0)) == 0)
    #expect(try journal.reader.events(after: 0, limit: 9).isEmpty)
  }

  @Test func `a closed journal refuses work and its reader still answers`() throws {
    let folder = try StudyFolder()
    let journal = try Journal.create(in: folder.path)
    _ = try journal.append(try everyKind(), at: at(0))
    journal.close()
    #expect(code { _ = try journal.append([.paused(by: "x")], at: at(1)) } == .closed)
    #expect(try journal.reader.overview().sessions == 1)
    #expect(folder.names == ["journal.sqlite", "lock"])
  }

  @Test func `snapshots are kept two deep and found by version`() throws {
    let folder = try StudyFolder()
    let journal = try Journal.create(in: folder.path)
    _ = try journal.append(try everyKind(), at: at(0))
    #expect(try journal.latestSnapshot(version: 1) == nil)
    for sequence in [Int64(3), 5, 9] {
      try journal.saveSnapshot([1, 2, UInt8(sequence)], version: 1, sequence: sequence)
    }
    #expect(try journal.latestSnapshot(version: 1) == JournalSnapshot(sequence: 9, bytes: [1, 2, 9]))
    #expect(try journal.latestSnapshot(version: 2) == nil)
    #expect(code { try journal.saveSnapshot([], version: 1, sequence: 1000) } == .unknownSequence)
    journal.close()
    try folder.run("UPDATE snapshots SET bytes = x'00' WHERE sequence = 9")
    let second = try Journal.open(in: folder.path)
    #expect(try second.latestSnapshot(version: 1)?.sequence == 5)
    second.close()
    try folder.run("UPDATE snapshots SET chain = x'00'")
    let third = try Journal.open(in: folder.path)
    #expect(try third.latestSnapshot(version: 1) == nil)
    try third.saveSnapshot([], version: 1, sequence: 9)
    #expect(try third.latestSnapshot(version: 1)?.bytes == [])
  }
}

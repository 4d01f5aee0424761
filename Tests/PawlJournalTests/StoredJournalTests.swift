import Glibc
import PawlCore
import Testing

@testable import PawlJournal

/// Journals of released versions, which must open for ever. Setting `PAWL_STORE_JOURNAL` writes the one of this version.
@Suite struct StoredJournalTests {
  private static let folder =
    String(#filePath.prefix(upTo: #filePath.lastIndex(of: "/") ?? #filePath.endIndex)) + "/Journals"

  @Test(arguments: 1...Event.formatVersion)
  func `the journal of every version of events opens with all that was in it`(format: Int) throws {
    let stored = Self.folder + "/v\(format).sqlite"
    if format == Event.formatVersion, getenv("PAWL_STORE_JOURNAL") != nil { try store(stored) }
    let folder = try StudyFolder()
    try folder.replace(with: try readBytes(stored))
    let journal = try Journal.open(in: folder.path)
    let events = try everyKind(format: format)
    #expect(try journal.reader.events(after: 0, limit: 1000).map(\.event) == events)
    #expect(try journal.reader.overview().trialsEnded == (format >= 3 ? 5 : 4))
    #expect(try journal.latestSnapshot(version: 1)?.bytes == [1, 2, 3])
    let live = try derivedRows(folder)
    try journal.rebuildDerivedTables()
    #expect(try derivedRows(folder) == live)
    #expect(try journal.append([.paused(by: "now")], at: at(99)) == Int64(events.count + 1))
    journal.close()
  }

  private func store(_ path: String) throws {
    let folder = try StudyFolder()
    let journal = try Journal.create(in: folder.path)
    for (time, event) in try everyKind(format: Event.formatVersion).enumerated() {
      _ = try journal.append([event], at: at(Int64(time)))
    }
    try journal.saveSnapshot([1, 2, 3], version: 1, sequence: 20)
    journal.close()
    mkdir(Self.folder, 0o755)
    try writeBytes(try folder.bytes(), to: path)
  }
}

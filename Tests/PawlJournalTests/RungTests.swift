import PawlCore
import Testing

@testable import PawlJournal

@Suite struct `What attempts use by rung` {
  private func attempt(_ id: Int, rung: Int) -> [Event] {
    [
      .attemptRequested(
        AttemptRequest(
          id: AttemptID(rawValue: id), trial: .baseline, commit: commit(0), seed: 1,
          purpose: .certification(1, pair: id, candidate: false), rung: rung)), .attemptFinished(result(id, 1)),
    ]
  }

  @Test func `is counted in all and at any point of the story`() throws {
    let folder = try StudyFolder()
    let journal = try Journal.create(in: folder.path)
    _ = try journal.append([.studyStarted(try start())] + attempt(1, rung: 1) + attempt(2, rung: 3), at: at(0))
    _ = try journal.append(attempt(3, rung: 2) + attempt(4, rung: 1), at: at(1))
    // Asked for and not finished: nothing is used yet.
    _ = try journal.append([attempt(5, rung: 2)[0], .championCertified(certificate(1, candidate: 1))], at: at(2))
    let uses = [
      RungUse(rung: 1, attempts: 2, wallSeconds: 3), RungUse(rung: 2, attempts: 1, wallSeconds: 1.5),
      RungUse(rung: 3, attempts: 1, wallSeconds: 1.5),
    ]
    #expect(try journal.reader.overview().rungs == uses)
    let story = try journal.reader.use(at: [1, 3, 5, 11])
    #expect(story[0] == [] && story[1] == [RungUse(rung: 1, attempts: 1, wallSeconds: 1.5)])
    #expect(story[2].map(\.rung) == [1, 3] && story[3] == uses)
    #expect(try journal.reader.tests().map(\.event.kind) == ["championCertified"])
    let live = try derivedRows(folder)
    try journal.rebuildDerivedTables()
    #expect(try derivedRows(folder) == live)
    journal.close()
  }

  /// A journal whose query tables were written before they had rungs.
  @Test(arguments: 1...3)
  func `is that of one rung in an older journal, for readers at once and whole after it was opened`(format: Int) throws
  {
    let here = #filePath
    let stored = "\(here.prefix(upTo: here.lastIndex(of: "/") ?? here.endIndex))/Journals/v\(format).sqlite"
    let folder = try StudyFolder()
    try folder.replace(with: try readBytes(stored))
    let reader = try Journal.read(in: folder.path)
    let before = try reader.overview()
    #expect(before.rungs == [RungUse(rung: 1, attempts: before.attemptsFinished, wallSeconds: before.wallSeconds)])
    #expect(try reader.use(at: [20, 30]) == [[], []], "when it was used was not kept")
    let tests = try reader.tests()
    #expect(tests.map(\.event.kind) == ["certificationStarted", "certificationFailed", "championCertified"])

    let journal = try Journal.open(in: folder.path)
    #expect(try journal.reader.overview().rungs == before.rungs)
    #expect(try journal.reader.tests() == tests)
    #expect(try journal.reader.use(at: [before.lastSequence]) == [before.rungs])
    journal.close()
  }
}

import Testing

import PawlReferee
@testable import PawlLabCommand

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// What a run refuses of a study whose files were changed.
@Suite struct StudyTextTests {
  private let scratch: Scratch
  private let split: TextSplit

  init() throws {
    scratch = try Scratch()
    split = try TextSplit(easyText())
    try #require(mkdir(scratch.path + "/data", 0o755) == 0)
    for part in TextPart.allCases { try scratch.file(part.file, split[part]) }
  }

  private func refusal(_ source: [UInt8] = Array(trainTemplate.utf8)) -> LabError? {
    do throws(LabError) {
      _ = try StudyText(folder: scratch.path, split: .search, source: source)
      return nil
    } catch { return error }
  }

  @Test func `a study as it was made is accepted`() { #expect(refusal() == nil) }

  @Test(arguments: TextPart.heldOut) func `held-out text in the training text is refused`(part: TextPart) throws {
    try scratch.file("data/train.txt", split[.train] + split[part][1000..<1200])
    let error = try #require(refusal())
    #expect(error.code.exit.rawValue == 1)
    #expect(error.message.contains("`data/train.txt` contains `") && error.message.contains("`\(part.file)`"))
    #expect(error.hints.first?.contains("git checkout") == true)
  }

  @Test func `held-out text in another case and with other line breaks is refused`() throws {
    let stolen = String(decoding: split[.sealed][1000..<1200], as: UTF8.self).uppercased().replacing("\n", with: " \n ")
    try scratch.file("data/train.txt", Array(stolen.utf8) + split[.train])
    #expect(refusal()?.message.contains("`data/sealed.txt`") == true)
  }

  @Test func `one text for search and for certificates is refused`() throws {
    try scratch.file("data/search.txt", split[.sealed])
    #expect(refusal()?.message.contains("`data/sealed.txt` contains") == true)
  }

  @Test func `a missing text is named`() throws {
    unlink(scratch.path + "/data/sealed.txt")
    #expect(refusal()?.message.contains("data/sealed.txt`") == true)
  }

  @Test func `a training text without end is refused`() throws {
    try scratch.file("data/train.txt", [UInt8](repeating: 0, count: StudyText.largestPart + 1))
    #expect(refusal()?.message.contains("more than") == true)
  }

  @Test(arguments: TextPart.heldOut) func `a candidate that quotes held-out text is refused`(part: TextPart) throws {
    let template = Array(trainTemplate.utf8)
    let quote = split[part][2000..<2048]
    let error = try #require(refusal(template + Array("/*<".utf8) + quote + Array(">*/".utf8)))
    #expect(error.code.exit.rawValue == 1 && error.message.contains("quotes `"))
    #expect(refusal(template + Array("/*<".utf8) + quote.dropLast() + Array(">*/".utf8)) == nil)
    #expect(refusal(template + Array("// ".utf8) + split[.train][2000..<2100]) == nil)
  }

  @Test func `a candidate of more than 256 KiB is refused`() {
    #expect(refusal(noise(256 << 10)) == nil)
    #expect(refusal(noise(256 << 10 + 1))?.code == .cannotRun)
    #expect(refusal([UInt8](repeating: 0x20, count: (256 << 10) + 1))?.message.contains("`262144`") == true)
  }
}

import PawlCore
import Testing

@testable import PawlCorpus

private func words(_ text: String) -> [UInt64] {
  var tokens = TextTokens()
  tokens.read(text)
  return tokens.hashes
}

@Test(arguments: [
  ("One\ttwo", "oNE \n two"), ("ÉCOLE Straße", "école\u{a0}straße"), ("ПРИВЕТ мир", "привет\u{3000}МИР"),
  ("中文字", "中 文\n字"), ("\u{feff}one", "one"), (" ", ""),
])
func `words do not depend on case and spaces`(first: String, second: String) {
  #expect(words(first) == words(second))
}

@Test func `words that differ have different digests`() {
  #expect(Set(words("a b ab ba aa é e 中 文 中国人 1+2 1-2")).count == 13)
  #expect(words("中国人").count == 3)
  // Beyond 32 bytes a word is taken apart, whatever its script.
  #expect(words(String(repeating: "g", count: 32)).count == 1)
  #expect(words(String(repeating: "g", count: 33)).count == 33)
  #expect(words("a " + String(repeating: "é", count: 17) + " b").count == 19)
}

private func index(_ length: Int, _ texts: [[String]]) throws -> HeldIndex {
  var index = try HeldIndex(length: length)
  for file in texts {
    index.beginFile()
    for (number, text) in file.enumerated() { index.add(text, line: number + 1) }
  }
  return index
}

/// Words by a seed; each index gives another.
private func text(_ seed: UInt64, _ count: Int) -> [String] {
  var generator = SeededGenerator(seed: seed)
  return (0..<count).map { _ in "w" + String(generator.next() % 100_000, radix: 36) }
}

@Test(arguments: 0..<60)
func `a planted run is found wherever it stands`(offset: Int) throws {
  let held = text(1, 110)
  let lines = stride(from: 0, to: 110, by: 7).map { held[$0..<min(110, $0 + 7)].joined(separator: " ") }
  let index = try index(50, [[text(2, 80).joined(separator: " ")], lines])
  let run = held[offset..<offset + 50].map { $0.uppercased() }
  let planted = text(3, offset % 5) + run + text(4, 3)
  let match = index.match(words(planted.joined(separator: offset % 2 == 0 ? "\n  " : "\t")))
  #expect(match?.place == HeldIndex.Place(file: 1, line: offset / 7 + 1))
  #expect(match?.word == offset % 5 + 1)
  // One word less is no run.
  #expect(index.match(words((text(3, 9) + run.dropLast() + text(4, 9)).joined(separator: " "))) == nil)
}

@Test func `a planted run is found in text without spaces`() throws {
  var generator = SeededGenerator(seed: 5)
  let chinese = String(
    String.UnicodeScalarView((0..<90).compactMap { _ in Unicode.Scalar(0x4e00 + UInt32(generator.next() % 9_000)) }))
  let genes = String((0..<300).map { _ in Array("ACGT")[Int(generator.next() % 4)] })
  let index = try index(50, [[chinese], [genes]])
  #expect(index.match(words("引文：「" + chinese.dropFirst(20).prefix(50) + "」。"))?.place.file == 0)
  #expect(index.match(words("TTT" + genes.dropFirst(100).prefix(60).lowercased() + "AA"))?.place.file == 1)
}

@Test func `a held text that is shorter than a run is found as a whole only`() throws {
  let index = try index(50, [["12 + 34 = 46", "", "the end"]])
  #expect(index.match(words("12 +  34 = 46\n"))?.isWhole == true)
  #expect(index.match(words("12 + 34 = 46 the end")) == nil)
  #expect(index.match(words("")) == nil)
}

@Test func `no run reaches from one text into the next`() throws {
  var index = try HeldIndex(length: 4)
  index.beginFile()
  index.add("a b c", line: 1)
  index.endText()
  index.add("d e f g", line: 2)
  #expect(index.match(words("b c d e")) == nil)
  #expect(index.match(words("x D E F G"))?.place.line == 2)
  #expect(throws: CorpusError.self) { try HeldIndex(length: 0) }
}

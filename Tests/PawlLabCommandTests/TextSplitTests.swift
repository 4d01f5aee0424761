import Testing

import PawlReferee
@testable import PawlLabCommand

@Suite struct TextSplitTests {
  /// Lines that never repeat.
  private func text(lines: Int) -> [UInt8] {
    Array((0..<lines).map { "line \($0) says \($0 &* 7919 % 10007)\n" }.joined().utf8)
  }

  @Test func `the parts together are the text, and no line is in two of them`() throws {
    let whole = text(lines: 20_000)
    let split = try TextSplit(whole)
    #expect(TextPart.allCases.map { split[$0].count }.reduce(0, +) == whole.count && split.overlapBytes == 0)
    for part in TextPart.heldOut {
      let share = Double(split[part].count) / Double(whole.count)
      #expect(share >= 0.08 && share < 0.14)
    }
    let lines = TextPart.allCases.map { Set(split[$0].split(separator: 0x0a)) }
    #expect(lines.map(\.count).reduce(0, +) == 20_000)
    #expect(lines[0].union(lines[1]).union(lines[2]).count == 20_000)
  }

  @Test func `the same text splits the same way again`() throws {
    #expect(try TextSplit(text(lines: 9_000)) == TextSplit(text(lines: 9_000)))
  }

  @Test(arguments: [0, 100, 65_535]) func `a text that is too short is refused`(count: Int) {
    let error = #expect(throws: LabError.self) { try TextSplit([UInt8](repeating: 0x61, count: count)) }
    #expect(error?.code == .cannotRun && error?.message.contains("`\(count)` bytes") == true)
  }

  @Test func `one byte again and again is refused`() {
    let error = #expect(throws: LabError.self) { try TextSplit([UInt8](repeating: 0x61, count: 200_000)) }
    #expect(error?.message.contains("the byte `97` again and again") == true)
  }

  @Test(arguments: ["all work and no play makes a dull boy\n", "no line ends here, and it goes on and on and on; "])
  func `a text that repeats itself is refused`(line: String) {
    let error = #expect(throws: LabError.self) {
      try TextSplit(Array(String(repeating: line, count: 200_000 / line.utf8.count).utf8))
    }
    #expect(error?.message.contains("repeats itself") == true)
  }

  @Test func `bytes that are no text split too`() throws {
    var state: UInt64 = 1
    let noise = (0..<100_000).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1
      return UInt8(truncatingIfNeeded: state >> 56)
    }
    let split = try TextSplit(noise)
    #expect(split[.train].count > 70_000 && split[.search].count > 5_000 && split[.sealed].count > 5_000)
  }

  @Test func `what was to be held out and is in another part too is left out`() throws {
    // Each tenth line is one of a hundred that come again and again, wrapped and written in another way.
    let psalm = "the lord is my shepherd i shall not want he maketh me to lie down in pastures number"
    let whole = (0..<20_000).map { index in
      if index % 10 > 0 { return "line \(index) says \(index &* 7919 % 10007)\n" }
      let line = "\(psalm) \(index / 10 % 100)"
      return index % 20 == 0 ? line + "\n" : line.uppercased().replacing(" ", with: "  ") + "\n"
    }.joined()
    let split = try TextSplit(Array(whole.utf8))
    #expect(split.overlapBytes > 10_000)
    for part in TextPart.heldOut {
      #expect(TextOverlap(split[.train]).ranges(in: split[part]).isEmpty)
      #expect(!String(decoding: split[part], as: UTF8.self).lowercased().contains("shepherd"))
      #expect(split[part].count > 20_000)
    }
    #expect(TextOverlap(split[.sealed]).ranges(in: split[.search]).isEmpty)
  }
}

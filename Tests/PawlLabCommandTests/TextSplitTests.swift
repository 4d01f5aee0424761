import Testing

import PawlReferee
@testable import PawlLabCommand

@Suite struct TextSplitTests {
  /// Lines that never repeat.
  private func text(lines: Int) -> [UInt8] {
    Array((0..<lines).map { "line \($0) says \($0 &* 7919 % 10007)\n" }.joined().utf8)
  }

  @Test func `both sides together are the text, and no line is on both`() throws {
    let whole = text(lines: 20_000)
    let split = try TextSplit(whole)
    #expect(split.training.count + split.validation.count == whole.count)
    let share = Double(split.validation.count) / Double(whole.count)
    #expect(share >= 0.1 && share < 0.14)
    let training = Set(split.training.split(separator: 0x0a))
    let validation = Set(split.validation.split(separator: 0x0a))
    #expect(training.isDisjoint(with: validation))
    #expect(training.count + validation.count == 20_000)
  }

  @Test func `the same text splits the same way again`() throws {
    #expect(try TextSplit(text(lines: 9_000)) == TextSplit(text(lines: 9_000)))
  }

  @Test(arguments: [0, 100, 65_535]) func `a text that is too short is refused`(count: Int) {
    let error = #expect(throws: LabError.self) { try TextSplit([UInt8](repeating: 0x61, count: count)) }
    #expect(error?.code == .cannotRun && error?.message.contains("`\(count)` bytes") == true)
  }

  @Test func `a text that repeats itself is refused`() {
    let error = #expect(throws: LabError.self) { try TextSplit([UInt8](repeating: 0x61, count: 200_000)) }
    #expect(error?.message.contains("repeats itself") == true)
  }

  @Test func `verse references are dropped and the lines stay`() {
    let printed = Array("Ge1:1 In the beginning\n\nRev22:21 Amen.\n".utf8)
    #expect(String(decoding: BibleText.withoutReferences(printed), as: UTF8.self) == "In the beginning\n\nAmen.\n")
  }
}

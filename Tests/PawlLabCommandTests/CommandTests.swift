import Testing

import PawlReferee
@testable import PawlLabCommand

@Suite struct CommandTests {
  @Test func `options may stand anywhere, with a space or an equals sign`() throws {
    let parsed = try Arguments(["--flops", "2e9", "train.swift", "--steps=3"], options: ["--flops", "--steps"])
    #expect(parsed.plain == "train.swift")
    #expect(try parsed.number("--flops", from: 1, to: .max) == 2_000_000_000)
    #expect(try parsed.number("--steps", from: 1, to: 10) == 3)
    #expect(try parsed.number("--wall", from: 1, to: 10) == nil)
  }

  @Test(arguments: [["--depth", "3"], ["a", "b"], ["--steps"]]) func `a wrong command line is refused`(
    arguments: [String]
  ) {
    let error = #expect(throws: LabError.self) { try Arguments(arguments[...], options: ["--steps"]) }
    #expect(error?.code == .usage)
  }

  @Test func `numbers are printed with fixed digits`() {
    #expect(fixed(2.1234567, 6) == "2.123457")
    #expect(fixed(0.05, 2) == "0.05")
    #expect(fixed(-1.999, 2) == "-2.00")
    #expect(fixed(7.6, 0) == "8")
    #expect(fixed(.nan, 2) == "nan")
  }

  @Test func `the template says what it is and marks its knobs`() {
    let lines = trainTemplate.split(separator: "\n")
    #expect(lines.first == "// pawl-lab: train.swift")
    let knobs = lines.filter { $0.contains("// pawl: ") }
    #expect(knobs.count >= 16)
    for knob in knobs {
      #expect(
        knob.wholeMatch(of: /let \w+ = \S+  \/\/ pawl: ((log|pow2) )?(choices .+|\S+\.\.\.\S+)/) != nil, "\(knob)")
    }
  }

  @Test func `paths have parents`() {
    #expect(
      parentFolder(of: "train.swift") == "." && parentFolder(of: "/a") == "/" && parentFolder(of: "a/b/c") == "a/b")
  }
}

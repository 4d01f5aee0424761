import Testing

import PawlReferee
@testable import PawlLabCommand

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

@Suite struct CompilerTests {
  private func cut(_ output: String) -> [String] {
    CompilerWords(output, file: "/tmp/x/train.swift", name: "train.swift").text.split(separator: "\n").map(String.init)
  }

  @Test func `errors stay with their lines of source, notes and warnings are counted`() {
    let lines = cut(
      """
      /tmp/x/train.swift:3:5: warning: variable was never used
      let x = 3
          ^
      /tmp/x/train.swift:9:1: error: cannot find 'foo' in scope
        print("error: this is source", foo)
                                       ^~~
      /tmp/x/train.swift:2:1: note: did you mean 'for'?
      for
      ^
      /tmp/x/train.swift:12:1: error: another
      """)
    #expect(
      lines == [
        "train.swift:9:1: error: cannot find 'foo' in scope", "  print(\"error: this is source\", foo)",
        "                                 ^~~", "train.swift:12:1: error: another", "(left out: 1 warning, 1 note)",
      ])
  }

  @Test func `a flood of errors is cut and counted`() {
    let flood = (1...500).map { "/tmp/x/train.swift:\($0):1: error: cannot find 'name\($0)'\n  name\($0)\n  ^\n" }
      .joined()
    let lines = cut(flood)
    #expect(lines.count <= CompilerWords.lines + 1 && lines.count > 30)
    #expect(lines.first?.contains(":1:1: error:") == true && lines.last == "(left out: 487 errors)")
  }

  @Test func `one enormous error is cut too`() {
    let line = "/tmp/x/train.swift:1:1: error: " + String(repeating: "very ", count: 10_000) + "long\n"
    let lines = cut(line + String(repeating: String(repeating: "y", count: 300) + "\n", count: 1000))
    #expect(lines.map(\.utf8.count).reduce(0) { $0 + $1 + 1 } <= CompilerWords.bytes + 40)
    #expect(lines.first?.hasSuffix(" …") == true && lines.count > 5)
  }

  @Test func `the linker's words lose their scratch paths, and a broken compiler's are kept`() {
    #expect(
      cut("/tmp/T.q/train-1.o:train-1.o:function main: error: undefined reference to 'f'\nclang: error: failed\n") == [
        "train-1.o:train-1.o:function main: error: undefined reference to 'f'", "clang: error: failed",
      ])
    #expect(
      cut("Please submit a bug report\nStack dump:\n0. swift") == [
        "Please submit a bug report", "Stack dump:", "0. swift",
      ])
    #expect(cut("") == [])
  }

  @Test func `a compiler that would go on for ever is stopped`() throws {
    let scratch = try Scratch()
    var toolchain = try Toolchain.find()
    toolchain.limits.cpuSeconds = 2
    // Each of these takes the compiler seconds before it gives up.
    let bomb = (0..<200).map {
      "let x\($0) = 1 + 2.0 * -3 / (4 + 5 * -6.0) - [1, 2].map { $0 * 2 + -1 / 3 }.reduce(0, +) * (5 - -6) * 7.5\n"
    }
    let error = #expect(throws: LabError.self) {
      try toolchain.build(
        Array(bomb.joined().utf8), name: "train.swift", optimises: false, to: scratch.path + "/out",
        scratch: scratch.path,
        cache: nil)
    }
    #expect(
      error?.code.exit.rawValue == 3 && error?.message.contains("had not ended after `2` seconds") == true,
      "\(error?.message ?? "")")
    #expect(error?.hints.isEmpty == false)
  }

  @Test func `a compiler without memory is no crash`() throws {
    let scratch = try Scratch()
    var toolchain = try Toolchain.find()
    toolchain.limits.memoryMebibytes = 64
    let error = #expect(throws: LabError.self) {
      try toolchain.build(
        [], name: "train.swift", optimises: false, to: scratch.path + "/out", scratch: scratch.path, cache: nil)
    }
    #expect(error?.code == .compileFailed)
  }
}

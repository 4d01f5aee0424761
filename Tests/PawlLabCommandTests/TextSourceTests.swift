import Testing

import PawlReferee
@testable import PawlLabCommand

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

@Suite struct TextSourceTests {
  @Test func `a short text is used whole and a long one in pieces from its beginning to its end`() {
    #expect(TextSample.pieces(of: 1000) == [0..<1000])
    let pieces = TextSample.pieces(of: 10 << 30)
    #expect(pieces.count > 300 && pieces.first?.lowerBound == 0)
    #expect(pieces.reduce(0) { $0 + $1.count } <= TextSample.largest)
    #expect(pieces.last.map { $0.upperBound > (10 << 30) / 100 * 99 && $0.upperBound <= 10 << 30 } == true)
    #expect(zip(pieces, pieces.dropFirst()).allSatisfy { $0.upperBound <= $1.lowerBound })
    #expect(TextSample.pieces(of: .max).last.map { $0.upperBound > .max / 100 * 99 } == true)
  }

  @Test func `a sample has whole lines and says how much it is`() {
    let lines = (0..<400_000).map { "line \($0) of a long text\n" }.joined()
    let (bytes, words) = TextSample.of(Array(lines.utf8))
    #expect(bytes.count > 4_900_000 && bytes.count <= TextSample.largest)
    let taken = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
    #expect(taken.allSatisfy { $0.hasPrefix("line ") && $0.hasSuffix(" of a long text") })
    #expect(
      words == "\(bytes.count) of \(lines.utf8.count) bytes, in 305 pieces spread evenly from its beginning to its end")
  }

  @Test func `ten gigabytes cost the memory of five megabytes`() throws {
    let scratch = try Scratch()
    let path = scratch.path + "/huge"
    let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
    try #require(descriptor >= 0 && ftruncate(descriptor, 10 << 30) == 0)
    // Text where the sample looks, holes between.
    for (index, range) in TextSample.pieces(of: 10 << 30).enumerated() {
      let piece = Array(noise(range.count, seed: UInt64(index)).map { 0x61 + $0 % 26 })
      try #require(pwrite(descriptor, piece, piece.count, off_t(range.lowerBound)) == piece.count)
    }
    close(descriptor)
    let lab = try #require(builtProgram())
    // A limit and not a measurement: what the system says of a child's peak counts the process that it was started from.
    let mebibytes = 200
    let (ending, bytes) = try ChildProcess.output(
      "/bin/sh",
      ["-c", "ulimit -v \(mebibytes << 10); exec \"$@\"", "sh", lab, "init", scratch.path + "/study", "--data", path],
      seconds: 300)
    let words = String(decoding: bytes, as: UTF8.self)
    #expect(ending.succeeded && words.contains("of 10737418240 bytes"), "\(words)")
  }

  /// The program that was built with these tests.
  private func builtProgram() -> String? {
    guard let tests = realpath("/proc/self/exe", nil) else { return nil }
    defer { free(tests) }
    let path = parentFolder(of: String(cString: tests)) + "/pawl-lab"
    return fileExists(path) ? path : nil
  }

  @Test(arguments: ["", "/no/such/file", "/dev/zero", "/tmp", "/proc/self/mem"])
  func `what is no text is refused with a hint`(path: String) {
    let error = #expect(throws: LabError.self) { _ = try TextSplit(TextSample.read(path).bytes) }
    #expect(error?.code == .cannotRun && error?.hints.isEmpty == false)
  }

  @Test func `a named pipe is refused and not waited for`() throws {
    let scratch = try Scratch()
    try #require(mkfifo(scratch.path + "/pipe", 0o600) == 0)
    let error = #expect(throws: LabError.self) { try TextSample.read(scratch.path + "/pipe") }
    #expect(error?.message.contains("is a pipe, not a file") == true)
  }

  @Test(.enabled(if: geteuid() != 0)) func `a file that may not be read is refused`() throws {
    let scratch = try Scratch()
    let path = try scratch.file("text", easyText())
    try #require(chmod(path, 0) == 0)
    #expect(throws: LabError.self) { try TextSample.read(path) }
  }

  @Test func `a text that is not installed names its package`() {
    for text in PackagedText.allCases where text != .bible {
      let error = #expect(throws: LabError.self) { try text.read(root: "/nowhere") }
      #expect(error?.hints.first?.contains("apt-get install \(text.package)") == true)
    }
    let error = #expect(throws: LabError.self) { try PackagedText(named: "koran") }
    #expect(error?.code == .usage && error?.hints.first?.contains("`webster` (dict-gcide)") == true)
  }

  @Test func `fortunes are read in the order of their names, without their indexes`() throws {
    let scratch = try Scratch()
    let folder = scratch.path + "/usr/share/games/fortunes"
    for part in ["/usr", "/usr/share", "/usr/share/games", "/usr/share/games/fortunes"] {
      try #require(mkdir(scratch.path + part, 0o700) == 0)
    }
    for (name, byte) in [("b", 0x62), ("a", 0x61), ("a.dat", 0x78)] as [(String, UInt8)] {
      try writeFile([UInt8](repeating: byte, count: 40_000), to: "\(folder)/\(name)")
    }
    let text = try PackagedText.fortunes.read(root: scratch.path)
    #expect(text == [UInt8](repeating: 0x61, count: 40_000) + [UInt8](repeating: 0x62, count: 40_000))
  }

  @Test func `a dictionary is read from its compressed file`() throws {
    let scratch = try Scratch()
    for part in ["/usr", "/usr/share", "/usr/share/dictd"] {
      try #require(mkdir(scratch.path + part, 0o700) == 0)
    }
    let plain = try scratch.file("usr/share/dictd/jargon.dict", easyText())
    let (ending, _) = try ChildProcess.output(try findProgram("gzip"), ["-S", ".dz", plain], seconds: 60)
    #expect(ending.succeeded)
    #expect(try PackagedText.jargon.read(root: scratch.path) == easyText())
  }

  @Test func `verse references are dropped and the lines stay`() {
    let printed = Array("Ge1:1 In the beginning\n\nRev22:21 Amen.\n".utf8)
    #expect(String(decoding: PackagedText.withoutReferences(printed), as: UTF8.self) == "In the beginning\n\nAmen.\n")
  }
}

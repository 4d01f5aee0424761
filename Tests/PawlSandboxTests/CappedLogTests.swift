import PawlCore
import Testing

@testable import PawlSandbox

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

@Suite struct CappedLogTests {
  /// Feeds a stream in chunks; returns the file, the tail and what was dropped.
  private func log(_ stream: [UInt8], chunk: Int, cap: Int64) throws -> (file: [UInt8], tail: String, dropped: Int64) {
    let path = "/tmp/pawl-log-\(UInt64.random(in: .min ... .max))"
    defer { unlink(path) }
    var log = try CappedLog(path: path, cap: Bytes(cap))
    var rest = stream[...]
    while !rest.isEmpty {
      Array(rest.prefix(chunk)).withUnsafeBytes { log.append($0) }
      rest = rest.dropFirst(chunk)
    }
    let tail = log.tail()
    let dropped = log.finish()
    #expect(log.total == Int64(stream.count))
    let file = try #require(Descriptor.open(path, O_RDONLY))
    return (try #require(contents(of: file.number, limit: 1 << 20)), tail, dropped)
  }

  @Test(arguments: [1, 7, 4096, 65536, 1 << 20], [0, 100, 70_000, 150_000, 1 << 20])
  func `keeps the head, the tail, and the count between`(chunk: Int, cap: Int) throws {
    let stream = (0..<200_000).map { UInt8(truncatingIfNeeded: ($0 &* 2_654_435_761) >> 7) }
    let kept = try log(stream, chunk: chunk, cap: Int64(cap))
    let head = min(cap, stream.count)
    let end = min(stream.count - head, 64 << 10)
    let dropped = stream.count - head - end
    let line = dropped > 0 ? Array("\n[… \(dropped) bytes not kept …]\n".utf8) : []
    #expect(kept.dropped == Int64(dropped))
    #expect(kept.file == Array(stream.prefix(head)) + line + Array(stream.suffix(end)))
    #expect(kept.tail.utf8.count <= 4096)
  }

  @Test func `the tail starts at a line and is valid text`() throws {
    let short = try log(Array("one\ntwo".utf8), chunk: 3, cap: 100)
    #expect(short.tail == "one\ntwo")
    let lines = (0..<1000).map { "line \($0)\n" }.joined()
    let long = try log(Array(lines.utf8), chunk: 1000, cap: 100)
    #expect(long.tail.hasPrefix("line "))
    #expect(long.tail.hasSuffix("line 999\n"))
    #expect((4000...4096).contains(long.tail.utf8.count))
    let broken = try log([UInt8](repeating: 0xff, count: 10_000), chunk: 999, cap: 100)
    #expect((1000...4096).contains(broken.tail.utf8.count))
    #expect(broken.tail.allSatisfy { $0 == "\u{fffd}" })
    #expect(try log([], chunk: 1, cap: 100).tail.isEmpty)
  }

  @Test(arguments: [
    ("plain\ttext\n", "plain\ttext\n"), ("\u{1b}[31mred\u{1b}[0m", "red"), ("\u{1b}]0;title\u{7}after", "after"),
    ("\u{1b}]8;;http://x\u{1b}\\link", "link"), ("\u{1b}P1;2|data\u{1b}\\x", "x"), ("\u{1b}(Bx\u{1b}cy", "xy"),
    ("50%\r100%\r\ndone", "50%\n100%\ndone"), ("a\u{8}\u{7}\u{0}b\u{7f}", "ab"), ("\u{9b}2Jx\u{9d}0;t\u{9c}y", "xy"),
    ("\u{1b}]never ended\nnext", "\nnext"), ("a\u{202e}b\u{2066}c", "abc"), ("\u{1b}", ""), ("grüße 😀\n", "grüße 😀\n"),
    ("\u{1b}[1\u{1b}[2Jx", "x"),
  ])
  func `nothing in a tail acts on a terminal`(stream: String, expected: String) throws {
    #expect(try log(Array(stream.utf8), chunk: 3, cap: 1000).tail == expected)
    #expect(stream.withoutControls == expected)
  }
}

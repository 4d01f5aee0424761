import PawlRefereeProtocol
import Testing

@testable import PawlReferee

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

@Suite struct LineRelayTests {
  private func relayed(_ pieces: [[UInt8]]) throws -> String {
    var ends: [Int32] = [-1, -1]
    try #require(pipe(&ends) == 0)
    defer { close(ends[0]) }
    var relay = LineRelay(target: ends[1])
    for piece in pieces { relay.relay(piece) }
    relay.finish()
    close(ends[1])
    var bytes: [UInt8] = []
    while let more = readSome(ends[0]), !more.isEmpty { bytes += more }
    return String(decoding: bytes, as: UTF8.self)
  }

  @Test func `nothing that ends a line for some readers gets through, however it is cut`() throws {
    let text = Array("a\u{85}error: b\u{2028}error: c\u{2029}error: d\u{9b}2K\u{80}é…‹\u{a0}\r\n".utf8)
    let clean = "| aerror: berror: cerror: d2Ké…‹\u{a0}\n"
    #expect(try relayed([text]) == clean)
    #expect(try relayed(text.map { [$0] }) == clean)
    // One inside of the other, so that taking out the inner one leaves the outer one.
    #expect(try relayed([[0xe2, 0xc2, 0x80, 0x80, 0xa8, 0x61]]) == "| a\n")
  }

  @Test func `a line that is too long is not cut inside of a character`() throws {
    for lead in 0..<3 {
      let text = String(repeating: "x", count: lead) + String(repeating: "…", count: 3000)
      let lines = try relayed([Array(text.utf8)]).split(separator: "\n")
      #expect(lines.count > 1 && lines.allSatisfy { $0.hasPrefix("| ") })
      #expect(lines.map { $0.dropFirst(2) }.joined() == text)
    }
  }
}

import Testing

@testable import PawlRefereeProtocol

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

@Suite struct FrameTests {
  @Test func `numbers survive being written and read`() throws {
    let frame = Frame(.trained, numbers: [1, 2, .max])
    let taken = try #require(try read([frame.bytes + [9]], largest: 100).first)
    #expect(taken == frame && taken.numbers == [1, 2, .max])
  }

  /// Reads what is written in these pieces; returns the kinds and payloads.
  private func read(_ pieces: [[UInt8]], largest: Int) throws -> [Frame] {
    var ends: [Int32] = [-1, -1]
    try #require(pipe(&ends) == 0)
    defer { close(ends[0]) }
    var reader = FrameReader(largest: largest)
    var frames: [Frame] = []
    for piece in pieces {
      try #require(writeAll(piece, to: ends[1]))
      #expect(reader.fill(from: ends[0]) == .more)
      while let message = try reader.next() { frames.append(Frame(message.kind, Array(message.payload))) }
    }
    close(ends[1])
    #expect(reader.fill(from: ends[0]) == .end)
    return frames
  }

  @Test(arguments: [1, 3, 8, 13, 64, 1000])
  func `a reader finds the messages however the pipe cuts them`(size: Int) throws {
    let frames =
      (0..<40).map { Frame(.predictions, (0..<UInt8($0 * 5)).map { $0 }) } + [Frame(.trained, numbers: [.max])]
    let bytes = frames.flatMap(\.bytes)
    let pieces = stride(from: 0, to: bytes.count, by: size).map { Array(bytes[$0..<min($0 + size, bytes.count)]) }
    #expect(try read(pieces, largest: 1000) == frames)
  }

  @Test func `a reader refuses rubbish, unknown kinds and messages that are too long`() throws {
    for bytes in [
      Array("val_bpb: 0.1".utf8), littleEndian(UInt32(99)) + littleEndian(UInt32(0)),
      Frame(.windows, [UInt8](repeating: 0, count: 201)).bytes, littleEndian(UInt32(1)) + littleEndian(UInt32.max),
    ] {
      #expect(throws: ProtocolError.self) { try read([bytes], largest: 200) }
    }
  }

  @Test func `a hello says everything, and one of a later version is understood`() throws {
    var hello = Hello(context: 256, windows: 16, seed: 7)
    (hello.operations, hello.steps, hello.cpuMicroseconds, hello.wallMicroseconds) = (1, 2, 3, 4)
    #expect(hello.frame.numbers == [1, 256, 256, 16, 7, 1, 2, 3, 4])
    #expect(Hello(hello.frame) == hello)
    #expect(Hello(Frame(.hello, numbers: [2] + hello.frame.numbers.dropFirst() + [5])) == hello)
    for wrong in [[1, 256, 255, 16, 7, 1, 2, 3, 4], [1, 0, 256, 16, 7, 1, 2, 3, 4], [1, 256, 256]] as [[UInt64]] {
      #expect(Hello(Frame(.hello, numbers: wrong)) == nil)
    }
  }
}

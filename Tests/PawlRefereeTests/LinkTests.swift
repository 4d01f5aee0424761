import PawlRefereeProtocol
import Testing

@testable import PawlReferee

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

@Suite struct LinkTests {
  @Test func `messages that nobody reads wait without stopping who sends them, and arrive whole`() throws {
    let link = try Link()
    // More than the largest pipe holds.
    let frames = (0..<3).map { Frame(.windows, [UInt8](repeating: UInt8($0), count: 700_000)) }
    for frame in frames { link.send(frame) }
    #expect(link.unsent > 0)
    var reader = FrameReader(largest: 1 << 20)
    var arrived: [Frame] = []
    while arrived.count < 3 {
      link.flush()
      try #require(reader.fill(from: link.channel.reading) == .more)
      while let message = try reader.next() { arrived.append(Frame(message.kind, Array(message.payload))) }
    }
    #expect(arrived == frames && link.unsent == 0)
  }

  @Test func `what waits for somebody who is gone is dropped`() throws {
    signal(SIGPIPE, SIG_IGN)
    let link = try Link()
    link.handOver()
    link.send(Frame(.windows, [1, 2, 3]))
    #expect(link.unsent == 0)
  }

  @Test func `ends that no candidate took are closed all the same`() throws {
    var link: Link? = try Link()
    let (questions, answers) = (dup(try #require(link?.channel.reading)), dup(try #require(link?.descriptor)))
    defer { for copy in [questions, answers] { close(copy) } }
    link = nil
    // The end of both pipes shows only when nobody holds their other ends any more.
    #expect(readSome(questions) == [] && readSome(answers) == [])
  }
}

import PawlCore
import Testing

@testable import PawlModels
@testable import PawlTransfer

/// Streams with bytes changed, taken out and doubled: nothing traps, and what comes of it is always an answer.
@Suite struct HostileTests {
  @Test(arguments: ModelRule.API.allCases)
  func `a damaged stream is a reply or an error`(api: ModelRule.API) throws {
    let whole = Array((api == .anthropic ? anthropicStream(anthropicEvents) : openAIStream(openAIChunks)).utf8)
    let endpoint = try Endpoint(.scripted(api, "http://127.0.0.1:1"), environment: [:])
    var generator = SeededGenerator(seed: 7)
    var ends: Set<String> = []
    for _ in 0..<1500 {
      var bytes = whole
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        let place = Int.random(in: 0..<bytes.count, using: &generator)
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &generator)
        case 1: bytes.removeSubrange(place..<min(bytes.count, place + Int.random(in: 1...40, using: &generator)))
        case 2: bytes.insert(contentsOf: bytes[place...].prefix(60), at: place)
        default: bytes.removeSubrange(place...)
        }
        if bytes.isEmpty { bytes = whole }
      }
      let reader = ResponseReader(api)
      reader.begin(status: 200)
      var start = 0
      while start < bytes.count {
        let end = min(bytes.count, start + Int.random(in: 1...200, using: &generator))
        if !bytes[start..<end].withUnsafeBytes({ reader.take($0) }) { break }
        start = end
      }
      let exchange = Exchange(
        rule: .scripted(api, "http://127.0.0.1:1"), endpoint: endpoint, reader: reader, end: .done, mask: { $0 })
      switch exchange.result() {
      case .reply(let draft, .finished):
        ends.insert("finished")
        #expect(draft.malformed == nil)
      case .reply(let draft, .broken):
        ends.insert("broken")
        #expect(draft.usage(requestBytes: 10).0.output >= 0)
      case .reply: ends.insert("other")
      case .failure(let error, _):
        ends.insert("failure")
        #expect(!error.message.isEmpty)
      }
    }
    #expect(ends.isSuperset(of: ["finished", "broken"]))
  }

  @Test func `the events of a stream do not depend on how it is cut`() {
    let text = "\u{feff}data: a\r\ndata:b\r\revent: x\ndata\n\n: c\n\ndata:  d \n\nid: 1\n\ndata: e"
    let expected = ["a\nb", "", " d ", "e"]
    var generator = SeededGenerator(seed: 3)
    for _ in 0..<200 {
      var stream = EventStream()
      var events: [StreamEvent] = []
      var rest = Array(text.utf8)[...]
      while !rest.isEmpty {
        let piece = Array(rest.prefix(Int.random(in: 1...9, using: &generator)))
        rest = rest.dropFirst(piece.count)
        events += piece.withUnsafeBytes { stream.take($0) }
      }
      events += stream.finish().map { [$0] } ?? []
      #expect(events.map { String(decoding: $0.data, as: UTF8.self) } == expected)
      #expect(events.map(\.name) == ["", "x", "", ""])
    }
  }

  @Test(arguments: [
    ("a\nb\r\n\tc", "a b c"), ("  a  ", "a"), ("", ""), ("\u{1b}[31mred\u{7}", "[31mred"),
    (String(repeating: "é", count: 500), String(repeating: "é", count: 400) + "…"),
  ])
  func `words of a server are put on one line`(text: String, line: String) { #expect(oneLine(text) == line) }
}

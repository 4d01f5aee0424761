import PawlCore
import PawlTestSupport
import Testing

@testable import PawlModels

/// What a healthy server sends, in every way that it may be cut into pieces.
@Suite struct ReplyTests {
  static let expected = "Ein größerer Schritt 🐾"

  @Test(arguments: ModelRule.API.allCases)
  func `a whole stream is a reply`(api: ModelRule.API) throws {
    let asked = try ask(
      api, [wholeReply(api)], rule: { $0.price = TokenPrice(input: 1, output: 2, cacheRead: 3, cacheWrite: 4) })
    let reply = try #require(asked.reply)
    #expect(reply.text == Self.expected)
    #expect(reply.calls.map(\.name) == ["edit"])
    #expect(reply.calls.first?.arguments == #"{"path": "train.py"}"#)
    #expect(reply.calls.first?.id == (api == .anthropic ? "toolu_1" : "call_1"))
    #expect(reply.usage == TokenUsage(input: 25, output: 89, cacheRead: 400, cacheWrite: 100))
    #expect(!reply.usageIsEstimated)
    #expect(abs(reply.cost - (25 + 178 + 1200 + 400) / 1e6) < 1e-12)
    #expect(reply.model == (api == .anthropic ? "claude-test" : "gpt-test"))
    #expect(reply.end == .finished)
    #expect(reply.tries == 1)
    #expect(reply.concessions.isEmpty)
  }

  @Test(arguments: ModelRule.API.allCases)
  func `a stream that comes byte by byte is the same reply`(api: ModelRule.API) throws {
    // Into the reader directly: a socket would put the bytes together again.
    let text = api == .anthropic ? anthropicStream(anthropicEvents) : openAIStream(openAIChunks)
    for size in [1, 2, 3, 7] {
      let reader = ResponseReader(api)
      reader.begin(status: 200)
      let bytes = Array(text.utf8)
      for start in stride(from: 0, to: bytes.count, by: size) {
        let piece = Array(bytes[start..<min(start + size, bytes.count)])
        if !piece.withUnsafeBytes({ reader.take($0) }) { break }
      }
      reader.finish()
      #expect(reader.draft.answer == Self.expected)
      #expect(reader.draft.calls.map(\.arguments) == [#"{"path": "train.py"}"#])
      #expect(reader.draft.isComplete)
      #expect(reader.draft.malformed == nil)
    }
  }

  @Test(arguments: ModelRule.API.allCases)
  func `a character cut between two packets is put together`(api: ModelRule.API) throws {
    let text = api == .anthropic ? anthropicStream(anthropicEvents) : openAIStream(openAIChunks)
    let bytes = Array(text.utf8)
    // Between the bytes of the paw.
    let paw = try #require(bytes.firstIndex(of: 0xf0)) + 2
    let script: [ScriptedServer.Step] = [
      ScriptedServer.streamHead, .send(Array(bytes[..<paw])), .pause(seconds: 0.05), .send(Array(bytes[paw...])),
    ]
    #expect(try ask(api, [script]).reply?.text == Self.expected)
  }

  @Test func `a plain JSON answer to a request for a stream is a reply`() throws {
    let whole =
      #"{"id":"1","model":"m","choices":[{"message":{"role":"assistant","content":"hello","tool_calls":[{"id":"a","function":{"name":"edit","arguments":"{}"}}]},"finish_reason":"stop"}],"usage":{"prompt_tokens":7,"completion_tokens":3,"total_tokens":10}}"#
    let reply = try #require(try ask(.openai, [ScriptedServer.response(whole)]).reply)
    #expect(reply.text == "hello")
    #expect(reply.calls == [ToolCall(id: "a", name: "edit", arguments: "{}")])
    #expect(reply.usage == TokenUsage(input: 7, output: 3))
    #expect(reply.end == .finished)
    let message =
      #"{"type":"message","model":"m","content":[{"type":"text","text":"hello"},{"type":"tool_use","id":"b","name":"edit","input":{"path":"x"}}],"stop_reason":"tool_use","usage":{"input_tokens":7,"output_tokens":3}}"#
    let other = try #require(try ask(.anthropic, [ScriptedServer.response(message)]).reply)
    #expect(other.text == "hello")
    #expect(other.calls == [ToolCall(id: "b", name: "edit", arguments: #"{"path":"x"}"#)])
    #expect(other.usage == TokenUsage(input: 7, output: 3))
  }

  @Test func `a reply of two megabytes comes whole`() throws {
    let piece = String(repeating: "x", count: 1 << 14)
    let events =
      [anthropicEvents[0], anthropicEvents[6]]
      + (0..<128).map { _ in
        #"{"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"\#(piece)"}}"#
      } + anthropicEvents.suffix(2)
    let reply = try #require(try ask(.anthropic, [ScriptedServer.stream(anthropicStream(events))]).reply)
    #expect(reply.text.utf8.count == 2 << 20)
    #expect(reply.end == .finished)
  }

  @Test func `a reply beyond eight megabytes is broken off and keeps what came`() throws {
    let piece = String(repeating: "x", count: 1 << 18)
    let chunk = #"{"choices":[{"index":0,"delta":{"content":"\#(piece)"}}]}"#
    let events = Array(repeating: chunk, count: 40)
    let reply = try #require(try ask(.openai, [ScriptedServer.stream(openAIStream(events))]).reply)
    #expect(reply.end == .broken(reason: "the reply is longer than 8 MiB"))
    #expect(reply.text.utf8.count > 8 << 20 && reply.text.utf8.count < 10 << 20)
    #expect(reply.usageIsEstimated)
    #expect(reply.usage.output > 2_000_000)
  }
}

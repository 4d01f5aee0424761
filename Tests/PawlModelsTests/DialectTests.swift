import PawlCore
import PawlTestSupport
import Testing

@testable import PawlModels

/// What servers make of OpenAI's format, and of event streams.
@Suite struct DialectTests {
  private func reply(_ chunks: [String], _ request: ModelRequest = simpleRequest) throws -> ModelReply {
    try #require(try ask(.openai, [ScriptedServer.stream(openAIStream(chunks))], request).reply)
  }

  @Test func `comments and every kind of line break are no part of a reply`() throws {
    let text =
      "\u{feff}: OPENROUTER PROCESSING\r\n\r\n:\r\rid: 7\nretry: 10\nevent: x\ndata:"
      + #"{"choices":[{"delta":{"content":"a"}}]}"# + "\r\n\r\n: OPENROUTER PROCESSING\n\ndata\n\ndata: "
      + #"{"choices":[{"delta":{"content":"b"},"finish_reason":"stop"}]}"# + "\r\r"
      // One event on two lines, and no blank line behind the last.
      + "data: {\"choices\":\ndata: [], \"usage\":{\"prompt_tokens\":3,\"completion_tokens\":2}}\n\ndata: [DONE]"
    let asked = try ask(.openai, [ScriptedServer.stream(text)])
    #expect(asked.reply?.text == "ab")
    #expect(asked.reply?.usage == TokenUsage(input: 3, output: 2))
    #expect(asked.reply?.end == .finished)
  }

  @Test func `calls are told apart without an index, and with one that is always the same`() throws {
    let calls = [
      #"{"choices":[{"delta":{"tool_calls":[{"id":"a","function":{"name":"edit","arguments":"{\"n\":"}}]}}]}"#,
      #"{"choices":[{"delta":{"tool_calls":[{"function":{"arguments":"1}"}}]}}]}"#,
      #"{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"b","function":{"name":"edit","arguments":{"n":2}}}]}}]}"#,
      #"{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"b","function":{"name":"edit","arguments":""}}]}}]}"#,
      #"{"choices":[{"delta":{"tool_calls":[{"index":1,"id":"c","function":{"name":"done","arguments":null}}]},"finish_reason":"tool_calls"}]}"#,
      "[DONE]",
    ]
    #expect(
      try reply(calls).calls == [
        ToolCall(id: "a", name: "edit", arguments: #"{"n":1}"#),
        ToolCall(id: "b", name: "edit", arguments: #"{"n":2}"#),
        ToolCall(id: "c", name: "done", arguments: ""),
      ])
  }

  @Test func `thinking is not a part of the text`() throws {
    let fields = try reply([
      #"{"choices":[{"delta":{"reasoning":"hm","content":""}}]}"#,
      #"{"choices":[{"delta":{"reasoning_content":"hm"}}]}"#,
      #"{"choices":[{"delta":{"content":[{"type":"thinking","thinking":[{"type":"text","text":"hm"}]},{"type":"text","text":"yes"}]},"finish_reason":"stop"}]}"#,
      "[DONE]",
    ])
    #expect(fields.text == "yes")
    #expect(fields.usage.output > 1, "what was thought is paid for too")
    for (text, answer) in [
      ("<think>hm</think>\n\nyes", "yes"), ("\n<think>\n</think>yes", "yes"), ("<think>never ending", ""),
      ("say <think>hm</think>", "say <think>hm</think>"), ("<thinking>x", "<thinking>x"),
    ] {
      let chunk = #"{"choices":[{"delta":{"content":\#(JSONValue.string(text).text)},"finish_reason":"stop"}]}"#
      #expect(try reply([chunk, "[DONE]"]).text == answer)
    }
  }

  @Test func `tokens are estimated where the server does not count them`() throws {
    let request = ModelRequest(messages: [
      ModelRequest.Message(.user, [ModelRequest.Block(String(repeating: "x", count: 4000))])
    ])
    let reply = try reply(
      [
        #"{"choices":[{"delta":{"content":"\#(String(repeating: "y", count: 400))"},"finish_reason":"stop"}]}"#,
        "[DONE]",
      ],
      request)
    #expect(reply.usage == TokenUsage(input: 1000, output: 100))
    #expect(reply.usageIsEstimated)
  }

  static let usages: [(usage: String, tokens: TokenUsage)] = [
    (#"{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15}"#, TokenUsage(input: 10, output: 5)),
    (#"{"prompt_tokens":10,"completion_tokens":5,"total_tokens":115}"#, TokenUsage(input: 10, output: 105)),
    (
      #"{"prompt_tokens":10,"completion_tokens":5,"prompt_cache_hit_tokens":8}"#,
      TokenUsage(input: 2, output: 5, cacheRead: 8)
    ),
    (
      #"{"prompt_tokens":10,"completion_tokens":5,"prompt_tokens_details":null,"cache_read_input_tokens":3,"cache_creation_input_tokens":4}"#,
      TokenUsage(input: 3, output: 5, cacheRead: 3, cacheWrite: 4)
    ),
    (
      #"{"prompt_tokens":1e400,"completion_tokens":-5}"#, TokenUsage(input: 12, output: 1)
    ),
    (
      #"{"prompt_tokens":9223372036854775807,"completion_tokens":9223372036854775807,"total_tokens":9223372036854775807}"#,
      TokenUsage(input: 1_000_000_000, output: 1_000_000_000)
    ),
  ]

  @Test(arguments: usages)
  func `tokens are counted as each server means them`(usage: String, tokens: TokenUsage) throws {
    let reply = try reply([
      #"{"choices":[{"delta":{"content":"y"},"finish_reason":"stop"}]}"#, #"{"choices":null,"usage":\#(usage)}"#,
      "[DONE]",
    ])
    #expect(reply.usage == tokens)
  }

  @Test func `a reply without its mark of the end counts as whole once it said why it ended`() throws {
    let reply = try reply([#"{"choices":[{"delta":{"content":"y"},"finish_reason":"stop"}]}"#])
    #expect(reply.end == .finished)
    let open = try self.reply([#"{"choices":[{"delta":{"content":"y"},"finish_reason":null}]}"#])
    #expect(open.end == .broken(reason: "the stream ended before the reply did"))
    let failed = try self.reply([#"{"choices":[{"delta":{"content":"y"},"finish_reason":"error"}]}"#, "[DONE]"])
    #expect(failed.end == .broken(reason: "the provider failed during the reply"))
  }

  @Test func `texts around a call stay apart`() throws {
    let events = [
      #"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":"one"}}"#,
      #"{"type":"content_block_start","index":1,"content_block":{"type":"text","text":" and"}}"#,
      #"{"type":"content_block_start","index":2,"content_block":{"type":"tool_use","id":"a","name":"edit","input":{}}}"#,
      #"{"type":"content_block_start","index":3,"content_block":{"type":"text","text":"two"}}"#,
      #"{"type":"some_later_event","what":[1,2,3]}"#,
      #"{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":1}}"#,
      #"{"type":"message_stop"}"#,
    ]
    let reply = try ask(.anthropic, [ScriptedServer.stream(anthropicStream(events))]).reply
    #expect(reply?.text == "one and\n\ntwo")
    #expect(reply?.end == .finished)
  }

  @Test func `what is hostile ends as broken and traps nothing`() throws {
    let events = [
      #"{"type":"message_start","message":7}"#, #"{"type":"content_block_start","index":-9223372036854775808}"#,
      #"{"type":"content_block_delta","index":1e99,"delta":"x"}"#, "[]", "[[[[1]]]]", #"{"type":["a"]}"#,
      #"{"delta":{}}"#,
      #"{"type":"content_block_delta","index":3,"delta":{"type":"input_json_delta","partial_json":"for nobody"}}"#,
      #"{"type":"message_delta","usage":{"output_tokens":"many"},"delta":{"stop_reason":5}}"#,
      String(repeating: "[", count: 100_000), "\"\\ud83d\"", "nul",
    ]
    let asked = try ask(.anthropic, [ScriptedServer.stream(anthropicStream(events))])
    guard case .broken? = asked.reply?.end else {
      Issue.record("it came to \(asked.outcome)")
      return
    }
    let calls = (0...600).map {
      #"{"choices":[{"delta":{"tool_calls":[{"index":\#($0),"id":"\#($0)","function":{"name":"f","arguments":"{}"}}]}}]}"#
    }
    let many = try reply(calls + ["[DONE]"])
    #expect(many.calls.count == 512)
    #expect(many.end == .broken(reason: "more than 512 calls of tools"))
  }
}

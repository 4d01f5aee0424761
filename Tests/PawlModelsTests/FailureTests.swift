import PawlCore
import PawlTestSupport
import Testing

@testable import PawlModels

/// Everything that a server, or what is in front of it, may do in place of a whole reply.
@Suite struct FailureTests {
  // MARK: paid for in part

  @Test(arguments: ModelRule.API.allCases)
  func `a stream whose connection is cut is a broken reply with what came`(api: ModelRule.API) throws {
    let text =
      api == .anthropic
      ? anthropicStream(Array(anthropicEvents.prefix(9))) : openAIStream(Array(openAIChunks.prefix(4)))
    let asked = try ask(api, [ScriptedServer.stream(text, isCut: true)])
    let reply = try #require(asked.reply)
    #expect(reply.text == ReplyTests.expected)
    guard case .broken(let reason) = reply.end else {
      Issue.record("it ended as \(reply.end)")
      return
    }
    #expect(reason.hasPrefix("the connection was cut: "))
    #expect(reply.usageIsEstimated)
    #expect(reply.usage.output == (ReplyTests.expected.utf8.count + "Let me think.".utf8.count + 3) / 4)
    #expect(reply.usage.cacheRead == (api == .anthropic ? 400 : 0))
    #expect(asked.requests.count == 1, "what was paid for is not asked for again")
  }

  @Test func `a stream that ends without its end is a broken reply`() throws {
    let text = anthropicStream(Array(anthropicEvents.prefix(9)))
    let reply = try #require(try ask(.anthropic, [ScriptedServer.stream(text)]).reply)
    #expect(reply.end == .broken(reason: "the stream ended before the reply did"))
    #expect(reply.text == ReplyTests.expected)
  }

  @Test(arguments: ModelRule.API.allCases)
  func `a malformed piece breaks a reply and loses nothing of it`(api: ModelRule.API) throws {
    var events = api == .anthropic ? anthropicEvents : openAIChunks
    events.insert(#"{"type":"content_block_delta","index":"#, at: 3)
    let text = api == .anthropic ? anthropicStream(events) : openAIStream(events)
    let reply = try #require(try ask(api, [ScriptedServer.stream(text)]).reply)
    #expect(
      reply.end
        == .broken(reason: #"a piece of the stream is no JSON: `{"type":"content_block_delta","index":`"#))
    #expect(reply.text == ReplyTests.expected)
    #expect(reply.usage == TokenUsage(input: 25, output: 89, cacheRead: 400, cacheWrite: 100))
  }

  @Test func `an error in the middle of a stream is a broken reply`() throws {
    let events =
      anthropicEvents.prefix(9) + [#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#]
    let asked = try ask(.anthropic, [ScriptedServer.stream(anthropicStream(Array(events)))])
    #expect(asked.reply?.end == .broken(reason: "the server broke the reply off: Overloaded"))
    #expect(asked.reply?.text == ReplyTests.expected)
    #expect(asked.requests.count == 1)
    let chunks =
      openAIChunks.prefix(4) + [
        #"{"id":"c1","error":{"code":502,"message":"Provider disconnected"},"choices":[{"index":0,"delta":{"content":""},"finish_reason":"error"}]}"#
      ]
    let other = try ask(.openai, [ScriptedServer.stream(openAIStream(Array(chunks)))])
    #expect(other.reply?.end == .broken(reason: "the server broke the reply off: Provider disconnected"))
    #expect(other.reply?.text == ReplyTests.expected)
  }

  @Test func `a refusal is told as one`() throws {
    let events =
      anthropicEvents.prefix(9) + [
        #"{"type":"message_delta","delta":{"stop_reason":"refusal","stop_details":{"type":"refusal","category":"cyber","explanation":"Not this."}},"usage":{"output_tokens":5}}"#,
        #"{"type":"message_stop"}"#,
      ]
    let reply = try ask(.anthropic, [ScriptedServer.stream(anthropicStream(Array(events)))]).reply
    #expect(reply?.end == .refused(reason: "the model refused: Not this."))
    let chunks = [
      #"{"choices":[{"index":0,"delta":{"refusal":"I can't "},"finish_reason":null}]}"#,
      #"{"choices":[{"index":0,"delta":{"refusal":"help."},"finish_reason":null}]}"#,
      #"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#, "[DONE]",
    ]
    let other = try ask(.openai, [ScriptedServer.stream(openAIStream(chunks))]).reply
    #expect(other?.end == .refused(reason: "the model refused: I can't help."))
    let filtered = [#"{"choices":[{"index":0,"delta":{"content":"We"},"finish_reason":"content_filter"}]}"#, "[DONE]"]
    let third = try ask(.openai, [ScriptedServer.stream(openAIStream(filtered))]).reply
    #expect(third?.end == .refused(reason: "the provider's filter stopped the reply"))
  }

  @Test func `a reply that reached its limit is told as one`() throws {
    let events =
      anthropicEvents.prefix(9) + [
        #"{"type":"message_delta","delta":{"stop_reason":"max_tokens"},"usage":{"output_tokens":1000}}"#,
        #"{"type":"message_stop"}"#,
      ]
    #expect(try ask(.anthropic, [ScriptedServer.stream(anthropicStream(Array(events)))]).reply?.end == .truncated)
    let chunks = [#"{"choices":[{"index":0,"delta":{"content":"We"},"finish_reason":"length"}]}"#, "[DONE]"]
    #expect(try ask(.openai, [ScriptedServer.stream(openAIStream(chunks))]).reply?.end == .truncated)
  }

  @Test func `a call of a tool that was never offered comes as it is`() throws {
    let chunks = [
      #"{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"a","function":{"name":"rm_rf","arguments":"not json"}}]},"finish_reason":"tool_calls"}]}"#,
      "[DONE]",
    ]
    let request = ModelRequest(messages: simpleRequest.messages, tools: [editTool])
    let reply = try ask(.openai, [ScriptedServer.stream(openAIStream(chunks))], request).reply
    #expect(reply?.calls == [ToolCall(id: "a", name: "rm_rf", arguments: "not json")])
    #expect(reply?.end == .finished)
  }

  @Test func `an answer in JSON that was cut is a broken reply`() throws {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n"
    let script: [ScriptedServer.Step] = [
      .send(Array((head + #"{"id":"1","choices":[{"message":{"content":"hal"#).utf8))
    ]
    let asked = try ask(.openai, [script])
    guard case .broken? = asked.reply?.end else {
      Issue.record("it came to \(asked.outcome)")
      return
    }
    #expect(asked.requests.count == 1)
  }

  // MARK: nothing was paid for

  @Test func `a web page in place of a reply is an error with its title`() throws {
    let page = "<!DOCTYPE html><html><head><TITLE>Sign in</TITLE></head><body>…</body></html>"
    let asked = try ask(.openai, [ScriptedServer.response(page, type: "text/html")])
    #expect(asked.error?.code == .unreadable)
    #expect(asked.error?.message == "`127.0.0.1` answered with a web page in place of a reply: Sign in")
    #expect(asked.error?.hints == ["`base_url` is where `/chat/completions` follows"])
    #expect(asked.requests.count == 1)
  }

  @Test(arguments: ["", "  \r\n\r\n", ": keep-alive\n\n"])
  func `an empty answer is an error`(body: String) throws {
    let asked = try ask(.openai, [ScriptedServer.response(body, type: "text/event-stream")])
    let isComment = body.hasPrefix(":")
    #expect(asked.error?.code == (isComment ? .unreadable : .empty))
    #expect(asked.requests.count == 1)
  }

  @Test func `an error inside of a 200 is an error and is tried again where that may help`() throws {
    let busy = ScriptedServer.response(#"{"error":{"message":"Rate limited upstream","code":429}}"#)
    let asked = try ask(.openai, [busy, wholeReply(.openai)])
    #expect(asked.reply?.text == ReplyTests.expected)
    #expect(asked.reply?.tries == 2)
    #expect(asked.waits.count == 1)
    let wrong = ScriptedServer.response(
      #"{"type":"error","error":{"type":"invalid_request_error","message":"messages: too few"}}"#)
    let other = try ask(.anthropic, [wrong])
    #expect(other.error?.code == .refused)
    #expect(other.error?.message == "`127.0.0.1` answered an error inside of a reply: messages: too few")
    #expect(other.requests.count == 1)
  }

  @Test func `a stream that starts with an error is an error`() throws {
    let event = #"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#
    let asked = try ask(
      .anthropic, [ScriptedServer.stream(anthropicStream([event]))], rule: { $0.retries = 2 })
    #expect(asked.error?.code == .busy)
    #expect(asked.requests.count == 3)
    #expect(asked.waits.count == 2)
  }

  @Test func `other JSON than a reply is an error`() throws {
    let asked = try ask(.openai, [ScriptedServer.response(#"{"status":"ok"}"#)])
    #expect(asked.error?.code == .unreadable)
    #expect(asked.error?.message == #"`127.0.0.1` answered with other JSON than a reply: `{"status":"ok"}`"#)
  }

  @Test func `a page of any length, and the mark of the end alone, are no reply`() throws {
    let page = "<html><title>Long</title>" + String(repeating: "x", count: 1 << 20)
    #expect(try ask(.openai, [ScriptedServer.response(page)]).error?.code == .unreadable)
    let end = try ask(.openai, [ScriptedServer.stream("data: [DONE]\n\n")])
    #expect(end.error?.code == .unreadable)
    #expect(end.error?.message == "`127.0.0.1` answered with a stream that holds no reply")
  }

  @Test(arguments: ModelRule.API.allCases)
  func `a reply that said why it ended is whole, whatever becomes of the connection`(api: ModelRule.API) throws {
    let text =
      api == .anthropic ? anthropicStream(anthropicEvents.dropLast()) : openAIStream(Array(openAIChunks.dropLast(2)))
    let reply = try #require(try ask(api, [ScriptedServer.stream(text, isCut: true)]).reply)
    #expect(reply.end == .finished)
    #expect(reply.usageIsEstimated == (api == .openai))
  }

  static let statuses: [(status: Int, code: ModelError.Code, sent: Int)] = [
    (400, .refused, 1), (401, .unauthorized, 1), (402, .quota, 1), (403, .unauthorized, 1), (404, .notFound, 1),
    (408, .timedOut, 3), (409, .refused, 3), (413, .tooLong, 1), (418, .refused, 1), (422, .refused, 1),
    (429, .busy, 3), (500, .failed, 3), (501, .failed, 1), (502, .failed, 3), (503, .busy, 3), (504, .timedOut, 3),
    (529, .busy, 3),
  ]

  @Test(arguments: statuses)
  func `a status says what is wrong and whether to try again`(
    status: Int, code: ModelError.Code, sent: Int
  ) throws {
    let body = #"{"error":{"type":"some_error","message":"The server's\nown   words."}}"#
    let asked = try ask(.openai, [ScriptedServer.response(body, status: status)], rule: { $0.retries = 2 })
    #expect(asked.error?.code == code)
    #expect(asked.error?.message == "`127.0.0.1` answered \(status): The server's own words.")
    #expect(asked.error?.tries == sent)
    #expect(asked.requests.count == sent)
  }

  @Test(arguments: [
    (#"{"error":"model 'x' not found"}"#, "model 'x' not found"),
    (#"{"object":"error","message":"no such model","code":404}"#, "no such model"),
    (#"{"detail":"Not Found"}"#, "Not Found"),
    (#"[{"error":{"message":"in a list"}}]"#, "in a list"),
    (#"{"message":"bare"}"#, "bare"),
    (#"{"error":{"type":"not_found_error"}}"#, #"{"type":"not_found_error"}"#),
    ("<html><body><h1>404</h1> nginx</body></html>", "404 nginx"),
    ("plain words", "plain words"),
  ])
  func `the server's own words are found in any shape`(body: String, words: String) throws {
    let asked = try ask(.openai, [ScriptedServer.response(body, status: 404)])
    #expect(asked.error?.message == "`127.0.0.1` answered 404: \(words)")
  }

  @Test func `an account without money is not asked again`() throws {
    let bodies = [
      #"{"error":{"type":"insufficient_quota","code":"insufficient_quota","message":"You exceeded your quota"}}"#,
      #"{"type":"error","error":{"type":"rate_limit_error","message":"Spend limit","details":{"error_code":"enforced_spend_limit_reached"}}}"#,
      #"{"type":"error","error":{"type":"rate_limit_error","message":"Your credit balance is too low"}}"#,
    ]
    for body in bodies {
      let asked = try ask(.openai, [ScriptedServer.response(body, status: 429)])
      #expect(asked.error?.code == .quota)
      #expect(asked.requests.count == 1)
    }
  }

  @Test func `a redirection is not followed`() throws {
    let script = ScriptedServer.response(
      "", status: 307, headers: [("Location", "https://elsewhere.example/v1?token=abc")])
    let asked = try ask(.openai, [script], secret: Secret("sk-0123456789abcdef"))
    #expect(asked.error?.code == .redirected)
    #expect(
      asked.error?.message
        == "`127.0.0.1` sends requests on to `https://elsewhere.example/v1`, where the key does not follow")
    #expect(asked.requests.count == 1)
  }

  @Test func `a connection that is reset before anything came is tried again`() throws {
    let asked = try ask(.openai, [[.reset], [.reset], wholeReply(.openai)])
    #expect(asked.reply?.text == ReplyTests.expected)
    #expect(asked.reply?.tries == 3)
    #expect(asked.waits.count == 2)
  }

  @Test func `nobody listening is an error after all tries`() throws {
    let port = try #require(ClosedPort())
    let clock = TestClock()
    let rule = ModelRule.scripted(.openai, port.url) { $0.retries = 2 }
    let client = try ModelClient(rule: rule, secret: nil, environment: [:])
    let error = #expect(throws: ModelError.self) {
      try client.complete(simpleRequest, seed: 1, clock: clock.clock()) { false }
    }
    #expect(error?.code == .connection)
    #expect(error?.isPassing == true)
    #expect(error?.tries == 3)
    #expect(clock.waits.count == 2)
  }
}

import PawlCore
import PawlTestSupport
import Testing

@testable import PawlModels

/// What is sent, and what is left out of it when a server does not take it.
@Suite struct RequestTests {
  static let request = ModelRequest(
    system: [ModelRequest.Block("one", endsCachedPrefix: true), ModelRequest.Block("")],
    messages: [
      ModelRequest.Message(
        .user, [ModelRequest.Block("two", endsCachedPrefix: true), ModelRequest.Block("three \"q\"\n")]),
      ModelRequest.Message(.assistant, [ModelRequest.Block("four")]),
      ModelRequest.Message(.user, [ModelRequest.Block("five")]), ModelRequest.Message(.user, [ModelRequest.Block("")]),
    ], tools: [editTool], forcesTool: true)

  @Test func `a request to Anthropic has its format`() throws {
    let asked = try ask(
      .anthropic, [wholeReply(.anthropic)], Self.request, secret: Secret("sk-ant-0123456789"),
      rule: { $0.temperature = 0.5 })
    let sent = try #require(asked.requests.first)
    #expect(sent.method == "POST")
    #expect(sent.target == "/v1/messages")
    #expect(sent.headers["x-api-key"] == "sk-ant-0123456789")
    #expect(sent.headers["anthropic-version"] == "2023-06-01")
    #expect(sent.headers["authorization"] == nil)
    #expect(sent.headers["content-type"] == "application/json")
    #expect(sent.headers["expect"] == nil)
    let mark = #","cache_control":{"type":"ephemeral"}"#
    #expect(
      sent.body
        == #"{"model":"test-model","max_tokens":1000,"stream":true,"temperature":0.5,"#
        + #""tools":[{"name":"edit","description":"Changes a file.","input_schema":\#(editTool.schema)}],"#
        + #""tool_choice":{"type":"tool","name":"edit"},"system":[{"type":"text","text":"one"\#(mark)}],"#
        + #""messages":[{"role":"user","content":[{"type":"text","text":"two"\#(mark)},{"type":"text","text":"three \"q\"\n"}]},"#
        + #"{"role":"assistant","content":[{"type":"text","text":"four"}]},"#
        + #"{"role":"user","content":[{"type":"text","text":"five"}]}]}"#)
  }

  @Test func `a request in OpenAI's format has its format`() throws {
    let asked = try ask(
      .openai, [wholeReply(.openai)], Self.request, secret: Secret("sk-0123456789"), rule: { $0.temperature = 0.5 })
    let sent = try #require(asked.requests.first)
    #expect(sent.target == "/chat/completions")
    #expect(sent.headers["authorization"] == "Bearer sk-0123456789")
    #expect(sent.headers["x-api-key"] == nil)
    #expect(
      sent.body
        == #"{"model":"test-model","max_tokens":1000,"stream":true,"stream_options":{"include_usage":true},"temperature":0.5,"#
        + #""messages":[{"role":"system","content":"one"},{"role":"user","content":"two\n\nthree \"q\"\n"},"#
        + #"{"role":"assistant","content":"four"},{"role":"user","content":"five"}],"#
        + #""tools":[{"type":"function","function":{"name":"edit","description":"Changes a file.","parameters":\#(editTool.schema)}}],"#
        + #""tool_choice":"required"}"#)
  }

  @Test func `no key sends no header, and no tools are sent where the model uses none`() throws {
    for api in ModelRule.API.allCases {
      let sent = try #require(
        try ask(api, [wholeReply(api)], Self.request, rule: { $0.usesTools = false }).requests.first)
      #expect(sent.headers["authorization"] == nil && sent.headers["x-api-key"] == nil)
      #expect(JSONValue(sent.body)?["tools"] == nil && JSONValue(sent.body)?["tool_choice"] == nil)
    }
  }

  @Test func `thinking is asked for with room in the reply, and neither a forced tool nor a temperature beside it`()
    throws
  {
    let asked = try ask(
      .anthropic, [wholeReply(.anthropic)], Self.request,
      rule: {
        $0.thinkingTokens = 5000
        $0.maximumTokens = 3000
        $0.temperature = 0.5
      })
    let body = try #require(asked.requests.first.flatMap { JSONValue($0.body) })
    #expect(body["thinking"]?.text == #"{"type":"enabled","budget_tokens":2999}"#)
    #expect(body["tool_choice"] == nil && body["tools"] != nil && body["temperature"] == nil)
    let other = try ask(.openai, [wholeReply(.openai)], Self.request, rule: { $0.thinkingTokens = 5000 })
    #expect(other.requests.first.flatMap { JSONValue($0.body) }?["reasoning_effort"]?.string == "medium")
  }

  @Test func `at most four prefixes are marked, the longest`() throws {
    let blocks = (1...6).map { ModelRequest.Block("\($0)", endsCachedPrefix: true) }
    let request = ModelRequest(messages: [ModelRequest.Message(.user, blocks)])
    let sent = try #require(try ask(.anthropic, [wholeReply(.anthropic)], request).requests.first)
    let content = JSONValue(sent.body)?["messages"]?.array?.first?["content"]?.array ?? []
    #expect(content.map { $0["cache_control"] != nil } == [false, false, true, true, true, true])
  }

  @Test func `a gateway to Claude is told what to cache`() throws {
    let asked = try ask(
      .openai, [wholeReply(.openai)], Self.request, rule: { $0.model = "anthropic/claude-opus-5.5" })
    let messages = asked.requests.first.flatMap { JSONValue($0.body) }?["messages"]?.array ?? []
    #expect(messages.first?["content"]?.array?.first?["cache_control"]?["type"]?.string == "ephemeral")
    #expect(messages.last?["content"]?.string == "five")
  }

  @Test func `a schema that is no JSON object is an error before anything is sent`() throws {
    let request = ModelRequest(
      messages: simpleRequest.messages, tools: [ToolDefinition(name: "edit", description: "", schema: "[]")])
    let asked = try ask(.anthropic, [wholeReply(.anthropic)], request)
    #expect(asked.error?.code == .configuration)
    #expect(asked.error?.message == "the schema of the tool `edit` is no JSON object")
    #expect(asked.requests.isEmpty)
  }

  struct Refusal: Sendable {
    let api: ModelRule.API
    let words: String
    let concession: String
    /// What is in the first request and not in the second; then the other way round.
    let gone: String
    var new: String?
    var model = "test-model"
  }

  /// Words as the servers have them.
  static let refusals = [
    Refusal(
      api: .openai,
      words:
        "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
      concession: "the other name of the limit of tokens", gone: "max_tokens", new: "max_completion_tokens"),
    Refusal(
      api: .openai,
      words: "Unsupported value: 'temperature' does not support 0.5 with this model. Only the default (1)",
      concession: "no temperature", gone: "temperature"),
    Refusal(
      api: .openai, words: "Unrecognized request argument supplied: stream_options",
      concession: "no count of tokens in the stream", gone: "stream_options"),
    Refusal(
      api: .openai, words: "registry.ollama.ai/library/gemma does not support tools", concession: "no tools",
      gone: "tools"),
    Refusal(
      api: .openai, words: "tools param requires --jinja flag", concession: "no tools", gone: "tools"),
    Refusal(
      api: .openai, words: "No endpoints found that support tool use", concession: "no tools", gone: "tools"),
    Refusal(
      api: .openai, words: "tool_choice 'required' is not supported by this model", concession: "no tool forced",
      gone: "tool_choice"),
    Refusal(
      api: .openai, words: "Unrecognized request argument supplied: reasoning_effort",
      concession: "no thinking asked for", gone: "reasoning_effort"),
    Refusal(
      api: .anthropic,
      words:
        #""thinking.type.enabled" is not supported for this model. Use "thinking.type.adaptive" and "output_config.effort" to control thinking behavior."#,
      concession: "thinking by effort, not by tokens", gone: "none", new: "output_config"),
    Refusal(
      api: .anthropic, words: "messages.0.content.0.cache_control: Extra inputs are not permitted",
      concession: "no marks for the cache", gone: "none"),
  ]

  @Test(arguments: refusals)
  func `what a server does not take is left out, and it is asked again at once`(refusal: Refusal) throws {
    let no = ScriptedServer.response(
      #"{"error":{"type":"invalid_request_error","message":\#(JSONValue.string(refusal.words).text)}}"#, status: 400)
    let asked = try ask(
      refusal.api, [no, wholeReply(refusal.api)], Self.request,
      rule: {
        $0.temperature = 0.5
        $0.thinkingTokens = 2000
        $0.retries = 0
      })
    #expect(asked.reply?.text == ReplyTests.expected)
    #expect(asked.reply?.concessions == [refusal.concession])
    #expect(asked.reply?.tries == 2)
    #expect(asked.waits.isEmpty)
    let bodies = asked.requests.compactMap { JSONValue($0.body) }
    #expect(bodies.count == 2)
    guard bodies.count == 2 else { return }
    if refusal.gone != "none" {
      #expect(bodies[0][refusal.gone] != nil)
      #expect(bodies[1][refusal.gone] == nil)
    }
    if let new = refusal.new {
      #expect(bodies[0][new] == nil)
      #expect(bodies[1][new] != nil)
    }
    #expect(bodies[0] != bodies[1])
  }

  @Test func `a client remembers what a server does not take`() throws {
    let no = ScriptedServer.response(#"{"error":{"message":"temperature is deprecated for this model"}}"#, status: 400)
    let server = try #require(ScriptedServer([no, wholeReply(.anthropic)]))
    defer { server.stop() }
    let rule = ModelRule.scripted(.anthropic, server.url) { $0.temperature = 1 }
    let client = try ModelClient(rule: rule, secret: nil, environment: [:])
    for tries in [2, 1] {
      let reply = try client.complete(simpleRequest, seed: 1, clock: TestClock().clock()) { false }
      #expect(reply.tries == tries)
      #expect(reply.concessions == ["no temperature"])
    }
  }

  @Test func `a server that goes on refusing ends in an error`() throws {
    let no = ScriptedServer.response(#"{"error":{"message":"temperature is not supported"}}"#, status: 400)
    let asked = try ask(.openai, [no], rule: { $0.temperature = 1 })
    #expect(asked.error?.code == .refused)
    #expect(asked.requests.count == 2)
    let schema = ScriptedServer.response(
      #"{"error":{"message":"tools.0.input_schema: JSON schema is invalid"}}"#, status: 400)
    let wrong = try ask(.anthropic, [schema], Self.request)
    #expect(wrong.error?.message == "`127.0.0.1` answered 400: tools.0.input_schema: JSON schema is invalid")
    #expect(wrong.requests.count == 1)
    let limit = ScriptedServer.response(
      #"{"error":{"message":"max_tokens: 1000 > 500, which is the maximum allowed number of output tokens"}}"#,
      status: 400)
    #expect(try ask(.openai, [limit]).requests.count == 1)
  }

  @Test func `a request that is too long is told as that`() throws {
    for words in [
      "prompt is too long: 210000 tokens > 200000 maximum",
      "This model's maximum context length is 8192 tokens. However, you requested 9000 tokens",
      "the request exceeds the available context size, try increasing it",
    ] {
      let no = ScriptedServer.response(
        #"{"error":{"type":"invalid_request_error","message":"\#(words)"}}"#, status: 400)
      let asked = try ask(.openai, [no], Self.request)
      #expect(asked.error?.code == .tooLong)
      #expect(asked.requests.count == 1)
    }
  }
}
